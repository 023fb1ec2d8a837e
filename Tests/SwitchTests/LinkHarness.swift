import Wire

@testable import Switch

/// One direction of a link with everything it needs and a clock that the test owns.
final class LinkHarness {
    /// A packet that came out.
    struct Arrival: Equatable {
        var id: UInt64
        /// When it was due, in nanoseconds.
        var due: UInt64
        /// When the poller handed it on.
        var at: UInt64
        var byteCount: Int
        var queue: UInt32 = 0
    }

    private(set) var now: UInt64
    private(set) var arrivals: [Arrival] = []
    /// Called with each packet that comes out, before it is released.
    var inspect: ((PacketRef) -> Void)?

    private var wheel: TimerWheel
    private var pool: PacketPool
    private var link: LinkDirection
    private var nextID: UInt64 = 0

    init(
        _ profile: LinkProfile, seed: UInt64 = 1, index: Int32 = 0, direction: Int = 0, now: UInt64 = 1_000_000_000,
        poolByteLimit: Int = 1 << 30
    ) {
        pool = PacketPool(byteLimit: poolByteLimit)
        self.now = now
        wheel = TimerWheel(now: now)
        link = LinkDirection(
            index: index, profile: profile,
            random: RandomSource(labSeed: seed, linkIndex: index, direction: direction))
    }

    var statistics: LinkStatistics { link.statistics }
    var fidelity: LinkFidelity { link.fidelity }
    var packetsInUse: Int { pool.inUse }
    var nextDeadline: UInt64? { wheel.nextDeadline }
    var timerCount: Int { wheel.count }
    var ids: [UInt64] { arrivals.map(\.id) }

    /// Sends a frame of `byteCount` bytes that carries a number of its own, which it answers.
    @discardableResult
    func send(byteCount: Int = 100, at time: UInt64? = nil, edit: (PacketRef) -> Void = { _ in }) -> UInt64 {
        let packet = pool.allocate(frameByteCount: byteCount)!
        packet.pointee.length = byteCount
        packet.pointee.data.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
        let id = nextID
        nextID += 1
        (packet.pointee.data + 14).storeBytes(of: id, as: UInt64.self)
        edit(packet)
        send(packet, at: time)
        return id
    }

    /// Sends `packet` as it is.
    func send(_ packet: PacketRef, at time: UInt64? = nil) {
        var delivered = PacketList()
        link.send(packet, now: time ?? now, wheel: &wheel, pool: &pool, delivered: &delivered)
        collect(&delivered)
    }

    /// Gives the test a packet from the pool.
    func allocate(copying bytes: [UInt8]) -> PacketRef {
        bytes.withUnsafeBytes { pool.allocate(copying: $0)! }
    }

    func release(_ packet: PacketRef) { pool.release(packet) }

    /// Lets time pass until `time`, with a poller that is always on time.
    func run(until time: UInt64) {
        while let next = wheel.nextDeadline, next <= time {
            now = max(now, next)
            poll()
        }
        now = max(now, time)
    }

    /// Lets time pass until the link is empty.
    func drain() {
        while let next = wheel.nextDeadline { run(until: next) }
    }

    /// Lets time jump to `time` and the poller look once: it was asleep until then.
    func jump(to time: UInt64) {
        now = max(now, time)
        poll()
    }

    func setProfile(_ profile: LinkProfile) {
        link.setProfile(profile, now: now, wheel: &wheel, pool: &pool)
        poll()
    }

    func setQueues(_ queues: [LinkQueue]) {
        link.setQueues(queues, now: now, wheel: &wheel, pool: &pool)
    }

    func setUp(_ up: Bool) { link.setUp(up, now: now, wheel: &wheel, pool: &pool) }

    func removeAll() { link.removeAll(wheel: &wheel, pool: &pool) }

    private func poll() {
        while let (_, token) = wheel.popExpired(now: now) {
            precondition(LinkToken.kind(token) == LinkToken.event && LinkToken.link(token) == link.index)
            var delivered = PacketList()
            link.expired(now: now, wheel: &wheel, pool: &pool, delivered: &delivered)
            collect(&delivered)
        }
    }

    private func collect(_ delivered: inout PacketList) {
        while let packet = delivered.popFirst() {
            precondition(packet.pointee.link == link.index && packet.pointee.references == 1)
            inspect?(packet)
            let id = packet.pointee.length >= 22 ? (packet.pointee.data + 14).loadUnaligned(as: UInt64.self) : 0
            arrivals.append(
                Arrival(
                    id: id, due: packet.pointee.due, at: now, byteCount: packet.pointee.length,
                    queue: packet.pointee.queue))
            pool.release(packet)
        }
    }
}

extension LinkStatistics {
    /// Whether every packet that came in, or was made, is accounted for.
    var isConserved: Bool {
        packetsIn + duplicates == packetsDelivered + dropped + queuedPackets + flyingPackets
    }
}
