/// Which flows of a bridge are meant: the filters of OpenFlow's flow and aggregate statistics requests.
public struct FlowQuery: Equatable, Sendable {
    /// nil: all tables.
    public var table: UInt8?
    /// Flows that match nothing else than this does; with `isStrict`, flows that match just this.
    public var match: Match
    /// Flows whose cookie agrees with this under the mask.
    public var cookie: UInt64
    public var cookieMask: UInt64
    /// Flows that output there; `PortNumber.any`, `Group.any`: all.
    public var outPort: UInt32
    public var outGroup: UInt32
    /// Whether match and priority must be equal.
    public var isStrict: Bool
    /// Counts with `isStrict` alone.
    public var priority: UInt16

    public init(
        table: UInt8? = nil, match: Match = Match(), cookie: UInt64 = 0, cookieMask: UInt64 = 0,
        outPort: UInt32 = PortNumber.any, outGroup: UInt32 = Group.any, isStrict: Bool = false, priority: UInt16 = 0
    ) {
        self.table = table
        self.match = match
        self.cookie = cookie
        self.cookieMask = cookieMask
        self.outPort = outPort
        self.outGroup = outGroup
        self.isStrict = isStrict
        self.priority = priority
    }
}

/// The flows that a query has found, to be read in parts (`Datapath.next`), however the tables change between the parts:
/// flows that have gone by then are left out.
public struct FlowListing {
    var rules: [FlowRule]
    var position = 0

    /// Whether all have been read.
    public var isAtEnd: Bool { position >= rules.count }
}
