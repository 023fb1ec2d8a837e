/// One flow of a table. Its match lies in the table's classifier alone: a match is a kilobyte, and flows are many.
public final class FlowRule {
    /// The table that it is in.
    let home: FlowTable
    /// Its number in the data path and in the classifier, while it is in the table; -1 before and after.
    var number: Int32 = -1
    public let priority: UInt16
    public internal(set) var cookie: UInt64
    var stored: StoredInstructions
    public internal(set) var flags: FlowModification.Flags
    /// In seconds; 0: never.
    public internal(set) var idleTimeout: UInt16
    public internal(set) var hardTimeout: UInt16
    public internal(set) var importance: UInt16
    /// When it was added and last changed, in nanoseconds of the data path's clock.
    public internal(set) var created: UInt64
    public internal(set) var modified: UInt64
    /// Packets and bytes of frames that it has acted on; right after `Datapath.payCredits`.
    public internal(set) var packets: UInt64 = 0
    public internal(set) var bytes: UInt64 = 0
    /// When a packet last met it.
    public internal(set) var lastUsed: UInt64
    /// How far it is with its statistics trigger, where it has one.
    var triggers: TriggerState?
    /// The next look at its timeouts.
    var timer: TimerID?

    init(
        home: FlowTable, priority: UInt16, cookie: UInt64, instructions: StoredInstructions,
        flags: FlowModification.Flags, idleTimeout: UInt16, hardTimeout: UInt16, importance: UInt16, now: UInt64
    ) {
        self.home = home
        self.priority = priority
        self.cookie = cookie
        stored = instructions
        self.flags = flags
        self.idleTimeout = idleTimeout
        self.hardTimeout = hardTimeout
        self.importance = importance
        created = now
        modified = now
        lastUsed = now
    }

    public var table: UInt8 { home.number }
    public var instructions: Instructions { stored.value }
    /// Empty once the flow has left its table.
    public var match: Match { home.classifier.match(of: number) ?? Match() }

    /// The flow as it is at `now`; its counters as they were last paid.
    func snapshot(match: Match, now: UInt64) -> FlowSnapshot {
        FlowSnapshot(
            table: table, priority: priority, match: match, cookie: cookie, instructions: instructions,
            idleTimeout: idleTimeout, hardTimeout: hardTimeout, importance: importance, flags: flags,
            age: now &- min(now, created), idle: now &- min(now, lastUsed), packets: packets, bytes: bytes)
    }
}
