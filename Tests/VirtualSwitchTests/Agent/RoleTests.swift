import OpenFlow
import Switch
import Testing

@testable import VirtualSwitch

@Suite struct RoleTests {
    private static func role(_ peer: Peer, _ role: Message.Role, generation: UInt64 = 0) -> Message.Role? {
        guard case .roleReply(let reply)? = peer.ask(.roleRequest(.init(role, generation: generation))) else {
            return nil
        }
        return reply.role
    }

    @Test(arguments: [OpenFlowVersion.v12, .v13, .v14, .v15])
    func aNewPrimaryMakesTheOldOneSecondary(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let one = dialogue.connect(version)
        let other = dialogue.connect(version)
        #expect(Self.role(one, .noChange) == .equal)
        #expect(Self.role(one, .primary, generation: 1) == .primary)
        #expect(Self.role(other, .primary, generation: 2) == .primary)
        let told = one.take()
        if version >= .v14 {
            guard case .roleStatus(let status)? = told.first?.body else {
                Issue.record("not told")
                return
            }
            #expect(status.role == .secondary)
            #expect(status.reason == .primaryRequest)
        } else {
            #expect(told.isEmpty)
        }
        #expect(Self.role(one, .noChange) == .secondary)
    }

    @Test func anOldGenerationIsStale() {
        let dialogue = Dialogue()
        let one = dialogue.connect(.v13)
        let other = dialogue.connect(.v13)
        #expect(Self.role(one, .primary, generation: 0x8000_0000_0000_0000) == .primary)
        #expect(
            other.refusal(of: .roleRequest(.init(.primary, generation: 0x7fff_ffff_ffff_ffff)))
                == .roleRequestFailed(.stale))
        #expect(Self.role(one, .noChange) == .primary)
        // The number goes round.
        #expect(Self.role(other, .secondary, generation: 0xffff_ffff_ffff_ffff) == .secondary)
        #expect(Self.role(other, .primary, generation: 3) == .primary)
    }

    @Test func aSecondaryMayLookButNotTouch() {
        let dialogue = Dialogue()
        let peer = dialogue.connect(.v13)
        #expect(Self.role(peer, .secondary, generation: 1) == .secondary)
        let isSecondary = OpenFlowError.badRequest(.isSecondary)
        #expect(peer.refusal(of: .flowMod(.init(.add))) == isSecondary)
        #expect(peer.refusal(of: .groupMod(.init(.add, Group(id: 1, type: .all)))) == isSecondary)
        #expect(peer.refusal(of: .meterMod(.init(.delete, Meter(id: Meter.all, flags: [])))) == isSecondary)
        #expect(peer.refusal(of: .packetOut(.init(actions: [.output(1)], data: Dialogue.frame()))) == isSecondary)
        #expect(
            peer.refusal(of: .tableMod(.init(table: 0, configuration: []))) == isSecondary)
        #expect(FlowTableTests.flows(peer).isEmpty)
        // Packets do not come to it, but news of ports do.
        dialogue.datapath.setPort(bridge: dialogue.bridge, number: 2, .noPacketIn, now: dialogue.now)
        guard case .portStatus(let status)? = peer.take().first?.body else {
            Issue.record("no port status")
            return
        }
        #expect(status.reason == .modify)
        #expect(status.port.number == 2)
    }

    @Test(arguments: [OpenFlowVersion.v13, .v14, .v15])
    func whatComesUnaskedIsAsSet(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        guard case .getAsyncReply(let before)? = peer.ask(.getAsyncRequest) else {
            Issue.record("no configuration")
            return
        }
        #expect(before.primary[.portStatus] == 0b111)
        #expect(before.secondary[.portStatus] == 0b111)
        #expect((before.primary[.packetIn] ?? 0) & 0b100 == 0)
        #expect(before.secondary[.packetIn] == 0)
        var wanted = before
        wanted.primary[.portStatus] = 0
        #expect(peer.send(Message(.setAsync(wanted))).isEmpty)
        guard case .getAsyncReply(let after)? = peer.ask(.getAsyncRequest) else { return }
        #expect(after == wanted)
        dialogue.datapath.setPort(bridge: dialogue.bridge, number: 2, .noFlood, now: dialogue.now)
        #expect(peer.take().isEmpty)
    }

    @Test func aServiceHearsNothingBeforeItAsks() {
        let dialogue = Dialogue()
        let peer = dialogue.connect(.v10, .service)
        dialogue.receive(Dialogue.frame(), port: 1)
        #expect(peer.take().isEmpty)
        peer.send(Message(.setConfig(.init(missLength: 65535))))
        dialogue.receive(Dialogue.frame(), port: 1)
        #expect(peer.take().count == 1)
    }

    @Test func auxiliaryConnectionsShareRoleAndCarryPacketIns() {
        let dialogue = Dialogue()
        let main = dialogue.connect(.v13)
        let auxiliary = dialogue.connect(.v13, .auxiliary(1, of: main.id))
        guard case .featuresReply(let features)? = auxiliary.ask(.featuresRequest) else {
            Issue.record("no features")
            return
        }
        #expect(features.auxiliaryID == 1)
        #expect(Self.role(auxiliary, .primary, generation: 1) == .primary)
        #expect(Self.role(main, .noChange) == .primary)
        main.send(
            Message(
                .flowMod(
                    .init(.add, priority: 0, instructions: Instructions(apply: [.controller(ControllerOutput())])))))
        dialogue.receive(Dialogue.frame(), port: 1)
        #expect(auxiliary.take().count == 1)
        #expect(main.take().isEmpty)
        // It ends with the main one.
        dialogue.agent.disconnect(main.id, now: dialogue.now)
        #expect(auxiliary.send(Message(.echoRequest([]))).isEmpty)
    }
}
