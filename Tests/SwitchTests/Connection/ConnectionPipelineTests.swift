import Testing
import Wire

@testable import Switch

/// The tracker in the pipeline: `ct` actions, the look-up behind them, megaflows.
@Suite struct ConnectionPipelineTests {
    /// Two hosts on a bridge whose flows are those of the recordings.
    struct Bench {
        let harness = DatapathHarness()
        let bridge: Int32
        let hosts: [Int32]

        init() {
            var settings = BridgeSettings()
            settings.standalone = false
            bridge = harness.bridge("s1", settings)
            hosts = [harness.host(on: bridge), harness.host(on: bridge)]
        }

        func flow(table: UInt8 = 0, priority: UInt16 = 1, _ match: String, _ actions: [Action]) throws {
            harness.datapath.addFlow(
                bridge: bridge, table: table, priority: priority, match: try Match(parsing: match),
                instructions: Instructions(apply: actions), now: harness.now)
        }
    }

    static func move(_ source: Field, _ target: Field) -> Action {
        .move(
            from: Subfield(source, start: 0, count: 32), to: Subfield(target, start: 0, count: 32))
    }

    /// The recordings once more, through flow tables and caches: the bytes are the recorded ones, addresses and all.
    @Test(arguments: ConnectionRecording.scripts)
    func asOpenVSwitch(_ script: ConnectionRecording.Script) throws {
        let bench = Bench()
        for port in [1, 2] {
            let request = script.requests[port]!
            var actions: [Action] = []
            if let translation = request.translation { actions.append(.nat(translation)) }
            if request.markMask != 0 {
                actions.append(
                    .setField(.ctMark, value: FieldValue(request.mark), mask: FieldValue(request.markMask)))
            }
            let tracking = ConnectionTracking(
                commit: request.commit, force: request.force, zone: .number(request.zone), table: 1,
                helper: UInt16(request.helper?.rawValue ?? 0), actions: actions)
            for type in ["ip", "ipv6"] { try bench.flow("in_port=\(port),\(type)", [.connectionTrack(tracking)]) }
            try bench.flow(
                table: 1, "in_port=\(port)",
                [Self.move(.ctState, .ethSource), Self.move(.ctMark, .ethDestination), .output(UInt32(3 - port))])
        }
        for (number, step) in script.steps.enumerated() {
            _ = bench.harness.advance(by: step.warp * 1_000_000)
            guard let (port, frame) = step.frame, let expected = step.expected else { continue }
            let out = bench.harness.send(frame, from: bench.hosts[port - 1])
            #expect(out.map(\.frame) == [expected.frame], "step \(number)")
            #expect(out.map(\.device) == [bench.hosts[2 - port]])
        }
        #expect(bench.harness.datapath.pool.inUse == 0)
    }

    /// A firewall as the manual has it: inside may open connections, outside may answer. Established packets take the caches.
    @Test func firewall() throws {
        let bench = Bench()
        let track = Action.connectionTrack(ConnectionTracking(table: 1))
        try bench.flow("ip,ct_state=-trk", [track])
        try bench.flow(
            table: 1, "in_port=1,ip,ct_state=+trk+new",
            [.connectionTrack(ConnectionTracking(commit: true)), .output(2)])
        try bench.flow(table: 1, "in_port=1,ip,ct_state=+trk+est", [.output(2)])
        try bench.flow(table: 1, "in_port=2,ip,ct_state=+trk+est", [.output(1)])
        let query = ConnectionFrames.udp("10.0.0.1", "10.0.0.2", (1000, 53))
        let answer = ConnectionFrames.udp("10.0.0.2", "10.0.0.1", (53, 1000))
        #expect(bench.harness.send(answer, from: bench.hosts[1]).isEmpty)
        #expect(bench.harness.send(query, from: bench.hosts[0]).map(\.frame) == [query])
        for _ in 0..<10 {
            #expect(bench.harness.send(answer, from: bench.hosts[1]).map(\.frame) == [answer])
            #expect(bench.harness.send(query, from: bench.hosts[0]).map(\.frame) == [query])
        }
        let misses = bench.harness.datapath.misses
        // Other connections find the same megaflows: the answer depends on their state alone.
        for port: UInt16 in 2000..<2100 {
            let query = ConnectionFrames.udp("10.0.0.1", "10.0.0.2", (port, 53))
            let answer = ConnectionFrames.udp("10.0.0.2", "10.0.0.1", (53, port))
            #expect(bench.harness.send(answer, from: bench.hosts[1]).isEmpty)
            #expect(bench.harness.send(query, from: bench.hosts[0]).map(\.frame) == [query])
            #expect(bench.harness.send(answer, from: bench.hosts[1]).map(\.frame) == [answer])
            #expect(bench.harness.send(query, from: bench.hosts[0]).map(\.frame) == [query])
        }
        #expect(bench.harness.datapath.misses == misses)
        #expect(bench.harness.datapath.connections.tracker.count == 101)
        // Silence ends them all; the sweep comes by itself.
        _ = bench.harness.advance(by: 120_000_000_000)
        #expect(bench.harness.datapath.connections.tracker.count == 0)
        #expect(bench.harness.send(answer, from: bench.hosts[1]).isEmpty)
    }

