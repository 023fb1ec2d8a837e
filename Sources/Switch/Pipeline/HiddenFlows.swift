/// A flow of the bridge itself, which no controller sees or changes. It is above all flows of table 0, and forwards as a
/// learning switch does.
public struct HiddenFlow: Equatable, Sendable {
    /// That of the flow that stands in for controllers that cannot be reached (`fail_mode=standalone`,
    /// ovs-vswitchd.conf.db(5)), as Open vSwitch has it.
    public static let standInPriority: UInt32 = 0xf0f0f0

    /// Higher than flows can have.
    public var priority: UInt32
    public var match: Match
    /// Nanoseconds since it was made.
    public var age: UInt64
    public var traffic: TrafficCount
}

/// The hidden flows of a bridge that has some.
final class HiddenFlows {
    private struct Entry {
        var priority: UInt32
        var match: Match
        var since: UInt64
        var traffic = TrafficCount()
    }

    private var classifier = Classifier()
    private var entries: [Entry]

    /// - Parameter before: whose flows go on where they are among these.
    init(_ flows: [(priority: UInt32, match: Match)], before: HiddenFlows?, now: UInt64) {
        entries = flows.map { flow in
            before?.entries.first { $0.priority == flow.priority && $0.match == flow.match }
                ?? Entry(priority: flow.priority, match: flow.match, since: now)
        }
        for (number, entry) in entries.enumerated() {
            classifier.insert(rule: Int32(number), priority: Int32(entry.priority), match: entry.match)
        }
    }

    /// The flow for a packet, or -1; `wildcards` gets the bits that were looked at.
    func lookUp(_ key: UnsafePointer<FlowKey>, unite wildcards: inout FlowMask) -> Int32 {
        classifier.lookup(key, unite: &wildcards)
    }

    func count(_ number: Int32, packets: UInt64, bytes: UInt64) {
        guard entries.indices.contains(Int(number)) else { return }
        entries[Int(number)].traffic.packets &+= packets
        entries[Int(number)].traffic.bytes &+= bytes
    }

    /// Its title in a trace.
    func title(of number: Int32) -> String {
        let entry = entries[Int(number)]
        let conditions = entry.match.description
        return "\(conditions.isEmpty ? "" : "\(conditions), ")priority \(entry.priority)"
    }

    /// All of them, of falling priority.
    func snapshots(now: UInt64) -> [HiddenFlow] {
        entries.sorted { $0.priority > $1.priority }.map {
            HiddenFlow(
                priority: $0.priority, match: $0.match, age: now &- min(now, $0.since), traffic: $0.traffic)
        }
    }
}
