import OpenFlow
import Switch
import Testing

@testable import VirtualSwitch

/// Requests that no encoder makes, byte by byte, and the type and code that they are refused with (OpenFlow 1.3.5, 7.4.4;
/// 1.5.1, 7.5.4).
@Suite struct RefusalTests {
    /// `header(type)` with the length filled in.
    private static func frame(_ version: OpenFlowVersion, _ type: UInt8, _ body: [UInt8]) -> [UInt8] {
        let length = UInt16(8 + body.count)
        return [version.rawValue, type, UInt8(length >> 8), UInt8(truncatingIfNeeded: length), 0, 0, 0, 5] + body
    }

    private static func zeros(_ count: Int) -> [UInt8] { Array(repeating: 0, count: count) }

    /// A flow-mod of OpenFlow 1.1 and later, up to its match.
    private static func flowMod(
        table: UInt8 = 0, command: UInt8 = 0, flags: UInt8 = 0, match: [UInt8] = [0, 1, 0, 4, 0, 0, 0, 0],
        instructions: [UInt8] = []
    ) -> [UInt8] {
        zeros(16) + [table, command] + zeros(4) + [0x80, 0, 0xff, 0xff, 0xff, 0xff] + zeros(8) + [0, flags, 0, 0]
            + match
            + instructions
    }

    private static func match(_ entries: [UInt8]) -> [UInt8] {
        let length = 4 + entries.count
        return [0, 1, 0, UInt8(length)] + entries + zeros((8 - length % 8) % 8)
    }

    private static func apply(_ actions: [UInt8]) -> [UInt8] {
        [0, 4, 0, UInt8(8 + actions.count), 0, 0, 0, 0] + actions
    }

    /// The type and code of the error that answers a frame of OpenFlow 1.3.
    private static func refusal(_ peer: Peer, _ frame: [UInt8]) -> [UInt16] {
        let answers = peer.send(bytes: [frame])
        #expect(answers.count == 1, "\(frame)")
        guard case .error(let report)? = answers.first?.body else { return [] }
        #expect(report.data == frame)
        guard let number = report.error.number(in: peer.version) else { return [] }
        return [number.type, number.code]
    }

