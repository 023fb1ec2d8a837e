/// The rules by which a bridge lets its controllers' traffic pass before it asks its tables.
final class InBandRules {
    private var classifier = Classifier()
    private(set) var rules: [(priority: Int32, match: Match, traffic: TrafficCount)] = []
    /// When they were set.
    let since: UInt64

    init(_ control: InBandControl, address: UInt64, now: UInt64) {
        since = now
        for (number, rule) in control.rules(of: address).enumerated() {
            rules.append((rule.priority, rule.match, TrafficCount()))
            classifier.insert(rule: Int32(number), priority: rule.priority, match: rule.match)
        }
    }

    /// The rule for a packet, or -1; `wildcards` gets the bits that were looked at.
    func lookUp(_ key: UnsafePointer<FlowKey>, unite wildcards: inout FlowMask) -> Int32 {
        classifier.lookup(key, unite: &wildcards)
    }

    func count(_ rule: Int32, packets: UInt64, bytes: UInt64) {
        guard rules.indices.contains(Int(rule)) else { return }
        rules[Int(rule)].traffic.packets &+= packets
        rules[Int(rule)].traffic.bytes &+= bytes
    }
}
