/// A queue of a port (OpenFlow's `enqueue` and `set_queue`; Open vSwitch's `Queue` table with type linux-htb).
public struct LinkQueue: Codable, Hashable, Sendable {
    /// What `Packet.queue` says. Packets of a queue that is not set up go to queue 0.
    public var id: UInt32
    /// Bits per second that the queue gets before any queue gets more than its own minimum; nil: none.
    public var minRate: UInt64?
    /// Bits per second that it never exceeds; nil: the link's.
    public var maxRate: UInt64?
    /// What is left over goes to the queues of the smallest number first, in equal shares among equals.
    public var priority: Int

    public init(id: UInt32, minRate: UInt64? = nil, maxRate: UInt64? = nil, priority: Int = 0) {
        self.id = id
        self.minRate = minRate
        self.maxRate = maxRate
        self.priority = priority
    }
}

/// One queue in front of a transmitter: the packets, the state of its discipline, and its place in the schedule.
struct LinkQueueState {
    var settings: LinkQueue
    var list = PacketList()
    /// Packets and bytes on the wire that the list stands for.
    var packets = 0
    var bytes = 0
    var controlledDelay: ControlledDelay?
    var earlyDetection: RandomEarlyDetection?
    var guaranteed: RateClock
    var allowed: RateClock
    /// Packets and bytes on the wire that it has sent, and packets that it has dropped.
    var sentPackets: UInt64 = 0
    var sentBytes: UInt64 = 0
    var drops: UInt64 = 0
    /// Bytes served, counted so that a queue that was empty has no claim on the past.
    var served: UInt64 = 0

    init(_ settings: LinkQueue) {
        self.settings = settings
        guaranteed = RateClock(rate: settings.minRate ?? 0)
        allowed = RateClock(rate: settings.maxRate ?? 0)
    }

    mutating func append(_ packet: PacketRef, _ size: WireSize) {
        list.append(packet)
        packets &+= size.packets
        bytes &+= size.bytes
    }

    mutating func popFirst() -> (packet: PacketRef, size: WireSize)? {
        guard let packet = list.popFirst() else { return nil }
        let size = WireSize(of: packet)
        packets &-= size.packets
        bytes &-= size.bytes
        return (packet, size)
    }
}

/// When the next packet conforms to a rate.
struct RateClock {
    let rate: UInt64
    /// From when on the next packet conforms, in nanoseconds.
    private(set) var next: UInt64 = 0
    private var remainder: UInt64 = 0
    /// How much time that went unused counts: two full frames, for which a busy transmitter makes a packet wait.
    private let tolerance: UInt64

    /// - Parameter rate: bits per second; 0: none.
    init(rate: UInt64) {
        self.rate = rate
        tolerance = rate == 0 ? 0 : 2 * 1514 * 8_000_000_000 / rate
    }

    mutating func charge(byteCount: Int, at time: UInt64) {
        guard rate != 0 else { return }
        let work = UInt64(truncatingIfNeeded: byteCount) &* 8_000_000_000 &+ remainder
        next = max(next, time > tolerance ? time &- tolerance : 0) &+ work / rate
        remainder = work % rate
    }
}

/// The queues in front of a transmitter and the order in which they are served.
///
/// At each free moment of the transmitter, among the queues that are not above their maximum: first those that are
/// below their minimum, the one that has waited longest first; then by priority; among equals the one that has had the
/// fewest bytes. With queue 0 alone and no rates set it is a plain first-in, first-out queue and costs nothing more.
struct LinkScheduler: ~Copyable {
    private(set) var queues: UnsafeMutablePointer<LinkQueueState>
    private(set) var count: Int
    /// Whether there is anything to choose.
    private(set) var isClassful = false
    /// The bytes that the queue served last had had: where a queue that was empty starts.
    private var level: UInt64 = 0

    init() {
        queues = .allocate(capacity: 1)
        queues.initialize(to: LinkQueueState(LinkQueue(id: 0)))
        count = 1
    }

