import OpenFlow
import Synchronization

/// What both sides of an OpenFlow connection keep an eye on: the agent on the data path's thread, and whoever reads and
/// writes the socket on another.
public final class ConnectionGauge: Sendable {
    /// The weight of the messages that the agent has handed over and that are not yet encoded, about in kilobytes.
    public let unwritten = Atomic<Int>(0)
    /// Whether more bytes wait for the peer than should.
    public let isCongested = Atomic<Bool>(false)
    /// Whether the agent waits for one of these to go down, and wants a turn then.
    public let isAwaited = Atomic<Bool>(false)
    /// Packet-ins that were dropped because the peer reads too slowly.
    public let droppedPacketIns = Atomic<UInt64>(0)
    /// The number of the controller's role (`ofp_controller_role`).
    let roleNumber = Atomic<UInt32>(1)

    public init() {}

    /// What may wait to be encoded before long answers pause and packet-ins are dropped.
    static let limit = 1024

    var hasRoom: Bool { unwritten.load(ordering: .relaxed) < Self.limit && !isCongested.load(ordering: .relaxed) }

    /// Notes that messages of so much weight have been encoded; true: the agent waits for a turn.
    public func wrote(_ weight: Int) -> Bool {
        let left = unwritten.subtract(weight, ordering: .acquiringAndReleasing).newValue
        return left < Self.limit / 2 && isAwaited.exchange(false, ordering: .acquiringAndReleasing)
    }
}
