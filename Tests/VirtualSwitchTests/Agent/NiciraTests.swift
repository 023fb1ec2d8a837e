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
            refusal(.delete, .init(optionClass: 7, optionType: 1, optionLength: 4, index: 64))
                == .tlvTableModFailed(.badFieldIndex))
        // The field says which; one that is not mapped is not there any more.
        #expect(refusal(.delete, .init(optionClass: 7, optionType: 1, optionLength: 8, index: 9)) == nil)
        #expect(mappings == [two, one])
        #expect(refusal(.delete, one) == nil)
        #expect(mappings == [two])
        #expect(refusal(.clear) == nil)
        #expect(mappings == [])
    }

    @Test(arguments: [OpenFlowVersion.v13, .v15])
    func flowsNameOptionsThatAreMapped(version: OpenFlowVersion) throws {
        let peer = Dialogue().connect(version)
        func refusal(_ text: String, _ command: FlowModification.Command = .add) throws -> OpenFlowError? {
            var flow = try FlowText.parse(text)
            flow.command = command
            return peer.refusal(of: .flowMod(flow))
        }
        func change(_ command: NiciraMessage.TLVTableModification.Command, _ mappings: Mapping...) -> OpenFlowError? {
            peer.refusal(of: .nicira(.tlvTableModification(.init(command, mappings: mappings))))
        }
        var flows: [FlowSnapshot] {
            peer.multipart(.flows(.init())).flatMap { part -> [FlowSnapshot] in
                if case .flows(let flows) = part { flows } else { [] }
            }
        }
        let unmapped = OpenFlowError.flowModFailed(.invalidTLVField)
        #expect(try refusal("tun_metadata3=5,actions=drop") == unmapped)
        #expect(try refusal("tun_metadata3,actions=drop") == unmapped)
        #expect(try refusal("actions=set_field:5->tun_metadata3") == unmapped)
        #expect(try refusal("actions=move:tun_metadata3[0..7]->reg0[0..7]") == unmapped)
        #expect(try refusal("actions=clone(delete_field:tun_metadata3)") == unmapped)
        #expect(flows.isEmpty)
        let mapping = Mapping(optionClass: 0x102, optionType: 0x80, optionLength: 4, index: 3)
        #expect(change(.add, mapping) == nil)
        #expect(try refusal("tun_metadata3=0x1234567890,actions=drop") == unmapped)
        #expect(try refusal("actions=set_field:0x1234567890->tun_metadata3") == unmapped)
        #expect(try refusal("actions=move:tun_metadata3[32..39]->reg0[0..7]") == .badAction(.badSetLength))
        #expect(try refusal("tun_metadata3=0x1234/0xff00,actions=set_field:5->tun_metadata3") == nil)
        let flow = try #require(flows.first)
        #expect(flow.match.description == "tun_metadata3=0x1200/0xff00")
        #expect(flow.match.options[0].value == [0, 0, 0x12, 0])
        #expect(flow.instructions.apply == [.setTunnelOption(TunnelOption(index: 3, value: [0, 0, 0, 5]))])
        // The same in other words.
        #expect(try refusal("tun_metadata3=0x00001200/0x0000ff00,actions=drop") == nil)
        #expect(flows.map(\.instructions.apply) == [[]])
        // What flows name stays mapped.
        #expect(change(.delete, mapping) == .tlvTableModFailed(.invalidTLVDeletion))
        #expect(change(.clear) == .tlvTableModFailed(.invalidTLVDeletion))
        #expect(try refusal("tun_metadata3=0x12/0xff,actions=drop", .deleteStrict) == nil)
        #expect(flows.count == 1)
        #expect(try refusal("tun_metadata3=0x1234/0xff00,actions=drop", .deleteStrict) == nil)
        #expect(flows.isEmpty)
        #expect(change(.delete, mapping) == nil)
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