    deinit {
        queues.deinitialize(count: count)
        queues.deallocate()
    }

    /// The settings of all queues, queue 0 first.
    var settings: [LinkQueue] { (0..<count).map { queues[$0].settings } }

    /// Sets the queues up anew, and answers the packets that waited, which the caller puts back.
    mutating func configure(_ settings: [LinkQueue]) -> PacketList {
        var waiting = PacketList()
        for index in 0..<count { waiting.append(&queues[index].list) }
        queues.deinitialize(count: count)
        queues.deallocate()
        let first = settings.last { $0.id == 0 } ?? LinkQueue(id: 0)
        var all = [first]
        for queue in settings where !all.contains(where: { $0.id == queue.id }) { all.append(queue) }
        count = all.count
        queues = .allocate(capacity: count)
        for (index, queue) in all.enumerated() { (queues + index).initialize(to: LinkQueueState(queue)) }
        isClassful = count > 1 || (first.maxRate ?? 0) != 0
        level = 0
        return waiting
    }

    /// The queue of packets that ask for `id`.
    func queue(for id: UInt32) -> UnsafeMutablePointer<LinkQueueState> {
        guard count > 1 else { return queues }
        for index in 1..<count where queues[index].settings.id == id { return queues + index }
        return queues
    }

    /// To be called when `queue` is about to get its first packet.
    func wake(_ queue: UnsafeMutablePointer<LinkQueueState>) {
        queue.pointee.served = max(queue.pointee.served, level)
    }

    /// The queue to serve at `time` or, where none may be served then, at the first moment until `end` when one may.
    func pick(at time: UInt64, until end: UInt64) -> (queue: UnsafeMutablePointer<LinkQueueState>, time: UInt64)? {
        var time = time
        while true {
            var best: UnsafeMutablePointer<LinkQueueState>?
            var earliest = UInt64.max
            for index in 0..<count where !queues[index].list.isEmpty {
                let queue = queues + index
                guard queue.pointee.allowed.next <= time else {
                    earliest = min(earliest, queue.pointee.allowed.next)
                    continue
                }
                if best == nil || Self.goesFirst(queue, best.unsafelyUnwrapped, at: time) { best = queue }
            }
            if let best { return (best, time) }
            guard earliest <= end else { return nil }
            time = earliest
        }
    }

    private static func goesFirst(
        _ a: UnsafeMutablePointer<LinkQueueState>, _ b: UnsafeMutablePointer<LinkQueueState>, at time: UInt64
    ) -> Bool {
        let aIsOwed = a.pointee.guaranteed.rate != 0 && a.pointee.guaranteed.next <= time
        let bIsOwed = b.pointee.guaranteed.rate != 0 && b.pointee.guaranteed.next <= time
        if aIsOwed != bIsOwed { return aIsOwed }
        if aIsOwed { return a.pointee.guaranteed.next < b.pointee.guaranteed.next }
        if a.pointee.settings.priority != b.pointee.settings.priority {
            return a.pointee.settings.priority < b.pointee.settings.priority
        }
        return a.pointee.served < b.pointee.served
    }

    /// Notes that `queue` was served at `time`.
    mutating func charge(_ queue: UnsafeMutablePointer<LinkQueueState>, byteCount: Int, at time: UInt64) {
        level = max(level, queue.pointee.served)
        queue.pointee.served &+= UInt64(byteCount)
        queue.pointee.guaranteed.charge(byteCount: byteCount, at: time)
        queue.pointee.allowed.charge(byteCount: byteCount, at: time)
    }

    /// The first moment at which a queue that holds packets may be served; nil when all are empty.
    var firstAllowed: UInt64? {
        var earliest: UInt64?
        for index in 0..<count where !queues[index].list.isEmpty {
            earliest = min(earliest ?? .max, queues[index].allowed.next)
        }
        return earliest
    }
}
