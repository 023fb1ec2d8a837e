/// What lives on a poller's thread beside the data path: an OpenFlow agent, say. It may call the data path.
public protocol PollerAttendant: AnyObject {
    /// Is called on the poller's thread once a turn, after its packets and calls and before it may sleep.
    func turn(now: UInt64)

    /// When the next turn has to come, even if no packet does; nil: no sooner than something happens.
    var nextDeadline: UInt64? { get }
}
