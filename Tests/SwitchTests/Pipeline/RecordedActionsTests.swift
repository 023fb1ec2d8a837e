import Testbed
import Testing

@testable import Switch

/// Each action against what Open vSwitch made of the same packet with the same flows, byte for byte; and, where Open vSwitch
/// lacks it, against what Ryu's switch tests want.
@Suite struct RecordedActionsTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var groups: [String] = []
        var flows: [String] = []
        var packets: [(frame: [UInt8], out: [(port: Int, frame: [UInt8])])] = []
        var testDescription: String { name }
    }

    static let cases = try! cases("actions.golden")
    static let specified = try! cases("specified-actions.golden")

    private static func cases(_ recording: String) throws -> [Case] {
        var cases: [Case] = []
        for line in try SourceTree.recordedLines("Tests/SwitchTests/Recordings/\(recording)") {
            let words = line.split(separator: " ", maxSplits: 1)
            let rest = String(words[1])
            switch words[0] {
            case "case": cases.append(Case(name: rest))
            case "group": cases[cases.count - 1].groups.append(rest)
            case "flow": cases[cases.count - 1].flows.append(rest)
            case "in": cases[cases.count - 1].packets.append((octets(rest), []))
            case "instead":
                let last = cases[cases.count - 1].packets.count - 1
                let place = cases[cases.count - 1].packets[last].out.count - 1
                cases[cases.count - 1].packets[last].out[place].frame = octets(rest)
            default:
                let out = rest.split(separator: " ")
                let last = cases[cases.count - 1].packets.count - 1
                cases[cases.count - 1].packets[last].out.append((Int(out[0])!, octets(String(out[1]))))
            }
        }
        return cases
    }

    /// A flow as the recording has it: `table=`, `priority=`, a match and `actions=`.
    static func flow(_ text: String) throws -> (table: UInt8, priority: UInt16, match: Match, Instructions) {
        let actions = text.firstRange(of: "actions=")!
        var table: UInt8 = 0
        var priority: UInt16 = 32768
        var match: [Substring] = []
        for item in text[..<actions.lowerBound].split(separator: ",") {
            if item.hasPrefix("table=") {
                table = UInt8(item.dropFirst(6))!
            } else if item.hasPrefix("priority=") {
                priority = UInt16(item.dropFirst(9))!
            } else if item.hasPrefix("cookie=") {
                continue
            } else {
                match.append(item)
            }
        }
        return (
            table, priority, try Match(parsing: match.joined(separator: ",")),
            try Instructions(parsing: text[actions.upperBound...])
        )
    }

    static func cookie(_ text: String) throws -> UInt64 {
        guard text.hasPrefix("cookie=0x") || text.contains(",cookie=0x") else { return 0 }
        return UInt64(text.split(separator: "cookie=0x").last!.prefix { $0.isHexDigit }, radix: 16)!
    }

    /// `group_id=1,type=all,bucket=…,bucket=…`, as far as the recording goes.
    static func group(_ text: String) throws -> Group {
        let parts = text.split(separator: ",bucket=")
        let id = UInt32(parts[0].split(separator: ",")[0].dropFirst(9))!
        let type: GroupType =
            switch parts[0].split(separator: "type=")[1] {
            case "all": .all
            case "select": .select
            case "indirect": .indirect
            default: .fastFailover
            }
        var group = Group(id: id, type: type)
        for part in parts.dropFirst() {
            let actions = part.firstRange(of: "actions=")!
            var bucket = Bucket(id: UInt32(group.buckets.count), actions: try Action.parse(part[actions.upperBound...]))
            for item in part[..<actions.lowerBound].split(separator: ",") {
                if item.hasPrefix("weight=") { bucket.weight = UInt16(item.dropFirst(7))! }
                if item.hasPrefix("watch_port:") || item.hasPrefix("watch_port=") {
                    bucket.watchPort = UInt32(item.dropFirst(11))!
                }
            }
            group.buckets.append(bucket)
        }
        return group
    }

    @Test(arguments: cases + specified) func asRecorded(_ recorded: Case) throws {
        let lab = DatapathHarness()
        let bridge = lab.bridge("br0", BridgeSettings(standalone: false))
        let hosts = (0..<3).map { _ in lab.host(on: bridge) }
        for text in recorded.groups {
            try lab.datapath.modifyGroup(bridge: bridge, GroupModification(.add, Self.group(text)), now: 0)
        }
        for text in recorded.flows {
            let (table, priority, match, instructions) = try Self.flow(text)
            lab.datapath.addFlow(
                bridge: bridge, table: table, priority: priority, match: match, instructions: instructions, now: 0)
        }
        for packet in recorded.packets {
            // The second time the caches answer.
            for _ in 0..<(recorded.name == "learn" ? 1 : 2) {
                let out = lab.send(packet.frame, from: hosts[0])
                for port in 1...3 {
                    let ours = out.filter { $0.device == hosts[port - 1] }.map { hexadecimal($0.frame) }
                    let theirs = packet.out.filter { $0.port == port }.map { hexadecimal($0.frame) }
                    #expect(ours == theirs, "port \(port), in \(hexadecimal(packet.frame))")
                }
            }
        }
        #expect(lab.datapath.pool.inUse == 0)
    }
}
