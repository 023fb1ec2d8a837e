import Wire

/// A bridge's claim about the root, as seen on a link (IEEE 802.1D-2004, 17.5). Smaller is better.
struct SpanningTreePriority: Equatable {
    var rootID: UInt64 = 0
    var rootPathCost: UInt32 = 0
    var bridgeID: UInt64 = 0
    var portID: UInt16 = 0

    static func < (left: Self, right: Self) -> Bool {
        if left.rootID != right.rootID { return left.rootID < right.rootID }
        if left.rootPathCost != right.rootPathCost { return left.rootPathCost < right.rootPathCost }
        if left.bridgeID != right.bridgeID { return left.bridgeID < right.bridgeID }
        return left.portID < right.portID
    }

    /// Whether a message with this vector replaces what a port holds (17.6): it is better, or the same sender changed its mind.
    func isSuperior(to held: Self) -> Bool {
        self < held || (isSameSource(as: held) && self != held)
    }

    /// Whether both come from the same designated bridge and port, whatever priorities these have by now.
    func isSameSource(as held: Self) -> Bool {
        (bridgeID ^ held.bridgeID) & 0xFFFF_FFFF_FFFF == 0 && (portID ^ held.portID) & 0xFFF == 0
    }
}

/// One of the port timers of 17.17. The standard counts whole seconds down and keeps some timers at their start value as
/// long as a port stays in a state; here a timer is the moment at which it ends, or held until it is released.
struct SpanningTreeTimer: Equatable {
    private(set) var deadline: UInt64 = 0

    var isHeld: Bool { deadline == .max }
    func hasEnded(at now: UInt64) -> Bool { deadline <= now }
    mutating func start(_ duration: UInt64, at now: UInt64) { deadline = min(.max - 1, now &+ duration) }
    mutating func stop() { deadline = 0 }
    mutating func hold() { deadline = .max }
    mutating func release(_ duration: UInt64, at now: UInt64) {
        if isHeld { start(duration, at: now) }
    }
}

/// The variables of one port (17.19), with the standard's names.
struct SpanningTreePort {
    enum Information { case disabled, aged, mine, received }
    enum Migration { case checkingRSTP, selectingSTP, sensing }
    enum TopologyChange { case inactive, learning, active }

    let number: UInt16
    let address: UInt64
    var portPriority8: UInt8
    var pathCost: UInt32
    var adminEdge: Bool
    var autoEdge: Bool
    var pointToPoint: Bool
    var portEnabled = false

    var portID: UInt16 { UInt16(portPriority8 & 0xF0) << 8 | number & 0xFFF }

    // Machine states that the variables do not already tell.
    var migration = Migration.checkingRSTP
    var topologyChange = TopologyChange.inactive
    /// The role and state that the last event told.
    var announced = (role: SpanningTreePortRole.disabled, state: SpanningTreePortState.discarding)

    var infoIs = Information.disabled
    var role = SpanningTreePortRole.disabled
    var selectedRole = SpanningTreePortRole.disabled
    var selected = false
    var reselect = true
    var updtInfo = false

    var message: BPDU?
    var designatedPriority = SpanningTreePriority()
    var designatedTimes = SpanningTreeTimes()
    var portPriority = SpanningTreePriority()
    var portTimes = SpanningTreeTimes()

    var agree = false
    var agreed = false
    var proposed = false
    var proposing = false
    var sync = true
    var synced = false
    var reRoot = true
    var disputed = false
    var learn = false
    var learning = false
    var forward = false
    var forwarding = false
    var operEdge = false
    var newInfo = true

    var mcheck = false
    var sendRSTP = true
    var rcvdRSTP = false
    var rcvdSTP = false

    var rcvdTc = false
    var rcvdTcn = false
    var rcvdTcAck = false
    var tcAck = false
    var tcProp = false

    var edgeDelayWhile = SpanningTreeTimer()
    var fdWhile = SpanningTreeTimer()
    var helloWhen = SpanningTreeTimer()
    var mdelayWhile = SpanningTreeTimer()
    var rbWhile = SpanningTreeTimer()
    var rcvdInfoWhile = SpanningTreeTimer()
    var rrWhile = SpanningTreeTimer()
    var tcWhile = SpanningTreeTimer()

    /// BPDUs sent and not yet paid off by a passing second, and when the next is paid off.
    var txCount: UInt32 = 0
    var txDecrement: UInt64 = 0

    var sent: UInt64 = 0
    var received: UInt64 = 0
    var invalid: UInt64 = 0

    var state: SpanningTreePortState { forwarding ? .forwarding : learning ? .learning : .discarding }
}
