import OpenFlow
import Switch
import Testing

@testable import VirtualSwitch

/// Nicira's messages for the settings of a connection and of the switch.
@Suite struct NiciraTests {
    typealias Mapping = NiciraMessage.TLVMapping

    @Test(arguments: [OpenFlowVersion.v10, .v13, .v15])
    func optionsOfTunnelsAreMapped(version: OpenFlowVersion) {
        let peer = Dialogue().connect(version)
        func refusal(_ command: NiciraMessage.TLVTableModification.Command, _ mappings: Mapping...) -> OpenFlowError? {
            peer.refusal(of: .nicira(.tlvTableModification(.init(command, mappings: mappings))))
        }
        var mappings: [Mapping] {
            guard case .nicira(.tlvTableReply(let table))? = peer.ask(.nicira(.tlvTableRequest)) else { return [] }
            #expect(table.maximumFields == 64)
            #expect(table.maximumOptionSpace == 256)
            return table.mappings
        }
        let one = Mapping(optionClass: 0xffff, optionType: 1, optionLength: 4, index: 3)
        let two = Mapping(optionClass: 0xffff, optionType: 2, optionLength: 124, index: 0)
        #expect(refusal(.add, one, two) == nil)
        #expect(mappings == [two, one])
        #expect(
            refusal(.add, .init(optionClass: 1, optionType: 1, optionLength: 4, index: 3))
                == .tlvTableModFailed(.alreadyMapped))
        #expect(
            refusal(.add, .init(optionClass: 0xffff, optionType: 1, optionLength: 4, index: 4))
                == .tlvTableModFailed(.duplicateEntry))
        #expect(
            refusal(.add, .init(optionClass: 1, optionType: 1, optionLength: 6, index: 4))
                == .tlvTableModFailed(.badOptionLength))
        #expect(
            refusal(.add, .init(optionClass: 1, optionType: 1, optionLength: 4, index: 64))
                == .tlvTableModFailed(.badFieldIndex))
        #expect(
            refusal(
                .add, .init(optionClass: 1, optionType: 1, optionLength: 124, index: 5),
                .init(optionClass: 1, optionType: 2, optionLength: 124, index: 6)) == .tlvTableModFailed(.tableFull))
        #expect(
            refusal(.delete, .init(optionClass: 7, optionType: 1, optionLength: 4, index: 3))
                == .tlvTableModFailed(.invalidTLVDeletion))
        #expect(refusal(.delete, one) == nil)
        #expect(mappings == [two])
        #expect(refusal(.clear) == nil)
        #expect(mappings == [])
    }

    @Test func theTableOfAFlowModIsInItsCommand() {
        let peer = Dialogue().connect(.v10)
        #expect(peer.send(Message(.nicira(.flowModTableID(true)))).isEmpty)
        var frame = Message(.flowMod(.init(.add, instructions: Instructions(apply: [.output(2)])))).encode(
            version: .v10)
        // The command's upper byte.
        frame[56] = 6
        #expect(peer.send(bytes: [frame], hasTableID: true).isEmpty)
        peer.send(Message(.nicira(.setFlowFormat(2))))
        let flows = peer.multipart(.flows(.init())).flatMap { part -> [FlowSnapshot] in
            if case .flows(let flows) = part { flows } else { [] }
        }
        #expect(flows.map(\.table) == [6])
        #expect(peer.refusal(of: .nicira(.setFlowFormat(1))) == .badRequest(.permission))
    }

    @Test func rolesAreOlderThanTheirGenerations() {
        let dialogue = Dialogue()
        let one = dialogue.connect(.v10)
        let other = dialogue.connect(.v10)
        func role(_ peer: Peer, _ role: Message.Role) -> Message.Role? {
            let body = peer.ask(.roleRequest(.init(role)), spelling: .nicira)
            if case .roleReply(let reply)? = body { return reply.role }
            return nil
        }
        #expect(role(one, .primary) == .primary)
        #expect(role(other, .primary) == .primary)
        let refused = one.refusal(of: .flowMod(.init(.add)))
        // OpenFlow 1.0 has no number of its own for it.
        #expect(refused == .badRequest(.isSecondary) || refused == .badRequest(.permission))
        #expect(role(one, .equal) == .equal)
        #expect(one.refusal(of: .flowMod(.init(.add))) == nil)
    }

    @Test(arguments: [OpenFlowVersion.v10, .v13])
    func trackedConnectionsAreForgotten(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        for zone in [UInt16(2), 3] {
            let tracked = Match().with(.ethType, 0x800).with(.inPort, zone)
            peer.send(
                Message(
                    .flowMod(
                        .init(
                            .add, match: tracked,
                            instructions: Instructions(apply: [
                                .connectionTrack(ConnectionTracking(commit: true, zone: .number(zone)))
                            ])))))
        }
        var zones: [UInt16] { dialogue.datapath.connections.tracker.snapshots(now: dialogue.now).map(\.zone) }
        dialogue.receive(PacketInTests.datagram(ttl: 9), port: 3)
        #expect(zones == [3])
        #expect(peer.send(Message(.nicira(.ctFlushZone(2)))).isEmpty)
        #expect(zones == [3])
        #expect(peer.send(Message(.nicira(.ctFlushZone(3)))).isEmpty)
        #expect(zones == [])
        dialogue.receive(PacketInTests.datagram(ttl: 9), port: 3)
        #expect(peer.send(Message(.nicira(.ctFlush(.init(ipProtocol: 6))))).isEmpty)
        #expect(zones == [3])
        #expect(peer.send(Message(.nicira(.ctFlush(.init(ipProtocol: 17, zone: 3))))).isEmpty)
        #expect(zones == [])
    }
}
