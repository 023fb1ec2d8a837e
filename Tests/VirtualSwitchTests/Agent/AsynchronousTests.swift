import OpenFlow
import Switch
import Testing

@testable import VirtualSwitch

/// Which controller is told of what, by its role and by what it has set.
@Suite struct AsynchronousTests {
    typealias Event = Message.AsyncConfiguration.Event

    private static func configuration(_ peer: Peer) -> Message.AsyncConfiguration? {
        if case .getAsyncReply(let configuration)? = peer.ask(.getAsyncRequest) { configuration } else { nil }
    }

    @Test(arguments: [OpenFlowVersion.v13, .v14, .v15])
    func theDefaultsAreThoseOfTheSpecification(version: OpenFlowVersion) {
        let configuration = Self.configuration(Dialogue().connect(version))
        // All but packets without TTL to primary and equal controllers; of ports alone to secondary ones.
        #expect(configuration?.primary[.packetIn] == (version >= .v14 ? 0b11_1011 : 0b011))
        #expect(configuration?.secondary[.packetIn] == 0)
        #expect(configuration?.primary[.portStatus] == 0b111)
        #expect(configuration?.secondary[.portStatus] == 0b111)
        #expect(configuration?.primary[.flowRemoved] == (version >= .v14 ? 0b11_1111 : 0b1111))
        #expect(configuration?.secondary[.flowRemoved] == 0)
        #expect(configuration?.primary.count == (version == .v13 ? 3 : version == .v14 ? 6 : 8))
    }

    @Test(arguments: [OpenFlowVersion.v14, .v15])
    func whatIsNotMentionedStays(version: OpenFlowVersion) {
        let peer = Dialogue().connect(version)
        guard var wanted = Self.configuration(peer) else { return }
        #expect(peer.send(Message(.setAsync(.init(secondary: [.flowRemoved: 0b100])))).isEmpty)
        wanted.secondary[.flowRemoved] = 0b100
        #expect(Self.configuration(peer) == wanted)
    }

    /// One flow is deleted and one packet comes, once to a primary, equal and secondary controller each.
    @Test(arguments: [OpenFlowVersion.v13, .v14, .v15])
    func rolesHaveMasksOfTheirOwn(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peers = [Message.Role.primary, .equal, .secondary].map { role in
            let peer = dialogue.connect(version)
            if role != .equal { _ = peer.ask(.roleRequest(.init(role, generation: 1))) }
            return peer
        }
        peers[0].send(
            Message(.setAsync(.init(primary: [.packetIn: 0, .portStatus: 0, .flowRemoved: 0b100]))))
        peers[2].send(
            Message(.setAsync(.init(secondary: [.packetIn: 0b10, .portStatus: 0, .flowRemoved: 0]))))
        let flow = FlowModification(
            .add, flags: .sendFlowRemoved, instructions: Instructions(apply: [.controller(ControllerOutput())]))
        peers[0].send(Message(.flowMod(flow)))
        dialogue.receive(Dialogue.frame(), port: 1)
        peers[0].send(Message(.flowMod(.init(.delete))), Message(.barrierRequest))
        dialogue.datapath.setPort(bridge: dialogue.bridge, number: 1, .noPacketIn, now: dialogue.now)
        func kinds(_ peer: Peer) -> [String] {
            peer.take().compactMap {
                switch $0.body {
                case .packetIn: "packet"
                case .flowRemoved: "flow"
                case .portStatus: "port"
                default: nil
                }
            }
        }
        // The primary one's flow-removed came in answer to its own delete above.
        #expect(kinds(peers[0]) == [])
        #expect(kinds(peers[1]) == ["packet", "flow", "port"])
        #expect(kinds(peers[2]) == ["packet"])
    }

    @Test func nicirasMessageIsForEarlierVersionsToo() {
        let dialogue = Dialogue()
        let peer = dialogue.connect(.v10)
        peer.send(
            Message(
                .setAsync(
                    .init(primary: [.packetIn: 0, .portStatus: 0b111, .flowRemoved: 0], secondary: [:])),
                spelling: .nicira))
        dialogue.receive(Dialogue.frame(), port: 1)
        #expect(peer.take().isEmpty)
        dialogue.datapath.setPort(bridge: dialogue.bridge, number: 1, .noFlood, now: dialogue.now)
        #expect(PortTests.statuses(peer.take()).count == 1)
    }

    @Test(arguments: [OpenFlowVersion.v14, .v15])
    func othersGroupsAndMetersAreForwarded(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let one = dialogue.connect(version)
        let other = dialogue.connect(version)
        let group = Group(id: 4, type: .all, buckets: [Bucket(actions: [.output(1)])])
        one.send(Message(.groupMod(.init(.add, group))))
        #expect(other.take().isEmpty)
        other.send(Message(.setAsync(.init(primary: [.requestForward: 0b11]))))
        one.send(
            Message(xid: 31, .groupMod(.init(.modify, group))),
            Message(xid: 32, .groupMod(.init(.add, group))),
            Message(xid: 33, .meterMod(.init(.add, Meter(id: 1, flags: .packets, bands: [.init(.drop, rate: 5)])))))
        let forwarded = other.take().compactMap { message -> Message? in
            if case .requestForward(let request) = message.body { request } else { nil }
        }
        // The second one was refused, and is not forwarded.
        #expect(forwarded.map(\.xid) == [31, 33])
        guard case .groupMod(let change)? = forwarded.first?.body else {
            Issue.record("no group-mod")
            return
        }
        #expect(change.group.id == 4)
        #expect(one.take().isEmpty)
    }

    @Test func controllersHearOfEachOtherInOpenFlow15() {
        let dialogue = Dialogue()
        let watcher = dialogue.connect(.v15)
        watcher.send(Message(.setAsync(.init(primary: [.controllerStatus: 0b111_1111]))))
        func statuses() -> [Message.ControllerStatus] {
            watcher.take().compactMap { if case .controllerStatus(let status) = $0.body { status } else { nil } }
        }
        let other = dialogue.connect(.v15)
        let came = statuses()
        #expect(came.map(\.reason) == [.channelStatus])
        #expect(came.first?.isUp == true)
        #expect(came.first?.uri == other.terms.uri)
        _ = other.ask(.roleRequest(.init(.secondary, generation: 1)))
        #expect(statuses().map(\.role) == [.secondary])
        _ = other.ask(.roleRequest(.init(.noChange, shortID: 12)))
        #expect(statuses().map(\.shortID) == [12])
        #expect(
            watcher.refusal(of: .roleRequest(.init(.noChange, shortID: 12))) == .roleRequestFailed(.idInUse))
        guard case .controllerStatus(let all)? = watcher.multipart(.controllerStatus).first else {
            Issue.record("no status")
            return
        }
        #expect(all.map(\.role) == [.equal, .secondary])
        dialogue.agent.disconnect(other.id, now: dialogue.now)
        let went = statuses()
        #expect(went.map(\.isUp) == [false])
        #expect(went.first?.shortID == 12)
    }
}
