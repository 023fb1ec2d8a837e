import OpenFlow
import Switch
import Testing

@testable import VirtualSwitch

@Suite struct BundleTests {
    private static let versions: [OpenFlowVersion] = [.v13, .v14, .v15]

    private static func control(
        _ peer: Peer, _ kind: Message.BundleControl.Kind, _ id: UInt32 = 1,
        flags: Message.BundleFlags = [.atomic, .ordered],
        time: Message.Time? = nil
    ) -> Message.Body {
        .bundleControl(.init(bundle: id, kind, flags: flags, time: time))
    }

    private static func add(
        _ body: Message.Body, xid: UInt32, to id: UInt32 = 1, flags: Message.BundleFlags = [.atomic, .ordered]
    ) -> Message {
        Message(xid: xid, .bundleAdd(.init(bundle: id, flags: flags, Message(xid: xid, body))))
    }

    private static func flow(_ address: UInt64, to port: UInt32 = 2) -> Message.Body {
        .flowMod(
            FlowModification(
                .add, match: Match().with(.ethDestination, address), instructions: Instructions(apply: [.output(port)]))
        )
    }

    private static func kind(_ body: Message.Body?) -> Message.BundleControl.Kind? {
        if case .bundleControl(let control)? = body { control.kind } else { nil }
    }

    @Test(arguments: versions)
    func allChangesComeAtOnce(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        #expect(Self.kind(peer.ask(Self.control(peer, .openRequest))) == .openReply)
        for number in 0..<50 { #expect(peer.send(Self.add(Self.flow(UInt64(number)), xid: UInt32(number))).isEmpty) }
        #expect(FlowTableTests.flows(peer).isEmpty)
        #expect(Self.kind(peer.ask(Self.control(peer, .closeRequest))) == .closeReply)
        #expect(Self.kind(peer.ask(Self.control(peer, .commitRequest))) == .commitReply)
        #expect(FlowTableTests.flows(peer).count == 50)
        #expect(peer.refusal(of: Self.control(peer, .commitRequest)) == .bundleFailed(.badID))
    }

    @Test(arguments: versions)
    func oneThatIsRefusedUndoesTheOthers(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        _ = peer.ask(Self.control(peer, .openRequest))
        peer.send(Self.add(Self.flow(1), xid: 11))
        peer.send(
            Self.add(
                .flowMod(.init(.add, instructions: Instructions(apply: [.group(99)]))), xid: 12))
        peer.send(Self.add(Self.flow(3), xid: 13))
        let answers = peer.send(Message(xid: 20, Self.control(peer, .commitRequest)))
        #expect(answers.map(\.xid) == [12, 20])
        #expect(answers.first?.error == .badAction(.badOutGroup))
        #expect(answers.last?.error == .bundleFailed(.messageFailed))
        #expect(FlowTableTests.flows(peer).isEmpty)
    }

    @Test(arguments: versions)
    func misuseIsRefused(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        #expect(peer.refusal(of: Self.control(peer, .closeRequest)) == .bundleFailed(.badID))
        #expect(peer.refusal(of: Self.control(peer, .discardRequest)) == .bundleFailed(.badID))
        _ = peer.ask(Self.control(peer, .openRequest))
        #expect(peer.refusal(of: Self.control(peer, .openRequest)) == .bundleFailed(.bundleExists))
        // It was thrown away by that.
        #expect(peer.refusal(of: Self.control(peer, .closeRequest)) == .bundleFailed(.badID))
        _ = peer.ask(Self.control(peer, .openRequest))
        _ = peer.ask(Self.control(peer, .closeRequest))
        #expect(peer.refusal(of: Self.control(peer, .closeRequest)) == .bundleFailed(.bundleClosed))
        _ = peer.ask(Self.control(peer, .openRequest))
        #expect(
            peer.refusal(of: Self.control(peer, .commitRequest, flags: [])) == .bundleFailed(.badFlags))
        _ = peer.ask(Self.control(peer, .openRequest))
        #expect(Self.kind(peer.ask(Self.control(peer, .discardRequest))) == .discardReply)
        #expect(peer.send(Self.add(.echoRequest([]), xid: 4)).first?.error == .bundleFailed(.messageUnsupported))
    }

    /// Of all the bundles of a controller together.
    @Test func whatWaitsInBundlesIsBounded() throws {
        let dialogue = Dialogue()
        let peer = dialogue.connect(.v14)
        try #require(dialogue.agent.channels.first).bundleByteLimit = 1000
        let packet = Message.Body.packetOut(
            .init(inPort: PortNumber.controller, actions: [.output(1)], data: [UInt8](repeating: 0, count: 260)))
        // Each has 300 bytes.
        for id: UInt32 in 1...4 { #expect(peer.send(Self.add(packet, xid: 1, to: id)).isEmpty) }
        for id: UInt32 in 1...5 {
            #expect(peer.send(Self.add(packet, xid: 1, to: id)).first?.error == .bundleFailed(.messageTooMany))
        }
        _ = peer.ask(Self.control(peer, .discardRequest, 2))
        #expect(peer.send(Self.add(packet, xid: 1, to: 3)).isEmpty)
    }

    @Test func aBundleThatRestsExpires() {
        let dialogue = Dialogue()
        let peer = dialogue.connect(.v14)
        _ = peer.ask(Self.control(peer, .openRequest))
        dialogue.pass(9 * Dialogue.second)
        #expect(peer.take().isEmpty)
        dialogue.pass(2 * Dialogue.second)
        #expect(peer.take().first?.error == .bundleFailed(.timeout))
    }

    @Test func aBundleIsCommittedAtItsTime() {
        let dialogue = Dialogue()
        dialogue.agent.wallClock = { [unowned dialogue] in dialogue.now + 1_000_000_000 * Dialogue.second }
        let peer = dialogue.connect(.v15)
        let flags: Message.BundleFlags = [.atomic, .ordered, .time]
        _ = peer.ask(Self.control(peer, .openRequest, flags: flags))
        peer.send(Self.add(Self.flow(1), xid: 11, flags: flags))
        // One second is past at the start of the dialogue.
        let time = Message.Time(seconds: 1_000_000_004)
        #expect(peer.send(Message(xid: 9, Self.control(peer, .commitRequest, flags: flags, time: time))).isEmpty)
        dialogue.pass(2 * Dialogue.second)
        #expect(FlowTableTests.flows(peer).isEmpty)
        dialogue.pass(1 * Dialogue.second)
        let answers = peer.take()
        #expect(Self.kind(answers.first?.body) == .commitReply)
        #expect(answers.first?.xid == 9)
        #expect(FlowTableTests.flows(peer).count == 1)
        _ = peer.ask(Self.control(peer, .openRequest, flags: flags))
        #expect(
            peer.refusal(of: Self.control(peer, .commitRequest, flags: flags, time: .init(seconds: 1)))
                == .bundleFailed(.schedulePast))
        #expect(
            peer.refusal(of: Self.control(peer, .commitRequest, flags: flags, time: .init(seconds: 2_000_000_000)))
                == .bundleFailed(.scheduleFuture))
    }
}
