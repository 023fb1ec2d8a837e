import Testbed
import Testing

@testable import Switch

/// `trace` against what `ofproto/trace` of Open vSwitch says of the same flows and packets, line by line.
@Suite struct TraceGoldenTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var meters: [String] = []
        var groups: [String] = []
        var flows: [String] = []
        var packets: [(text: String, lines: [String])] = []
        var testDescription: String { name }
    }

    static let cases: [Case] = {
        var cases: [Case] = []
        for line in try! SourceTree.recordedLines("Tests/SwitchTests/Recordings/traces.golden") {
            let words = line.split(separator: " ", maxSplits: 1)
            let rest = words.count > 1 ? String(words[1]) : ""
            let last = cases.count - 1
            switch words[0] {
            case "case": cases.append(Case(name: rest))
            case "meter": cases[last].meters.append(rest)
            case "group": cases[last].groups.append(rest)
            case "flow": cases[last].flows.append(rest)
            case "packet": cases[last].packets.append((rest, []))
            default: cases[last].packets[cases[last].packets.count - 1].lines.append(rest)
            }
        }
        return cases
    }()

    /// Both sides in one form. What differs by design:
    /// - Numbers of recirculations are counted from 1.
    /// - Open vSwitch floods to its local port too, which the bridge here does not have.
    /// - Open vSwitch 3.1 prints `drop` for a `ct` without actions inside (it no longer does), has the reason 6 for
    ///   what the table-miss flow sends to controllers, and freezes something for each packet-in.
    /// - It sets whole labels, and remembers whether a tag was to be stripped or popped.
    static func normalised(_ lines: [String]) -> [String] {
        var numbers: [String: Int] = [:]
        var result: [String] = []
        for (place, line) in lines.enumerated() {
            var line = line
            if line == "    drop", place > 0, lines[place - 1].hasPrefix("    ct(") { continue }
            if line.hasPrefix("This flow is handled by the userspace") || line.hasPrefix("  - ") { continue }
            for prefix in ["recirc(0x", "recirc_id=0x"] {
                var parts = line.components(behind: prefix)
                for index in parts.indices.dropFirst() {
                    let digits = parts[index].prefix { $0.isHexDigit }
                    let number = numbers[String(digits), default: numbers.count + 1]
                    numbers[String(digits)] = number
                    parts[index] = "\(number)" + parts[index].dropFirst(digits.count)
                }
                line = parts.joined(separator: prefix)
            }
            while line.last == " " { line.removeLast() }
            line = line.replacing("    strip_vlan", with: "    pop_vlan")
            line = line.replacing("set(mpls(label=3,tc=0,ttl=3,bos=1))", with: "set(mpls(ttl=3))")
            if line.hasPrefix("Datapath actions: ") {
                line = line.replacing("100,", with: "").replacing("reason=6", with: "reason=0")
                var parts = line.components(behind: "recirc_id=")
                for index in parts.indices.dropFirst() { parts[index] = "0" + parts[index].drop { $0.isNumber } }
                line = parts.joined(separator: "recirc_id=")
            }
            result.append(line)
        }
        return result
    }

    @Test(arguments: cases) func asOpenVSwitch(_ recorded: Case) throws {
        let lab = DatapathHarness()
        let bridge = lab.bridge("br0", BridgeSettings(standalone: false))
        for port in 1...3 {
            let device = lab.datapath.addDevice(name: "\(port)")
            _ = lab.datapath.addLink(.device(device), .port(lab.port(bridge)), now: 0)
        }
        for text in recorded.meters {
            #expect(text == "meter=1,kbps,band=type=drop,rate=100")
            let meter = Meter(id: 1, flags: [.kilobits], bands: [Meter.Band(.drop, rate: 100)])
            try lab.datapath.modifyMeter(bridge: bridge, MeterModification(.add, meter), now: 0)
        }
        for text in recorded.groups {
            try lab.datapath.modifyGroup(
                bridge: bridge, GroupModification(.add, RecordedActionsTests.group(text)), now: 0)
        }
        for text in recorded.flows {
            let (table, priority, match, instructions) = try RecordedActionsTests.flow(text)
            lab.datapath.addFlow(
                bridge: bridge, table: table, priority: priority, match: match, instructions: instructions,
                cookie: try RecordedActionsTests.cookie(text), now: 0)
        }
        for packet in recorded.packets {
            let words = packet.text.split(separator: " ")
            let key = try Match(parsing: String(words[0])).key
            let states = words.count < 3 ? [] : [UInt32(0x22)]
            let trace = lab.datapath.trace(bridge: bridge, key: key, connectionStates: states, now: lab.now)
            let ours = Self.normalised(
                (trace ?? "").split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
            let theirs = Self.normalised(packet.lines)
            compare(ours, theirs, packet.text)
        }
        #expect(lab.datapath.pool.inUse == 0)
        #expect(lab.datapath.pipeline.frozen.count == 0)
        #expect(lab.datapath.pipeline.notices.count == 0)
        #expect(lab.datapath.pipeline.trackings.count == 0)
    }

    private func compare(_ ours: [String], _ theirs: [String], _ packet: String) {
        let isMegaflow = { (line: String) in line.hasPrefix("Megaflow: ") }
        let left = ours.filter { !isMegaflow($0) }
        let right = theirs.filter { !isMegaflow($0) }
        #expect(left == right, "\(packet)\n\(ours.joined(separator: "\n"))\n--- \n\(theirs.joined(separator: "\n"))")
        let pairs = zip(ours.filter(isMegaflow), theirs.filter(isMegaflow))
        for (own, other) in pairs {
            // A megaflow of ours is as wide as Open vSwitch's or wider.
            let items = Set(other.dropFirst(10).split(separator: ","))
            for item in own.dropFirst(10).split(separator: ",") {
                let name = item.prefix { $0 != "=" } + "="
                let isMasked = item.contains("/")
                let isKnown = items.contains {
                    $0 == item || $0.hasPrefix(item + "/") || isMasked && $0.hasPrefix(name)
                }
                // That there is no tag goes without saying in Open vSwitch, where the EtherType is always looked at.
                let isImplied = item.hasPrefix("vlan") || item == "mpls_label=0"
                #expect(isKnown || isImplied || Self.kinds.contains(item), "\(packet)\n\(own)\n\(other)")
            }
        }
    }

    /// Words for protocols: theirs may say more.
    private static let kinds: Set<Substring> = ["ip", "ipv6"]
}

extension String {
    /// The parts between occurrences of a separator.
    fileprivate func components(behind separator: String) -> [String] {
        self.split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }

    fileprivate func replacing(_ old: String, with new: String) -> String {
        components(behind: old).joined(separator: new)
    }
}