    /// Fragments find the flows of their connection, with the addresses that it was given.
    @Test func fragments() throws {
        let bench = Bench()
        let nat = AddressTranslation(direction: .source, addresses: .ipv4(first: 0xc000_0201, last: 0xc000_0201))
        try bench.flow(
            "in_port=1,ip,ct_state=-trk",
            [.connectionTrack(ConnectionTracking(commit: true, table: 1, actions: [.nat(nat)]))])
        try bench.flow(table: 1, "ip,ct_state=+new+trk-inv,nw_src=192.0.2.1", [.output(2)])
        let sent = ConnectionFrames.udp("10.0.0.1", "10.0.0.2", (1000, 53), ConnectionFragmentTests.payload)
        let pieces = ConnectionFragmentTests.fragments(of: sent, at: [1400, 2800])
        for _ in 0..<2 {
            let out = pieces.flatMap { bench.harness.send($0, from: bench.hosts[0]).map(\.frame) }
            #expect(out.count == 3)
            let whole = ConnectionFragmentTests.whole(out)
            #expect(ConnectionFrames.isIntact(whole) && Array(whole[26..<30]) == [192, 0, 2, 1])
        }
        #expect(bench.harness.datapath.connections.tracker.count == 1)
        #expect(bench.harness.datapath.pool.inUse == 0)
    }

    /// Without a table, the packet goes on untracked but translated.
    @Test func withoutTable() throws {
        let bench = Bench()
        let nat = AddressTranslation(direction: .source, addresses: .ipv4(first: 0xc000_0201, last: 0xc000_0201))
        try bench.flow(
            "in_port=1,ip",
            [
                .connectionTrack(ConnectionTracking(commit: true, zone: .number(4), actions: [.nat(nat)])),
                .resubmit(port: nil, table: 2),
            ])
        try bench.flow(table: 2, "ip,ct_state=-trk,nw_src=10.0.0.1", [.output(2)])
        let sent = ConnectionFrames.udp("10.0.0.1", "10.0.0.2", (1000, 53))
        #expect(
            bench.harness.send(sent, from: bench.hosts[0]).map(\.frame)
                == [ConnectionFrames.udp("192.0.2.1", "10.0.0.2", (1000, 53))])
    }

    /// The copy that the tracker has seen and the packet behind the action are apart; a copy in a clone too.
    @Test func forks() throws {
        let bench = Bench()
        let nat = AddressTranslation(direction: .source, addresses: .ipv4(first: 0xc000_0201, last: 0xc000_0201))
        try bench.flow(
            "in_port=1,ip",
            [
                .clone([
                    .connectionTrack(ConnectionTracking(commit: true, zone: .number(9), table: 1, actions: [.nat(nat)]))
                ]),
                .resubmit(port: nil, table: 2),
            ])
        try bench.flow(table: 1, "ip,ct_state=+trk+new,ct_zone=9,ct_nw_src=10.0.0.1", [.output(2)])
        try bench.flow(table: 2, "ip,ct_state=-trk", [.output(2)])
        let sent = ConnectionFrames.udp("10.0.0.1", "10.0.0.2", (1000, 53))
        for _ in 0..<3 {
            let out = bench.harness.send(sent, from: bench.hosts[0]).map(\.frame)
            #expect(out == [ConnectionFrames.udp("192.0.2.1", "10.0.0.2", (1000, 53)), sent])
        }
        #expect(bench.harness.datapath.pool.inUse == 0)
    }

    /// Zone, mark and label from the packet; the tuple of the first packet in look-ups.
    @Test func fieldsAndTuple() throws {
        let bench = Bench()
        let tracking = ConnectionTracking(
            commit: true, zone: .field(Subfield(.reg0, start: 0, count: 16)), table: 1,
            actions: [
                .load(5, Subfield(.ctMark, start: 8, count: 4)),
                .move(
                    from: Subfield(.ipv4Source, start: 0, count: 32),
                    to: Subfield(.ctLabel, start: 64, count: 32)),
            ])
        for port in [1, 2] {
            try bench.flow(
                "in_port=\(port),ip",
                [.load(77, Subfield(.reg0, start: 0, count: 16)), .connectionTrack(tracking)])
        }
        try bench.flow(
            table: 1, "in_port=1,ip,ct_mark=0x500,ct_label=0xa0000010000000000000000,ct_zone=77", [.output(2)])
        try bench.flow(table: 1, "in_port=2,ip", [.resubmit(port: nil, table: 3, connectionTuple: true)])
        try bench.flow(table: 3, "udp,nw_src=10.0.0.1,nw_dst=10.0.0.2,tp_src=1000,tp_dst=53", [.output(1)])
        let query = ConnectionFrames.udp("10.0.0.1", "10.0.0.2", (1000, 53))
        #expect(bench.harness.send(query, from: bench.hosts[0]).map(\.frame) == [query])
        let answer = ConnectionFrames.udp("10.0.0.2", "10.0.0.1", (53, 1000))
        #expect(bench.harness.send(answer, from: bench.hosts[1]).map(\.frame) == [answer])
    }
}
