/// What a transaction has changed: what it takes to undo it.
enum JournalEntry {
    case added(FlowRule)
    case removed(FlowRule, match: PackedMatch)
    case altered(FlowRule, before: AlterableState)
    /// The group as it was before; nil: there was none.
    case group(bridge: Int32, id: UInt32, before: GroupState?)
    case meter(bridge: Int32, id: UInt32, before: MeterState?)
    case port(bridge: Int32, number: UInt32, before: PortConfiguration)

    /// What of a rule modifications may change.
    struct AlterableState {
        var cookie: UInt64
        var stored: StoredInstructions
        var packets: UInt64
        var bytes: UInt64
        var modified: UInt64
    }
}
