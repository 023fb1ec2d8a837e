import OpenFlow
import Switch
import Synchronization
import Testing

@testable import VirtualSwitch

/// Flow-mods, packet-ins, packet-outs and what is asked of flows.
@Suite struct FlowTableTests {
    static func output(_ port: UInt32) -> Instructions { Instructions(apply: [.output(port)]) }

    static func flows(_ peer: Peer) -> [FlowSnapshot] {
        guard case .multipartReply(let reply) = peer.ask(.multipartRequest(.init(.flows(.init())))),
            case .flows(let flows) = reply.body
        else {
            Issue.record("no flows")
            return []
        }
        return flows
    }

    @Test(arguments: OpenFlowVersion.allCases)
    func aFlowForwardsAndCounts(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        let change = FlowModification(
            .add, priority: 100, match: Match().with(.inPort, 1), cookie: 7, instructions: Self.output(2))
        #expect(peer.send(Message(.flowMod(change))).isEmpty)
        let frame = Dialogue.frame()
        dialogue.receive(frame, port: 1)
        let sent = dialogue.takeFrames()
        #expect(sent.map(\.port) == [2])
        #expect(sent.first?.frame == frame)
        let flows = Self.flows(peer)
        #expect(flows.count == 1)
        #expect(flows.first?.cookie == 7)
        #expect(flows.first?.priority == 100)
        if version < .v15 { #expect(flows.first?.packets == 1) }
        #expect(flows.first?.instructions == Self.output(2))
        #expect(peer.send(Message(.flowMod(.init(.delete, table: nil)))).isEmpty)
        #expect(Self.flows(peer).isEmpty)
    }

    @Test(arguments: OpenFlowVersion.allCases)
    func refusalsHaveTheErrorsOfTheVersion(version: OpenFlowVersion) {
        let peer = Dialogue().connect(version)
        let flow = FlowModification(
            .add, match: Match().with(.inPort, 1), flags: .checkOverlap, instructions: Self.output(2))
        #expect(peer.refusal(of: .flowMod(flow)) == nil)
        var overlapping = flow
        overlapping.match = Match().with(.ethSource, 5)
        #expect(peer.refusal(of: .flowMod(overlapping)) == .flowModFailed(.overlap))
        if version >= .v11 {
            var nowhere = flow
            nowhere.table = 254
            #expect(peer.refusal(of: .flowMod(nowhere)) == .flowModFailed(.badTableID))
            nowhere.table = 0
            nowhere.instructions = Instructions(apply: [.group(4)])
            #expect(peer.refusal(of: .flowMod(nowhere)) == .badAction(.badOutGroup))
        }
        #expect(
            peer.refusal(of: .packetOut(.init(inPort: 0, actions: [.output(2)], data: Dialogue.frame())))
                == .badRequest(.badPort) || version < .v12)
        #expect(
            peer.refusal(of: .packetOut(.init(buffer: 12345, actions: [.output(2)]))) == .badRequest(.bufferUnknown))
    }

    @Test(arguments: OpenFlowVersion.allCases)
    func packetsThatNoFlowMatchesComeUpToOpenFlow12(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        dialogue.receive(Dialogue.frame(), port: 3)
        let messages = peer.take()
        if version >= .v13 {
            #expect(messages.isEmpty)
            let miss = FlowModification(
                .add, priority: 0, instructions: Instructions(apply: [.controller(ControllerOutput())]))
            peer.send(Message(.flowMod(miss)))
            dialogue.receive(Dialogue.frame(), port: 3)
        }
        let packetIns = messages + peer.take()
        guard packetIns.count == 1, case .packetIn(let packet) = packetIns[0].body else {
            Issue.record("\(packetIns.count) messages")
            return
        }
        #expect(packet.reason == .noMatch)
        #expect(packet.data == Dialogue.frame())
        #expect(packet.buffer == nil)
        #expect(packet.fields.key[.inPort].low == 3)
    }

    @Test func aLongPacketWaitsInABufferForTheFlowThatItBrings() {
        let dialogue = Dialogue()
        let peer = dialogue.connect(.v13)
        let miss = FlowModification(
            .add, priority: 0,
            instructions: Instructions(apply: [.controller(ControllerOutput(maxLength: 128))]))
        peer.send(Message(.flowMod(miss)))
        let frame = Dialogue.frame(length: 500)
        dialogue.receive(frame, port: 1)
        guard case .packetIn(let packet)? = peer.take().first?.body, let buffer = packet.buffer else {
            Issue.record("no buffered packet")
            return
        }
        #expect(packet.data == Array(frame.prefix(128)))
        #expect(packet.totalLength == 500)
        peer.send(
            Message(
                .flowMod(
                    FlowModification(
                        .add, match: Match().with(.inPort, 1), instructions: Self.output(2), buffer: buffer))))
        let sent = dialogue.takeFrames()
        #expect(sent.map(\.port) == [2])
        #expect(sent.first?.frame == frame)
        #expect(
            peer.refusal(of: .packetOut(.init(buffer: buffer, actions: [.output(2)]))) == .badRequest(.bufferEmpty))
    }

    @Test(arguments: OpenFlowVersion.allCases)
    func aPacketOutGoesOut(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        let frame = Dialogue.frame()
        peer.send(Message(.packetOut(.init(inPort: 1, actions: [.output(PortNumber.flood)], data: frame))))
        #expect(dialogue.takeFrames().map(\.port).sorted() == [2, 3])
        peer.send(
            Message(.flowMod(FlowModification(.add, match: Match().with(.inPort, 1), instructions: Self.output(3)))),
            Message(.packetOut(.init(inPort: 1, actions: [.output(PortNumber.table)], data: frame))))
        #expect(dialogue.takeFrames().map(\.port) == [3])
    }

    @Test(arguments: OpenFlowVersion.allCases)
    func aFlowThatGoesTells(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        let flow = FlowModification(
            .add, match: Match().with(.inPort, 1), cookie: 9, idleTimeout: 5, flags: .sendFlowRemoved,
            instructions: Self.output(2))
        peer.send(Message(.flowMod(flow)))
        dialogue.pass(10 * Dialogue.second)
        guard case .flowRemoved(let removed)? = peer.take().first?.body else {
            Issue.record("nothing told")
            return
        }
        #expect(removed.reason == .idleTimeout)
        #expect(removed.cookie == 9)
        #expect(removed.match == flow.match)
    }

    /// Whatever a flow's match says, the switch tells it, also in OpenFlow 1.1, whose own structure knows little.
    @Test(arguments: OpenFlowVersion.allCases.filter { $0 >= .v11 })
    func flowsAreToldWhole(version: OpenFlowVersion) throws {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        let tool = dialogue.connect(.v15, .service)
        let matches = try [
            "tcp6,ipv6_src=2001:db8::/32,tp_dst=80", "ip,ct_state=+trk", "reg3=5", "arp,arp_sha=02:00:00:00:00:01",
            "tcp,nw_src=10.0.0.0/8,tp_dst=80,dl_vlan=5", "ip,nw_ecn=3", "in_port=1",
        ].map { try Match(parsing: $0) }
        for (place, match) in matches.enumerated() {
            let change = FlowModification(
                .add, priority: UInt16(100 - place), match: match, flags: .sendFlowRemoved,
                instructions: Self.output(2))
            #expect(tool.send(Message(.flowMod(change))).isEmpty)
        }
        #expect(Self.flows(peer).map(\.match) == matches)
        tool.send(Message(.flowMod(.init(.delete, table: nil))))
        let removed = peer.take().compactMap { message -> Match? in
            if case .flowRemoved(let removed) = message.body { removed.match } else { nil }
        }
        #expect(removed.count == matches.count && matches.allSatisfy(removed.contains))
    }

    @Test func aLongListComesInPartsAsFastAsItIsRead() {
        let dialogue = Dialogue()
        let peer = dialogue.connect(.v13)
        for address in 0..<5000 {
            peer.send(
                Message(
                    .flowMod(
                        FlowModification(
                            .add, match: Match().with(.ethDestination, UInt64(address)),
                            instructions: Self.output(2)))))
        }
        let answers = peer.send(
            Message(xid: 3, .multipartRequest(.init(.flows(.init())))), Message(xid: 4, .barrierRequest))
        var count = 0
        for (index, answer) in answers.dropLast().enumerated() {
            guard case .multipartReply(let reply) = answer.body, case .flows(let flows) = reply.body else { continue }
            #expect(reply.hasMore == (index < answers.count - 2))
            count += flows.count
        }
        #expect(count == 5000)
        // What was asked behind is answered behind.
        guard case .barrierReply? = answers.last?.body else {
            Issue.record("the barrier is not last")
            return
        }
    }

    @Test func aPeerThatDoesNotReadGetsNoMorePacketIns() {
        let dialogue = Dialogue()
        let peer = dialogue.connect(.v10)
        for _ in 0..<5000 { dialogue.receive(Dialogue.frame(), port: 1) }
        let dropped = peer.terms.gauge.droppedPacketIns.load(ordering: .relaxed)
        #expect(dropped == 5000 - 1024)
        #expect(peer.take().count == 1024)
        // It reads again, and all is well.
        dialogue.receive(Dialogue.frame(), port: 1)
        #expect(peer.take().count == 1)
    }

    @Test func packetInsKeepToTheirRate() {
        let dialogue = Dialogue()
        let peer = dialogue.connect(.v10) { terms in
            terms.rateLimit = 100
            terms.burstLimit = 10
        }
        for _ in 0..<1000 {
            dialogue.receive(Dialogue.frame(), port: 1)
            dialogue.pass(1_000_000)
        }
        let count = peer.take().count
        #expect((105...115).contains(count), "\(count) packet-ins in one second")
    }
}
