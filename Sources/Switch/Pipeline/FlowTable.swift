/// A flow table of a bridge: a classifier over the numbers of its rules.
final class FlowTable {
    let bridge: Int32
    let number: UInt8
    var classifier = Classifier()
    var settings = TableSettings()
    /// Packets looked up, and those matched; right after `Datapath.payCredits`.
    var lookups: UInt64 = 0
    var matches: UInt64 = 0
    /// Whether the last vacancy event said that the table is filling up.
    var isVacancyDown = false
    /// Tests of megaflows that its changes have cost since they were last dropped all together.
    var invalidationWork = 0

    init(bridge: Int32, number: UInt8) {
        self.bridge = bridge
        self.number = number
    }

    /// The rule for a packet, or -1; `wildcards` gets the bits that were looked at.
    func lookUp(
        _ key: UnsafePointer<FlowKey>, _ options: [TunnelOption], unite wildcards: inout FlowMask
    ) -> Int32 {
        classifier.lookup(key, options, unite: &wildcards)
    }
}
