import Testing

@testable import Switch

private typealias H = DatapathHarness

/// Options of tunnels on their way through tables: written, matched, copied, and taken away again.
@Suite struct TunnelOptionPipelineTests {
    private let lab: H
    private let bridge: Int32
    private let hosts: [Int32]

    final class Inbox: @unchecked Sendable { var packets: [PacketIn] = [] }
    private let inbox = Inbox()

    init() throws {
        (lab, bridge, hosts) = H.star(4)
        let inbox = inbox
        lab.datapath.onEvent = { if case .packetIn(let packet) = $0 { inbox.packets.append(packet) } }
        try lab.datapath.addTunnelOptions(
            bridge: bridge,
            [
                .init(optionClass: 1, optionType: 1, optionLength: 4, index: 0),
                .init(optionClass: 1, optionType: 2, optionLength: 8, index: 1),
                .init(optionClass: 1, optionType: 3, optionLength: 36, index: 2),
            ])
    }

    private var frame: [UInt8] { H.udp(to: H.mac(hosts[1]), from: H.mac(hosts[0])) }

    /// The ports that a packet from the first host leaves by; both times, since the second meets the caches.
    private func ports(from host: Int = 0) -> [Int] {
        let first = lab.send(frame, from: hosts[host]).map { hosts.firstIndex(of: $0.device)! + 1 }
        #expect(lab.send(frame, from: hosts[host]).map { hosts.firstIndex(of: $0.device)! + 1 } == first)
        return first
    }

    @Test(
        "What an action writes, later tables match",
        arguments: [
            ("set_field:0x1234->tun_metadata0", "tun_metadata0=0x1234", true),
            ("set_field:0x1234->tun_metadata0", "tun_metadata0=0x1235", false),
            ("set_field:0x1234->tun_metadata0", "tun_metadata0=0x1200/0xff00", true),
            ("set_field:0x1234->tun_metadata0", "tun_metadata0=0x1200/0xff0000ff", false),
            ("set_field:0x1234->tun_metadata0", "tun_metadata0", true),
            ("set_field:0x1234->tun_metadata0", "tun_metadata1", false),
            ("set_field:0->tun_metadata1", "tun_metadata1", true),
            ("set_field:0->tun_metadata1", "tun_metadata1=0", true),
            // An option that is not there has no value, not even zero.
            ("set_field:0->tun_metadata1", "tun_metadata0=0", false),
            ("set_field:0x1234->tun_metadata0,delete_field:tun_metadata0", "tun_metadata0", false),
            ("set_field:0x5->tun_metadata0,set_field:0xf00/0xff00->tun_metadata0", "tun_metadata0=0xf05", true),
            ("load:7->tun_metadata0[8..15]", "tun_metadata0=0x700", true),
            (
                "set_field:0xabcd->reg0,move:NXM_NX_REG0[0..15]->NXM_NX_TUN_METADATA0[8..23]", "tun_metadata0=0xabcd00",
                true
            ),
            ("set_field:0xabcd->tun_metadata0,move:tun_metadata0[0..15]->reg1[0..15]", "reg1=0xabcd", true),
            (
                "set_field:0xabcd->tun_metadata0,push:tun_metadata0[0..31],pop:tun_metadata1[0..31]",
                "tun_metadata1=0xabcd", true
            ),
            (
                "set_field:0x112233445566778899aabbccddeeff00112233445566778899aabbccddee->tun_metadata2",
                "tun_metadata2=0x112233445566778899aabbccddeeff00112233445566778899aabbccddee", true
            ),
            (
                "set_field:0x0102030405060708090a0b0c0d0e0f1011121314->tun_metadata2,"
                    + "move:tun_metadata2[0..151]->tun_metadata2[8..159]",
                "tun_metadata2=0x02030405060708090a0b0c0d0e0f101112131414", true
            ),
            // A clone keeps what it writes to itself.
            ("clone(set_field:5->tun_metadata0)", "tun_metadata0", false),
            ("set_field:5->tun_metadata0,clone(delete_field:tun_metadata0,output:4)", "tun_metadata0=5", true),
        ])
    func matching(actions: String, match: String, isMatched: Bool) throws {
        try lab.flow(bridge, "", "\(actions),resubmit(,1)")
        try lab.flow(bridge, match, "output:2", table: 1, priority: 20)
        try lab.flow(bridge, "", "output:3", table: 1, priority: 10)
        #expect(ports().last == (isMatched ? 2 : 3))
        // The trace says so too.
        var key = FlowKey()
        _ = frame.withUnsafeBytes { extract(frame: $0, inPort: 1, into: &key) }
        let trace = try #require(lab.datapath.trace(bridge: bridge, key: key, now: lab.now))
        #expect(trace.contains("output:\(isMatched ? 2 : 3)\n"), "\(trace)")
    }

