import OpenFlow
import Switch
import Testing

@testable import VirtualSwitch

/// What bundles may hold, and how they are made together.
@Suite struct BundleContentTests {
    private static let flags: Message.BundleFlags = [.atomic, .ordered]

    private static func control(_ kind: Message.BundleControl.Kind, _ id: UInt32 = 1) -> Message.Body {
        .bundleControl(.init(bundle: id, kind, flags: flags))
    }

    /// Opens a bundle, adds the messages and commits it.
    private static func commit(_ bodies: [Message.Body], on peer: Peer) -> [Message] {
        _ = peer.ask(control(.openRequest))
        for (index, body) in bodies.enumerated() {
            let xid = UInt32(index + 100)
            let add = Message.BundleAdd(bundle: 1, flags: flags, Message(xid: xid, body))
            #expect(peer.send(Message(xid: xid, .bundleAdd(add))).isEmpty)
        }
        return peer.send(Message(xid: 9, control(.commitRequest)))
    }

    @Test(arguments: [OpenFlowVersion.v13, .v14, .v15])
    func flowsMayUseTheGroupsOfTheirBundle(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        let group = Group(id: 4, type: .all, buckets: [Bucket(actions: [.output(2)]), Bucket(actions: [.output(3)])])
        let flow = FlowModification(.add, instructions: Instructions(apply: [.group(4)]))
        let answers = Self.commit([.groupMod(.init(.add, group)), .flowMod(flow)], on: peer)
        #expect(answers.map(\.xid) == [9])
        dialogue.receive(Dialogue.frame(), port: 1)
        #expect(dialogue.takeFrames().map(\.port).sorted() == [2, 3])
        // In the other order the group is not there yet: nothing is done.
        let other = Group(id: 5, type: .indirect, buckets: [Bucket(actions: [])])
        let using = FlowModification(.add, priority: 1, instructions: Instructions(apply: [.group(5)]))
        let refused = Self.commit([.flowMod(using), .groupMod(.init(.add, other))], on: peer)
        #expect(refused.map(\.xid) == [100, 9])
        #expect(refused.first?.error == .badAction(.badOutGroup))
        #expect(peer.refusal(of: .groupMod(.init(.modify, other))) == .groupModFailed(.unknownGroup))
    }

    @Test(arguments: [OpenFlowVersion.v14, .v15])
    func whatIsUndoneIsAsItWas(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        let port = PortTests.ports(peer)[1]
        peer.send(
            Message(.flowMod(.init(.add, cookie: 7, instructions: Instructions(apply: [.output(2)])))),
            Message(.meterMod(.init(.add, Meter(id: 1, flags: .packets, bands: [.init(.drop, rate: 5)])))))
        let bad = Message.Body.groupMod(.init(.modify, Group(id: 99, type: .all)))
        let answers = Self.commit(
            [
                .flowMod(.init(.delete)), .flowMod(.init(.add, cookie: 8)),
                .meterMod(.init(.delete, Meter(id: 1, flags: []))),
                .portMod(
                    .init(
                        port: 2, hardwareAddress: port.hardwareAddress, configuration: .noForward, mask: .noForward)),
                bad,
            ], on: peer)
        #expect(answers.compactMap(\.error) == [.groupModFailed(.unknownGroup), .bundleFailed(.messageFailed)])
        #expect(FlowTableTests.flows(peer).map(\.cookie) == [7])
        guard case .meterDescriptions(let meters)? = peer.multipart(.meterDescriptions(Meter.all)).first else { return }
        #expect(meters.map(\.id) == [1])
        dialogue.receive(Dialogue.frame(), port: 1)
        #expect(dialogue.takeFrames().map(\.port) == [2])
    }

    @Test(arguments: [OpenFlowVersion.v14, .v15])
    func packetOutsPassTheFlowsOfTheirBundle(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        let flow = FlowModification(.add, instructions: Instructions(apply: [.output(3)]))
        let packet = Message.PacketOut(inPort: 1, actions: [.output(PortNumber.table)], data: Dialogue.frame())
        #expect(Self.commit([.flowMod(flow), .packetOut(packet)], on: peer).count == 1)
        #expect(dialogue.takeFrames().map(\.port) == [3])
    }

    @Test func theMessageInsideHasTheXIDOfTheOneOutside() {
        let peer = Dialogue().connect(.v14)
        _ = peer.ask(Self.control(.openRequest))
        let inner = Message(xid: 5, .flowMod(.init(.add)))
        var frame = Message(xid: 5, .bundleAdd(.init(bundle: 1, flags: Self.flags, inner))).encode(version: .v14)
        frame[16 + 7] = 6
        #expect(peer.send(bytes: [frame]).first?.error == .bundleFailed(.messageBadXID))
        // A length beyond the message's end, and another version.
        frame[16 + 7] = 5
        frame[16 + 3] = 0xff
        #expect(peer.send(bytes: [frame]).first?.error == .bundleFailed(.messageBadLength))
    }

    @Test(arguments: [OpenFlowVersion.v14, .v15])
    func aControllerHasSoManyBundles(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        let refused = (1...100).compactMap { peer.refusal(of: Self.control(.openRequest, $0)) }
        #expect(refused.count == 100 - Bundle.limit)
        #expect(refused.allSatisfy { $0 == .bundleFailed(.outOfBundles) })
        // Another's do not count, and have numbers of their own.
        let other = dialogue.connect(version)
        #expect(other.refusal(of: Self.control(.openRequest, 1)) == nil)
        // They end with their connection.
        dialogue.agent.disconnect(peer.id, now: dialogue.now)
        #expect(other.refusal(of: Self.control(.closeRequest, 1)) == nil)
    }

    @Test func packetsSeeAllOrNothing() {
        let dialogue = Dialogue()
        let peer = dialogue.connect(.v14)
        peer.send(Message(.flowMod(.init(.add, instructions: Instructions(apply: [.output(2)])))))
        _ = peer.ask(Self.control(.openRequest))
        for xid in UInt32(1)...2 {
            let body = Message.Body.flowMod(
                xid == 1 ? .init(.delete) : .init(.add, instructions: Instructions(apply: [.output(3)])))
            peer.send(Message(xid: xid, .bundleAdd(.init(bundle: 1, flags: Self.flags, Message(xid: xid, body)))))
            dialogue.receive(Dialogue.frame(), port: 1)
            #expect(dialogue.takeFrames().map(\.port) == [2])
        }
        _ = peer.ask(Self.control(.commitRequest))
        dialogue.receive(Dialogue.frame(), port: 1)
        #expect(dialogue.takeFrames().map(\.port) == [3])
    }
}
