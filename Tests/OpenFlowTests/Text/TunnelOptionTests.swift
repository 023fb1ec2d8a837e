import OpenFlow
import Switch
import Testing

/// Options of tunnels as flows name them; how ovs-ofctl sends and prints them is in `flows.golden`.
@Suite struct TunnelOptionTests {
    static let texts = [
        "tun_metadata0", "tun_metadata63=0x5", "tun_metadata0=0", "tun_metadata1=0x1200/0xff00",
        "tun_metadata5=0x102030405060708090a0b0c0d0e0f1011121314", "tun_id=0x5,tun_metadata0=0x1,metadata=0x1",
    ]

    @Test("What is printed is what was read", arguments: texts)
    func roundTrip(text: String) throws {
        let match = try Match(parsing: text)
        #expect(match.description == text)
        #expect(try Match(parsing: match.description) == match)
    }

    @Test func anOptionThatIsOnlyThereHasNoBits() throws {
        for text in ["tun_metadata7", "tun_metadata7=*", "tun_metadata7=0/0", "tun_metadata7=5/0"] {
            let match = try Match(parsing: text)
            #expect(match.options.isEmpty)
            #expect(match.option(7)?.isOpen == true)
            #expect(match.description == "tun_metadata7")
        }
    }

    @Test func bitsOfOptionsAreMatched() throws {
        #expect(try Match(parsing: "tun_metadata0[8..15]=0x12").description == "tun_metadata0=0x1200/0xff00")
        #expect(try Match(parsing: "tun_metadata0[]=0x12").description == "tun_metadata0=0x12")
        #expect(try Match(parsing: "tun_metadata0[960..963]=5/7").options[0].value.count == 121)
    }

    @Test("An option is as long as 124 bytes, and no longer")
    func length() throws {
        let digits = String(repeating: "ab", count: 124)
        #expect(try Match(parsing: "tun_metadata0=0x\(digits)").options[0].value.count == 124)
        #expect(throws: MatchSyntaxError.self) { try Match(parsing: "tun_metadata0=0x1\(digits)") }
    }

    private static func decode(_ bytes: [UInt8]) throws -> Match {
        try bytes.withUnsafeBytes { bytes in
            var reader = WireReader(bytes)
            return try MatchCodec.decodeNXM(&reader, length: bytes.count).match
        }
    }

    @Test func brokenEntriesAreRefused() {
        let twice: [UInt8] = [0, 1, 0x50, 1, 5]
        #expect(throws: OpenFlowError.badMatch(.duplicateField)) { try Self.decode(twice + twice) }
        #expect(throws: OpenFlowError.badMatch(.badLength)) { try Self.decode([0, 1, 0x50, 2, 5]) }
        // A mask of half a byte more than the value.
        #expect(throws: OpenFlowError.badMatch(.badLength)) { try Self.decode([0, 1, 0x51, 3, 5, 5, 5]) }
        #expect(throws: OpenFlowError.badMatch(.badWildcards)) { try Self.decode([0, 1, 0x51, 2, 5, 4]) }
        let long = [UInt8](repeating: 1, count: 125)
        #expect(throws: OpenFlowError.badMatch(.badLength)) { try Self.decode([0, 1, 0x50, 125] + long) }
    }
}