    @Test("Priorities hold among flows with options and without")
    func priorities() throws {
        try lab.flow(bridge, "", "set_field:0x12->tun_metadata0,resubmit(,1)")
        try lab.flow(bridge, "udp", "output:2", table: 1, priority: 5)
        try lab.flow(bridge, "tun_metadata0=0x12", "output:3", table: 1, priority: 7)
        #expect(ports() == [3])
        try lab.flow(bridge, "udp", "output:4", table: 1, priority: 9)
        #expect(ports() == [4])
        try lab.flow(bridge, "udp,tun_metadata0=0x10/0xf0", "output:2,output:3", table: 1, priority: 11)
        #expect(ports() == [2, 3])
        lab.datapath.removeFlow(bridge: bridge, table: 1, priority: 9, match: try Match(parsing: "udp"))
        let bound = try lab.datapath.bound(bridge: bridge, try Match(parsing: "udp,tun_metadata0=0x10/0xf0"))
        #expect(lab.datapath.removeFlow(bridge: bridge, table: 1, priority: 11, match: bound))
        #expect(ports() == [3])
    }

    @Test("Clauses of conjunctions may look into options")
    func conjunctions() throws {
        try lab.flow(bridge, "in_port=1", "set_field:0x12->tun_metadata0,resubmit(,1)")
        try lab.flow(bridge, "in_port=3", "set_field:0x13->tun_metadata0,resubmit(,1)")
        try lab.flow(bridge, "tun_metadata0=0x12", "conjunction(7,1/2)", table: 1)
        try lab.flow(bridge, "udp", "conjunction(7,2/2)", table: 1)
        try lab.flow(bridge, "conj_id=7", "output:2", table: 1)
        #expect(ports() == [2])
        #expect(ports(from: 2) == [])
    }

    @Test("A packet that is looked up again has its options")
    func recirculation() throws {
        try lab.flow(bridge, "", "set_field:0x12->tun_metadata0,ct(table=1)")
        try lab.flow(bridge, "tun_metadata0=0x12,tun_metadata1", "output:3", table: 1, priority: 20)
        try lab.flow(bridge, "tun_metadata0=0x12", "output:2", table: 1)
        #expect(ports() == [2])
    }

    @Test("Options stay in their bridge")
    func bridges() throws {
        let other = lab.bridge("t", BridgeSettings(standalone: false))
        lab.join(bridge, other)
        let host = lab.host(on: other)
        try lab.datapath.addTunnelOptions(
            bridge: other, [.init(optionClass: 1, optionType: 1, optionLength: 8, index: 0)])
        try lab.flow(bridge, "", "set_field:0x12->tun_metadata0,output:5,resubmit(,1)")
        try lab.flow(bridge, "tun_metadata0=0x12", "output:2", table: 1)
        try lab.flow(other, "", "output:2")
        try lab.flow(other, "tun_metadata0", "drop", priority: 20)
        #expect(Set(lab.send(frame, from: hosts[0]).map(\.device)) == [host, hosts[1]])
    }

    @Test("Controllers hear of options, and give them back")
    func controllers() throws {
        try lab.flow(bridge, "", "set_field:0x12->tun_metadata0,controller(pause),resubmit(,1)")
        try lab.flow(bridge, "tun_metadata0=0x12", "output:2", table: 1)
        try lab.flow(bridge, "tun_metadata0=0x13", "output:3", table: 1)
        #expect(lab.send(frame, from: hosts[0]).isEmpty)
        var packet = try #require(inbox.packets.first)
        #expect(packet.fields.description == "tun_metadata0=0x12,in_port=1")
        lab.datapath.resume(
            bridge: bridge, continuation: packet.continuation, frame: packet.frame, fields: packet.fields, now: lab.now)
        #expect(lab.drain().map(\.device) == [hosts[1]])
        _ = lab.send(frame, from: hosts[0])
        packet = try #require(inbox.packets.last)
        packet.fields.set(TunnelOption(index: 0, value: [0x13]))
        lab.datapath.resume(
            bridge: bridge, continuation: packet.continuation, frame: packet.frame, fields: packet.fields, now: lab.now)
        #expect(lab.drain().map(\.device) == [hosts[2]])
        lab.datapath.inject(
            bridge: bridge, frame: frame, inPort: 1, actions: try Action.parse("resubmit(,1)"),
            fields: try Match(parsing: "tun_metadata0=0x13"), now: lab.now)
        #expect(lab.drain().map(\.device) == [hosts[2]])
    }

