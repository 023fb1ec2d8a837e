import OpenFlow
import Switch
import Testbed
import Testing

@Suite("Messages that are broken")
struct BrokenMessageTests {
    /// What comes after a fixed part that may be cut anywhere and still is a message.
    private static func mayEndEarly(_ message: Message) -> Bool {
        switch message.body {
        case .hello, .echoRequest, .echoReply, .error, .packetIn, .packetOut, .experimenter: return true
        case .nicira(.resume): return true
        default: return false
        }
    }

    @Test("Cut anywhere, they are refused", arguments: OpenFlowVersion.allCases)
    func truncation(version: OpenFlowVersion) throws {
        for golden in GoldenMessage.all where golden.version == version {
            guard let whole = try? Message.decode(golden.bytes, version: version, hasTableID: golden.hasTableID) else {
                continue
            }
            // Long messages repeat themselves.
            for count in 0..<golden.bytes.count where count < 96 || count % 41 == 0 {
                // As it came, the header says more than there is; then the header says what there is.
                var part = Array(golden.bytes[..<count])
                #expect(throws: OpenFlowError.badRequest(.badLength)) {
                    try Message.decode(part, version: version, hasTableID: golden.hasTableID)
                }
                guard count >= 8 else { continue }
                part[2] = UInt8(count >> 8)
                part[3] = UInt8(count & 0xff)
                guard let message = try? Message.decode(part, version: version, hasTableID: golden.hasTableID) else {
                    continue
                }
                // What is still a message is one with fewer members of a list at its end, and is read as it stands.
                let encoded = message.encode(version: version, hasTableID: golden.hasTableID)
                guard !Self.mayEndEarly(whole), version != .v11 else { continue }
                #expect(encoded.starts(with: part) || part.starts(with: encoded.prefix(2)), "\(golden) cut to \(count)")
            }
        }
    }

    @Test("With any byte changed, nothing traps", arguments: OpenFlowVersion.allCases)
    func flips(version: OpenFlowVersion) {
        var read = 0
        for golden in GoldenMessage.all where golden.version == version {
            var bytes = golden.bytes
            for index in bytes.indices.prefix(100) {
                let flip = ([0x01, 0x80, 0xff] as [UInt8])[(index + bytes.count) % 3]
                bytes[index] ^= flip
                if let message = try? Message.decode(bytes, version: version, hasTableID: golden.hasTableID) {
                    read += message.encode(version: version, hasTableID: golden.hasTableID).count
                }
                bytes[index] ^= flip
            }
        }
        #expect(read > 0)
    }

    @Test("The errors that the specification asks for")
    func errors() {
        func check(_ text: String, _ version: OpenFlowVersion?, _ error: OpenFlowError) {
            #expect(throws: error) { try Message.decode(octets(text), version: version) }
        }
        check("", .v13, .badRequest(.badLength))
        check("04020007 000000", .v13, .badRequest(.badLength))
        check("04020009 00000001", .v13, .badRequest(.badLength))
        check("01020008 00000001", .v13, .badRequest(.badVersion))
        check("07020008 00000001", nil, .badRequest(.badVersion))
        check("04630008 00000001", .v13, .badRequest(.badType))
        check("01180008 00000001", .v10, .badRequest(.badType))
        check("051600100000000100000001 00000000", .v14, .badRequest(.badType))
        // A features request with something behind it; a barrier too.
        check("0405000c 00000001 00000000", .v13, .badRequest(.badLength))
        check("0414000c 00000001 00000000", .v13, .badRequest(.badLength))
        check("04120010 00000001 00630000 00000000", .v13, .badRequest(.badMultipart))
        check("04120018 00000001 ffff0000 00000000 00002320 00000063", .v13, .badRequest(.badExperimenterType))
        check("04040010 00000001 00002320 00000063", .v13, .badRequest(.badExperimenterType))
        check("04180018 00000001 00000009 00000000 0000000000000000", .v13, .roleRequestFailed(.badRole))
        check("0409000c 00000001 00100080", .v13, .switchConfigurationFailed(.badFlags))
        check("040f0010 00000001 00090000 00000001", .v13, .groupModFailed(.badCommand))
        check("040f0010 00000001 00000900 00000001", .v13, .groupModFailed(.badType))
        check("041d0010 00000001 00090000 00000001", .v13, .meterModFailed(.badCommand))
        check("041d0010 00000001 00000003 00000001", .v13, .meterModFailed(.badFlags))
        check(
            "041d0020 00000001 00000001 00000001 00090010 00000000 00000000 00000000", .v13, .meterModFailed(.badBand))
        check("05210010 00000001 00000001 00080000", .v14, .bundleFailed(.badType))
        check("05220010 00000001 00000001 00000000", .v14, .bundleFailed(.messageBadLength))
        check("05220018 00000001 00000001 00000000 04140008 00000001", .v14, .bundleFailed(.badVersion))
        check("05220018 00000001 00000001 00000000 05140008 00000002", .v14, .bundleFailed(.messageBadXID))
        check("05220018 00000001 00000001 00000000 05140008 00000001", .v14, .bundleFailed(.messageUnsupported))
        check("05220018 00000001 00000001 00000000 05140009 00000001", .v14, .bundleFailed(.messageBadLength))
        check("051c0010 00000001 00200008 00000000", .v14, .asyncConfigurationFailed(.unsupported))
        check("051c0010 00000001 00000008 00000040", .v14, .asyncConfigurationFailed(.invalid))
        check("051c0010 00000001 00000002 00000000", .v14, .badProperty(.badLength))
    }

    @Test("Actions in actions in actions end before the stack does", arguments: [10, 64, 200, 3000])
    func depth(levels: Int) throws {
        var action: [UInt8] = []
        for _ in 0..<levels {
            let length = 16 + action.count
            action =
                [0xff, 0xff, UInt8(length >> 8), UInt8(length & 0xff)] + octets("00002320 002a 000000000000") + action
        }
        let match = octets("0001000400000000")
        let instruction =
            [0, 4] + [UInt8((action.count + 8) >> 8), UInt8((action.count + 8) & 0xff)] + octets("00000000")
        let fixed = octets(
            "0000000000000000 0000000000000000 00 00 0000 0000 8000 ffffffff ffffffff ffffffff 0000 0000")
        let body = fixed + match + instruction + action
        let bytes = [4, 14, UInt8((body.count + 8) >> 8), UInt8((body.count + 8) & 0xff), 0, 0, 0, 1] + body
        let text = "actions=" + String(repeating: "clone(", count: levels) + "1" + String(repeating: ")", count: levels)
        if levels <= 64 {
            #expect(try Message.decode(bytes, version: .v13).encode(version: .v13) == bytes)
            #expect(try FlowText.parse(text).instructions.apply.count == 1)
        } else {
            #expect(throws: OpenFlowError.badAction(.tooMany)) { try Message.decode(bytes, version: .v13) }
            #expect(throws: FlowSyntaxError("the parentheses are nested too deeply")) { try FlowText.parse(text) }
        }
    }

    @Test("A message inside a bundle's message inside a bundle is not read")
    func nesting() {
        // One bundle-add in another, both with room for what they hold.
        let inner = octets("05220018 00000001 00000001 00000000 05140008 00000001")
        let outer = octets("05220028 00000001 00000001 00000000") + inner
        #expect(throws: OpenFlowError.bundleFailed(.messageUnsupported)) { try Message.decode(outer, version: .v14) }
    }
}