    @Test func flowMods() {
        let peer = Dialogue().connect(.v13)
        func refusal(_ body: [UInt8]) -> [UInt16] { Self.refusal(peer, Self.frame(.v13, 14, body)) }
        // Table 255 is all of them: for deletes only. OFPFMFC_BAD_TABLE_ID
        #expect(refusal(Self.flowMod(table: 255)) == [5, 2])
        #expect(refusal(Self.flowMod(table: 254)) == [5, 2])
        // OFPFMFC_BAD_COMMAND
        #expect(refusal(Self.flowMod(command: 9)) == [5, 6])
        // OFPFMFC_BAD_FLAGS
        #expect(refusal(Self.flowMod(flags: 0x80)) == [5, 7])
        // A match of an unknown type: OFPBMC_BAD_TYPE
        #expect(refusal(Self.flowMod(match: [0, 7, 0, 4, 0, 0, 0, 0])) == [4, 0])
        // ipv4_src without eth_type: OFPBMC_BAD_PREREQ
        #expect(refusal(Self.flowMod(match: Self.match([0x80, 0, 0x16, 4, 10, 0, 0, 1]))) == [4, 9])
        // in_port twice: OFPBMC_DUP_FIELD
        let port: [UInt8] = [0x80, 0, 0, 4, 0, 0, 0, 1]
        #expect(refusal(Self.flowMod(match: Self.match(port + port))) == [4, 10])
        // A field that nobody knows: OFPBMC_BAD_FIELD
        #expect(refusal(Self.flowMod(match: Self.match([0x80, 0, 0xf0, 4, 0, 0, 0, 1]))) == [4, 6])
        // in_port with a mask: OFPBMC_BAD_MASK
        #expect(
            refusal(Self.flowMod(match: Self.match([0x80, 0, 1, 8, 0, 0, 0, 1, 0, 0, 0, 1]))) == [4, 8])
        // A value outside its mask: OFPBMC_BAD_WILDCARDS
        #expect(
            refusal(Self.flowMod(match: Self.match([0x80, 0, 5, 16] + Self.zeros(7) + [1] + Self.zeros(8)))) == [4, 5])
        // vlan_pcp of 8: OFPBMC_BAD_VALUE
        #expect(refusal(Self.flowMod(match: Self.match([0x80, 0, 0xc, 2, 0x10, 1, 0x80, 0, 0xe, 1, 8]))) == [4, 7])
    }

    @Test func instructionsAndActions() {
        let peer = Dialogue().connect(.v13)
        func refusal(_ instructions: [UInt8], match: [UInt8] = [0, 1, 0, 4, 0, 0, 0, 0]) -> [UInt16] {
            Self.refusal(peer, Self.frame(.v13, 14, Self.flowMod(match: match, instructions: instructions)))
        }
        // OFPBIC_UNKNOWN_INST, OFPBIC_BAD_LEN, OFPBIC_DUP_INST
        #expect(refusal([0, 99, 0, 8, 0, 0, 0, 0]) == [3, 0])
        #expect(refusal([0, 1, 0, 16] + Self.zeros(12)) == [3, 7])
        // The last is the ONF's extension 260 to OpenFlow 1.3.
        #expect(refusal(Self.apply([]) + Self.apply([])) == [2600, 0])
        // To the same table or one before: OFPBIC_BAD_TABLE_ID
        #expect(refusal([0, 1, 0, 8, 0, 0, 0, 0]) == [3, 2])
        // OFPBAC_BAD_TYPE, OFPBAC_BAD_LEN
        #expect(refusal(Self.apply([0, 99, 0, 8, 0, 0, 0, 0])) == [2, 0])
        #expect(refusal(Self.apply([0, 0, 0, 8, 0, 0, 0, 1])) == [2, 1])
        // An experimenter that nobody knows: OFPBAC_BAD_EXPERIMENTER
        #expect(refusal(Self.apply([0xff, 0xff, 0, 8, 1, 2, 3, 4])) == [2, 2])
        // Output to no port: OFPBAC_BAD_OUT_PORT
        func output(_ port: [UInt8]) -> [UInt8] { [0, 0, 0, 16] + port + Self.zeros(8) }
        #expect(refusal(Self.apply(output([0xff, 0xff, 0xff, 7]))) == [2, 4])
        #expect(refusal(Self.apply(output([0xff, 0xff, 0xff, 0xff]))) == [2, 4])
        // A group that is not there: OFPBAC_BAD_OUT_GROUP
        #expect(refusal(Self.apply([0, 22, 0, 8, 0, 0, 0, 9])) == [2, 9])
        // set_field of an IPv4 address in what need not be IPv4: OFPBAC_MATCH_INCONSISTENT
        #expect(refusal(Self.apply([0, 25, 0, 16, 0x80, 0, 0x16, 4, 10, 0, 0, 1] + Self.zeros(4))) == [2, 10])
        // The same where the match says that it is.
        let ipv4 = Self.match([0x80, 0, 0xa, 2, 8, 0])
        let setField: [UInt8] = [0, 25, 0, 16, 0x80, 0, 0x16, 4, 10, 0, 0, 1, 0, 0, 0, 0]
        #expect(
            peer.send(bytes: [Self.frame(.v13, 14, Self.flowMod(match: ipv4, instructions: Self.apply(setField)))])
                .isEmpty)
        // dec_nw_ttl of what is MPLS by then
        let push: [UInt8] = [0, 19, 0, 8, 0x88, 0x47, 0, 0]
        #expect(refusal(Self.apply(push + [0, 24, 0, 8, 0, 0, 0, 0]), match: ipv4) == [2, 10])
        // A set_field of a field that nobody knows: OFPBAC_BAD_SET_TYPE
        #expect(refusal(Self.apply([0, 25, 0, 16, 0x80, 0, 0xf0, 4, 0, 0, 0, 1] + Self.zeros(4))) == [2, 13])
        // push_vlan with another Ethernet type: OFPBAC_BAD_ARGUMENT
        #expect(refusal(Self.apply([0, 17, 0, 8, 8, 0, 0, 0])) == [2, 5])
        // A meter that is not there: OFPMMFC_INVALID_METER, "invalid meter in meter action"
        #expect(refusal([0, 6, 0, 8, 0, 0, 0, 9]) == [12, 2])
    }

    /// Errors quote what they refuse whole, as far as a message holds it.
    @Test func quotesAreWhole() {
        let peer = Dialogue().connect(.v13)
        for count in [0, 56, 57, 1000, 65535 - 8 - 12, 65535 - 8] {
            let frame = Self.frame(.v13, 77, (0..<count).map { UInt8(truncatingIfNeeded: $0) })
            guard case .error(let report)? = peer.send(bytes: [frame]).first?.body else {
                Issue.record("no error")
                continue
            }
            #expect(report.data == Array(frame.prefix(65535 - 16)))
        }
    }

    @Test func requests() {
        let peer = Dialogue().connect(.v13)
        func refusal(_ type: UInt8, _ body: [UInt8]) -> [UInt16] { Self.refusal(peer, Self.frame(.v13, type, body)) }
        // OFPBRC_BAD_VERSION
        #expect(Self.refusal(peer, [1, 2, 0, 8, 0, 0, 0, 5]) == [1, 0])
        // OFPBRC_BAD_TYPE, of a number and of what only a switch says
        #expect(refusal(77, []) == [1, 1])
        #expect(refusal(21, []) == [1, 1])
        // OFPBRC_BAD_MULTIPART, OFPBRC_BAD_LEN
        #expect(refusal(18, [0, 99] + Self.zeros(6)) == [1, 2])
        #expect(refusal(18, [0, 1] + Self.zeros(6)) == [1, 6])
        #expect(refusal(5, [1]) == [1, 6])
        // OFPBRC_BAD_EXPERIMENTER, OFPBRC_BAD_EXP_TYPE
        #expect(refusal(4, [1, 2, 3, 4, 0, 0, 0, 1]) == [1, 3])
        #expect(refusal(4, [0, 0, 0x23, 0x20, 0, 0, 0xff, 0xff]) == [1, 4])
        #expect(refusal(18, [0xff, 0xff] + Self.zeros(6) + [1, 2, 3, 4, 0, 0, 0, 0]) == [1, 3])
        // Statistics of a table that is not there: OFPBRC_BAD_TABLE_ID
        let flows: [UInt8] =
            [0, 1] + Self.zeros(6) + [254, 0, 0, 0] + Array(repeating: 0xff, count: 8) + Self.zeros(20)
        #expect(refusal(18, flows + [0, 1, 0, 4, 0, 0, 0, 0]) == [1, 9])
        // A role that there is not: OFPRRFC_BAD_ROLE
        #expect(refusal(24, [0, 0, 0, 9] + Self.zeros(12)) == [11, 2])
        // A group of an unknown type and command: OFPGMFC_BAD_TYPE, OFPGMFC_BAD_COMMAND
        #expect(refusal(15, [0, 0, 9, 0, 0, 0, 0, 1]) == [6, 10])
        #expect(refusal(15, [0, 9, 0, 0, 0, 0, 0, 1]) == [6, 11])
        // A meter's: OFPMMFC_BAD_COMMAND
        #expect(refusal(29, [0, 9, 0, 2, 0, 0, 0, 1]) == [12, 4])
        // And the connection lives.
        #expect(peer.send(Message(.barrierRequest)).count == 1)
    }

    @Test(arguments: OpenFlowVersion.allCases)
    func everyTypeWithEveryLittleBodyIsAnsweredOrTaken(version: OpenFlowVersion) {
        let peer = Dialogue().connect(version)
        for type in UInt8(2)...40 {
            for count in [0, 1, 4, 8, 16, 40, 64] {
                for fill in [UInt8(0), 0xff] {
                    let body = Array(repeating: fill, count: count)
                    let answers = peer.send(bytes: [Self.frame(version, type, body)])
                    #expect(answers.allSatisfy { $0.xid == 5 }, "type \(type), \(count) bytes of \(fill): \(answers)")
                }
            }
        }
        guard case .echoReply? = peer.ask(.echoRequest([7])) else {
            Issue.record("\(version): no echo reply")
            return
        }
    }
}
