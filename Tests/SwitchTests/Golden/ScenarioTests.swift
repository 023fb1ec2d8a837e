import Testbed
import Testing

@testable import Switch

/// Packets over time against what Open vSwitch did with the same: mirrors, and flows that packets define.
@Suite struct ScenarioTests {
    enum Step: Sendable {
        case frame(port: Int, [UInt8], out: [(port: Int, frame: [UInt8])])
        case wait(UInt64)
        case delete(String)
        /// The flows of table 1.
        case flows([String])
    }

    struct Scenario: CustomTestStringConvertible, Sendable {
        var name: String
        var flows: [String] = []
        var mirrors: [String] = []
        var steps: [Step] = []
        var testDescription: String { name }
    }

    static let scenarios: [Scenario] = {
        var list: [Scenario] = []
        var held: [String]?
        for line in try! SourceTree.recordedLines("Tests/SwitchTests/Recordings/scenarios.golden") {
            let words = line.split(separator: " ", maxSplits: 1)
            let rest = words.count > 1 ? String(words[1]) : ""
            let last = list.count - 1
            switch words[0] {
            case "scenario": list.append(Scenario(name: rest))
            case "flow": list[last].flows.append(rest)
            case "mirror": list[last].mirrors.append(rest)
            case "wait": list[last].steps.append(.wait(UInt64(rest)!))
            case "delete": list[last].steps.append(.delete(rest))
            case "flows": held = []
            case "have": held?.append(rest)
            case "end":
                list[last].steps.append(.flows(held ?? []))
                held = nil
            case "in":
                let parts = rest.split(separator: " ")
                list[last].steps.append(
                    .frame(port: Int(parts[0])!, octets(String(parts[1])), out: []))
            default:
                let parts = rest.split(separator: " ")
                let step = list[last].steps.count - 1
                guard case .frame(let port, let frame, var out) = list[last].steps[step] else { continue }
                out.append((Int(parts[0])!, octets(String(parts[1]))))
                list[last].steps[step] = .frame(port: port, frame, out: out)
            }
        }
        return list
    }()

    private static func mirror(_ text: String) -> Mirror {
        var mirror = Mirror(name: "m")
        for item in text.split(separator: " ") {
            let parts = item.split(separator: "=")
            let number = UInt32(parts[1]) ?? 0
            switch parts[0] {
            case "select_all": mirror.selectsAll = true
            case "select-src-port": mirror.sources.insert(number)
            case "select-dst-port": mirror.destinations.insert(number)
            case "select-vlan": mirror.vlans = [UInt16(number)]
            case "output-port": mirror.outputPort = number
            case "output-vlan": mirror.outputVLAN = UInt16(number)
            default: mirror.snapLength = number
            }
        }
        return mirror
    }

    /// A flow as a line to compare by: the recorded one read and printed again, ours printed.
    private static func line(of recorded: String) throws -> String {
        let actions = recorded.firstRange(of: " actions=")!
        var head: [String] = []
        var rest: [Substring] = []
        for item in recorded[..<actions.lowerBound].split(whereSeparator: { $0 == "," || $0 == " " }) {
            if ["cookie=", "table=", "idle_timeout=", "hard_timeout=", "priority="].contains(where: item.hasPrefix) {
                head.append(String(item))
            } else {
                rest.append(item)
            }
        }
        let match = try Match(parsing: rest.joined(separator: ","))
        let instructions = try Instructions(parsing: recorded[actions.upperBound...])
        return "\(head.sorted().joined(separator: " ")) \(match) \(instructions)"
    }

    private static func line(of flow: FlowSnapshot) -> String {
        var head = ["table=\(flow.table)"]
        if flow.cookie != 0 { head.append("cookie=0x\(String(flow.cookie, radix: 16))") }
        if flow.idleTimeout != 0 { head.append("idle_timeout=\(flow.idleTimeout)") }
        if flow.hardTimeout != 0 { head.append("hard_timeout=\(flow.hardTimeout)") }
        if flow.priority != 32768 { head.append("priority=\(flow.priority)") }
        // What was loaded into a field comes back from Open vSwitch as a setting of the field, which is the same.
        let actions = flow.instructions.apply.map { action -> Action in
            guard case .load(let value, let target) = action else { return action }
            let mask = FieldValue.ones(target.count) << target.start
            return .setField(target.field, value: FieldValue(value) << target.start & mask, mask: mask)
        }
        return "\(head.sorted().joined(separator: " ")) \(flow.match) \(Instructions(apply: actions))"
    }

    @Test(arguments: scenarios) func asOpenVSwitch(_ scenario: Scenario) throws {
        let lab = DatapathHarness()
        let bridge = lab.bridge("br0", BridgeSettings(standalone: false))
        let hosts = (0..<3).map { _ in lab.host(on: bridge) }
        for text in scenario.flows {
            let (table, priority, match, instructions) = try RecordedActionsTests.flow(text)
            try lab.datapath.modify(
                bridge: bridge,
                FlowModification(
                    .add, table: table, priority: priority, match: match,
                    cookie: try RecordedActionsTests.cookie(String(text.prefix { $0 != "(" })),
                    instructions: instructions), now: lab.now)
        }
        lab.datapath.setMirrors(bridge: bridge, scenario.mirrors.map(Self.mirror), now: lab.now)
        for (place, step) in scenario.steps.enumerated() {
            switch step {
            case .frame(let port, let frame, let expected):
                let out = lab.send(frame, from: hosts[port - 1])
                for port in 1...3 {
                    let ours = out.filter { $0.device == hosts[port - 1] }.map {
                        hexadecimal($0.frame)
                    }
                    let theirs = expected.filter { $0.port == port }.map { hexadecimal($0.frame) }
                    #expect(ours.sorted() == theirs.sorted(), "step \(place), port \(port)")
                }
                _ = lab.advance(by: 10_000_000)
            case .wait(let milliseconds): _ = lab.advance(by: milliseconds * 1_000_000)
            case .delete(let cookie):
                let value = UInt64(cookie.dropFirst(9).prefix { $0 != "/" }, radix: 16)!
                try lab.datapath.modify(
                    bridge: bridge, FlowModification(.delete, table: nil, cookie: value, cookieMask: .max), now: lab.now
                )
            case .flows(let expected):
                let ours = lab.datapath.flowSnapshots(bridge: bridge, FlowQuery(table: 1), now: lab.now)
                #expect(
                    ours.map(Self.line(of:)).sorted() == (try expected.map(Self.line(of:)).sorted()), "step \(place)")
            }
        }
        #expect(lab.datapath.pool.inUse == 0)
    }
}
