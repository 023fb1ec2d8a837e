import OpenFlow
import Switch
import Testbed
import Testing

/// Arbitrary flows, by way of ovs-ofctl and by ours.
@Suite(.enabled(if: ReferenceTool.isThere, ReferenceTool.absence))
struct LiveFlowTests {
    /// How ovs-ofctl is told which version and format to use.
    static let formats = ["NXM+table_id", "OXM-OpenFlow12", "OXM-OpenFlow13", "OXM-OpenFlow14", "OXM-OpenFlow15"]

    private static func version(_ format: String) -> OpenFlowVersion {
        switch format {
        case "OXM-OpenFlow12": .v12
        case "OXM-OpenFlow13": .v13
        case "OXM-OpenFlow14": .v14
        case "OXM-OpenFlow15": .v15
        case "OpenFlow11": .v11
        default: .v10
        }
    }

    private static func message(_ flow: FlowModification, xid: Int, _ format: String) -> Message {
        Message(xid: UInt32(xid), .flowMod(flow), spelling: format == "NXM+table_id" ? .nicira : .standard)
    }

    private static func flows(_ format: String) -> [FlowModification] {
        var source = FlowSource(seed: UInt64(formats.firstIndex(of: format) ?? 0) + 1)
        return (0..<400).map { _ in source.flow(isPlain: version(format) == .v10) }
    }

    /// As `ovs-ofctl add-flow` takes it.
    static func text(_ flow: FlowModification) -> String {
        FlowText.text(FlowSnapshot(flow), showsStatistics: false)
    }

    @Test("ovs-ofctl reads our text, and sends the bytes that we send", arguments: formats)
    func sending(format: String) throws {
        let flows = Self.flows(format)
        let lines = flows.map(Self.text)
        let answer = try Self.parse(lines, format)
        if answer.status != 0 {
            let refused = try lines.first { try Self.parse([$0], format).status != 0 }
            Issue.record("\(answer.errors) \(refused ?? "")")
            return
        }
        let sent = Self.dumps(answer)
        try #require(sent.count == flows.count)
        for (index, flow) in flows.enumerated() {
            let ours = Self.message(flow, xid: index + 1, format).encode(
                version: Self.version(format), hasTableID: true)
            if ours != sent[index] {
                Issue.record(
                    "\(lines[index])\n was \(hexadecimal(sent[index]))\n  is \(hexadecimal(ours))")
            }
        }
    }

    @Test(
        "ovs-ofctl prints our bytes as we print what we read of them",
        arguments: formats + ["OpenFlow10+table_id", "OpenFlow11"])
    func printing(format: String) throws {
        let version = Self.version(format)
        let messages = Self.flows(format).map {
            Self.message($0, xid: 0, format).encode(version: version, hasTableID: true)
        }
        let printed = try ReferenceTool.print(messages)
        let names = FlowNames(printsStripVLAN: version == .v10)
        for (bytes, text) in zip(messages, printed) {
            let message = try Message.decode(bytes, version: version, hasTableID: true)
            guard case .flowMod(var flow) = message.body else {
                Issue.record("not a flow: \(message)")
                continue
            }
            // OpenFlow 1.1 knows no IPv6: its protocol is left out, and with it what actions need.
            if version == .v11, flow.match.key[.ethType].low == 0x86dd { continue }
            // Before OpenFlow 1.2 there is no such flag; adding a flow resets its counters always.
            if version < .v12 { flow.flags.remove(.resetCounts) }
            let name =
                format == "NXM+table_id"
                ? "NXT_FLOW_MOD" : version == .v10 ? "OFPT_FLOW_MOD" : "OFPT_FLOW_MOD (OF1.\(version.rawValue - 1))"
            #expect("\(name): \(FlowText.text(flow, names: names))" == text)
        }
    }

    @Test("ovs-ofctl prints a dump of our flows as we do", arguments: formats)
    func dump(format: String) throws {
        let version = Self.version(format)
        var source = FlowSource(seed: 99)
        let messages = (0..<40).map { _ in
            let flows = (0..<5).map { _ in
                let flow = source.flow(isPlain: version == .v10)
                let age = UInt64(source.below(100_000)) * 1_000_000
                return FlowSnapshot(
                    table: flow.table ?? 0, priority: flow.priority, match: flow.match, cookie: flow.cookie,
                    instructions: flow.instructions, idleTimeout: flow.idleTimeout, hardTimeout: flow.hardTimeout,
                    importance: version >= .v14 ? UInt16(source.below(9)) : 0,
                    flags: version >= .v13 ? flow.flags : [], age: age, idle: age / 2, packets: source.number() >> 8,
                    bytes: source.number() >> 8)
            }
            return Message(
                .multipartReply(Message.MultipartReply(.flows(flows))),
                spelling: version == .v10 ? .nicira : .standard
            ).encode(version: version)
        }
        let names = FlowNames(printsStripVLAN: version == .v10)
        for (bytes, text) in zip(messages, try ReferenceTool.print(messages)) {
            guard case .multipartReply(let reply) = try Message.decode(bytes, version: version).body,
                case .flows(let flows) = reply.body
            else {
                Issue.record("not flows")
                continue
            }
            let lines = text.split(separator: "\n").dropFirst().map { $0.dropFirst() }
            #expect(lines.count == flows.count, "\(text)")
            for (line, flow) in zip(lines, flows) {
                #expect(FlowText.text(flow, showsAges: version == .v10 || version == .v15, names: names) == line)
            }
        }
    }

    @Test("What we print is read as what it was", arguments: formats)
    func roundTrip(format: String) throws {
        for var flow in Self.flows(format) {
            let text = Self.text(flow)
            flow.table = flow.table ?? 0
            #expect(try FlowText.parse(text) == flow, "\(text)")
        }
    }

    private static func parse(_ lines: [String], _ format: String) throws -> ProgramRun {
        try ReferenceTool.run(
            [
                "--no-names", "-O", "OpenFlow10,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15", "-F", format, "-mmmmm",
                "parse-flows", "-",
            ], input: Array(lines.joined(separator: "\n").utf8))
    }

    /// The bytes that ovs-ofctl shows behind each message.
    private static func dumps(_ answer: ProgramRun) -> [[UInt8]] {
        var result: [[UInt8]] = []
        for line in answer.lines {
            let offset = line.prefix(8)
            guard offset.count == 8, offset.allSatisfy(\.isHexDigit), line.dropFirst(8).hasPrefix("  ") else {
                continue
            }
            if offset.allSatisfy({ $0 == "0" }) { result.append([]) }
            result[result.count - 1] += octets(line.dropFirst(10).prefix(47))
        }
        return result
    }
}
