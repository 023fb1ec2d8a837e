import OpenFlow
import Switch
import Testbed
import Testing

@Suite("Flows as ovs-ofctl reads, sends and prints them")
struct GoldenFlowTests {
    static let flows = (try? Recording.load("flows.golden")) ?? []

    /// A match and instructions as bytes in a version; "1n" is OpenFlow 1.0 with Nicira's extensible match.
    private struct Encoding: Equatable, CustomStringConvertible {
        var match: [UInt8]
        var instructions: [UInt8]

        init(_ flow: FlowModification, _ version: Substring) throws {
            let own = try #require(OpenFlowVersion(recorded: version))
            var writer = WireWriter()
            if version == "1n" {
                MatchCodec.encodeNXM(flow.match, into: &writer)
            } else {
                MatchCodec.encode(flow.match, version: own, into: &writer)
            }
            match = writer.finish()
            writer = WireWriter()
            InstructionCodec.encode(flow.instructions, version: own, match: flow.match, into: &writer)
            instructions = writer.finish()
        }

        init(words: [Substring]) {
            match = words[0] == "-" ? [] : octets(words[0])
            instructions = words[1] == "-" ? [] : octets(words[1])
        }

        func decode(_ version: Substring) throws -> FlowModification {
            let own = try #require(OpenFlowVersion(recorded: version))
            var flow = FlowModification(.add)
            flow.match = try match.withUnsafeBytes { bytes in
                var reader = WireReader(bytes)
                if version == "1n" { return try MatchCodec.decodeNXM(&reader, length: bytes.count).match }
                return try MatchCodec.decode(&reader, version: own)
            }
            flow.instructions = try instructions.withUnsafeBytes { bytes in
                var reader = WireReader(bytes)
                return try InstructionCodec.decode(&reader, version: own)
            }
            return flow
        }

        var description: String { "\(hexadecimal(match)) \(hexadecimal(instructions))" }
    }

    @Test("The recording is there")
    func isThere() { #expect(Self.flows.count > 450) }

    @Test("Read, a flow is sent as the same bytes")
    func sending() throws {
        for flow in Self.flows {
            for (versions, words) in flow.sent {
                // What ovs-ofctl sends but does not read back (an action in a version without it) is its own affair.
                for version in versions where flow.printed.contains(where: { $0.versions.contains(version) }) {
                    let ours = try Encoding(try FlowText.parse(flow.text), version)
                    #expect(ours == Encoding(words: words), "\(flow.text) in \(version)")
                }
            }
        }
    }

    @Test("What ovs-ofctl refuses is refused, with a reason that names what is wrong")
    func refusing() throws {
        let refused = try Recording.load("refused.golden")
        #expect(refused.count > 90)
        for flow in refused {
            #expect(throws: FlowSyntaxError.self, "\(flow.text)") { try FlowText.parse(flow.text) }
        }
    }

    @Test("The bytes are read, and written again the same")
    func roundTrip() throws {
        for flow in Self.flows {
            for (versions, words) in flow.sent {
                for version in versions where flow.printed.contains(where: { $0.versions.contains(version) }) {
                    let sent = Encoding(words: words)
                    let read = try sent.decode(version)
                    let again = try Encoding(read, version)
                    // Of an output in an enqueue it sends how much controllers get, which only they ask.
                    if flow.text.contains("enqueue") {
                        #expect(try again.decode(version) == read)
                    } else {
                        #expect(again == sent, "\(flow.text) in \(version)")
                    }
                }
            }
        }
    }

    @Test("The bytes print as ovs-ofctl prints them, and what is printed is read")
    func printing() throws {
        for flow in Self.flows {
            for (versions, text) in flow.printed {
                for version in versions {
                    let words = try #require(flow.sent.first { $0.versions.contains(version) }?.words)
                    // What stands between the command and the actions comes from the flow that was read.
                    var sent = try FlowText.parse(flow.text)
                    let decoded = try Encoding(words: words).decode(version)
                    sent.match = decoded.match
                    sent.instructions = decoded.instructions
                    if version < "14" { sent.importance = 0 }
                    let names = FlowNames(printsStripVLAN: version == "10" || version == "1n")
                    #expect(FlowText.text(sent, names: names) == text, "in \(version)")
                }
            }
        }
    }
}

extension OpenFlowVersion {
    /// The version of a recording: 10 to 15, and 1n.
    init?(recorded text: Substring) {
        guard let number = text == "1n" ? 10 : UInt8(text), 10...15 ~= number else { return nil }
        self.init(rawValue: number - 9)
    }
}
