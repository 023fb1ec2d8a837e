import Wire

/// One direction of a link.
public struct LinkDirection: ~Copyable {
    /// The index that delivered packets carry in `Packet.link` and tokens in their payload.
    public let index: Int32
    /// What was asked for.
    public private(set) var profile: LinkProfile
    /// Whether the direction carries packets.
    public private(set) var isUp = true

    private var flight = PacketList()
    private var timer: TimerID?
    private var counters = LinkStatistics()

    public init(index: Int32, profile: LinkProfile, random: RandomSource) {
        self.index = index
        self.profile = profile
    }

    /// Whether packets pass at once and whole, so that the data path may go around the model.
    public var isIdeal: Bool { isUp && profile.isIdeal }

    /// What it has done since it was made.
    public var statistics: LinkStatistics { counters }

    /// Takes a packet over. Packets that are through at once are appended to `delivered`.
    ///
    /// - Parameters:
    ///   - now: when the packet arrives, in nanoseconds. For a packet that comes from another link, that link's
    ///     `packet.pointee.due`, so that the poller's lateness does not add up along a chain.
    public mutating func send(
        _ packet: PacketRef, now: UInt64, wheel: inout TimerWheel, pool: inout PacketPool,
        delivered: inout PacketList
    ) {
        packet.pointee.link = index
        packet.pointee.stamp = now
        packet.pointee.due = now &+ profile.delay
        flight.append(packet)
        if timer == nil { timer = wheel.schedule(at: packet.pointee.due, token: LinkToken.make(link: index)) }
    }

    /// To be called when a token of this link comes off the wheel: appends the packets that are through to `delivered`.
    public mutating func expired(
        now: UInt64, wheel: inout TimerWheel, pool: inout PacketPool, delivered: inout PacketList
    ) {
        timer = nil
        while let head = flight.first, head.pointee.due <= now {
            _ = flight.popFirst()
            delivered.append(head)
        }
        if let head = flight.first {
            timer = wheel.schedule(at: head.pointee.due, token: LinkToken.make(link: index))
        }
    }

    /// Changes what is asked for, from `now` on; packets on the link stay on it.
    public mutating func setProfile(
        _ profile: LinkProfile, now: UInt64, wheel: inout TimerWheel, pool: inout PacketPool
    ) {
        self.profile = profile
    }

    /// Takes the direction up or down; going down drops everything on it, as a pulled cable does.
    public mutating func setUp(_ up: Bool, now: UInt64, wheel: inout TimerWheel, pool: inout PacketPool) {
        isUp = up
    }

    /// Gives back every packet on the link, without counting: before the link itself goes.
    public mutating func removeAll(wheel: inout TimerWheel, pool: inout PacketPool) {
        while let packet = flight.popFirst() { pool.release(packet) }
    }
}
