/// One flow of a table.
public final class FlowRule {
    public let table: UInt8
    public let priority: UInt16
    public let match: Match
    public let cookie: UInt64
    public internal(set) var instructions: Instructions
    /// When it was added, in nanoseconds of the data path's clock.
    public let created: UInt64
    /// Packets and bytes of frames that it has acted on; right after `Datapath.payCredits`.
    public internal(set) var packets: UInt64 = 0
    public internal(set) var bytes: UInt64 = 0
    /// When a packet last met it.
    public internal(set) var lastUsed: UInt64 = 0

    init(
        table: UInt8, priority: UInt16, match: Match, cookie: UInt64, instructions: Instructions, created: UInt64
    ) {
        self.table = table
        self.priority = priority
        self.match = match
        self.cookie = cookie
        self.instructions = instructions
        self.created = created
        lastUsed = created
    }
}

/// A flow table of a bridge: a classifier over the numbers of its rules.
final class FlowTable {
    var classifier = Classifier()

    init() {}
}