    @Test("Flows that packets define match options and write them")
    func learning() throws {
        try lab.flow(
            bridge, "in_port=1",
            "set_field:0x1234->tun_metadata0,set_field:0x77->reg0,"
                + "learn(table=1,NXM_NX_TUN_METADATA0[0..15],load:NXM_NX_REG0[]->NXM_NX_TUN_METADATA1[0..31])")
        #expect(lab.send(frame, from: hosts[0]).isEmpty)
        let flow = try #require(
            lab.datapath.flowSnapshots(bridge: bridge, FlowQuery(table: 1), now: lab.now).first)
        #expect(flow.match.description == "tun_metadata0=0x1234/0xffff")
        #expect(flow.instructions.description == "set_field:0x77/0xffffffff->tun_metadata1")
        // The second packet makes the flow young again, and no other.
        #expect(lab.send(frame, from: hosts[0]).isEmpty)
        #expect(lab.datapath.flowSnapshots(bridge: bridge, FlowQuery(table: 1), now: lab.now).count == 1)
    }

    @Test func tracesTellOfOptions() throws {
        try lab.flow(bridge, "tun_metadata0=5", "set_field:0x7/0xff->tun_metadata1,resubmit(,1)")
        try lab.flow(bridge, "tun_metadata1=0x7", "output:2", table: 1)
        let match = try Match(parsing: "tun_metadata0=0x5,tun_dst=1.2.3.4,in_port=1,udp")
        let trace = try #require(
            lab.datapath.trace(bridge: bridge, key: match.key, options: match, now: lab.now))
        #expect(trace.contains("Flow: udp,tun_dst=1.2.3.4,tun_metadata0=0x5,in_port=1,"), "\(trace)")
        #expect(
            trace.contains("Final flow: udp,tun_dst=1.2.3.4,tun_metadata0=0x5,tun_metadata1=0x7,in_port=1,"), "\(trace)"
        )
        #expect(trace.contains("0. tun_metadata0=0x5, priority 10"), "\(trace)")
        #expect(trace.hasSuffix("Datapath actions: h2"), "\(trace)")
    }

    @Test func theTableHoldsWhatFlowsName() throws {
        try lab.flow(bridge, "", "drop")
        #expect(throws: TunnelOptionTable.Refusal.alreadyMapped) {
            try lab.datapath.addTunnelOptions(
                bridge: bridge, [.init(optionClass: 9, optionType: 1, optionLength: 4, index: 0)])
        }
        for (actions, index) in [
            ("clone(set_field:1->tun_metadata0)", 0), ("output:NXM_NX_TUN_METADATA1[0..15]", 1),
            ("ct(zone=NXM_NX_TUN_METADATA2[0..15])", 2),
        ] {
            try lab.flow(bridge, "ip", actions)
            #expect(throws: TunnelOptionTable.Refusal.inUse) {
                try lab.datapath.removeTunnelOptions(bridge: bridge, [index])
            }
            #expect(throws: TunnelOptionTable.Refusal.inUse) {
                try lab.datapath.removeTunnelOptions(bridge: bridge, nil)
            }
        }
        lab.datapath.removeFlow(bridge: bridge, table: 0, priority: 10, match: try Match(parsing: "ip"))
        try lab.datapath.removeTunnelOptions(bridge: bridge, [1, 9])
        #expect(lab.datapath.tunnelOptions(bridge: bridge).mappings.map(\.index) == [0, 2])
        try lab.datapath.removeTunnelOptions(bridge: bridge, nil)
        #expect(lab.datapath.tunnelOptions(bridge: bridge).mappings.isEmpty)
    }
}
