import Wire

// One direction of a link.
//
// What: packets go in with the time at which they arrive; each comes out at the time that the profile gives it, or not
// at all, and everything that happened is counted.
//
// Design: the stages in order are
//
//     up or down → loss → duplication → corruption → MTU → queue and its discipline → transmitter (rate)
//                → delay with jitter and reordering → delivery
//
// The transmitter runs in virtual time. A packet's transmission starts when the one before it ended, or when it arrived
// if the transmitter was free, to the nanosecond and with the remainder of the division carried on; when the poller
// looks plays no part, so the rate over any long time is exact however late the poller is. Since nothing can happen in
// between, the transmitter is only advanced when a packet arrives or is due ("lazily"): one timer for each direction,
// set to the next delivery, is all that a link needs, and queue disciplines still see exact times.
//
// A packet that comes from another link should be handed in with that link's due time as `now`: then delays add up
// exactly along a path and the poller's lateness does not.
//
// Loss, duplication, corruption, reordering and jitter are per packet on the wire: super-packets are cut before them.
// They are also cut where the rate is so low that a super-packet would occupy the transmitter for more than
// `longestTransmission`, or where the queue could not hold it; otherwise they stay whole and count as their segments.
//
// Jitter may reorder packets, as netem's does: each packet's delay is drawn by itself.
//
// Thread-safety: none; a direction belongs to one poller, like its wheel and pool. Keep it at a stable address.

/// One direction of a link.
public struct LinkDirection: ~Copyable {
    /// A super-packet that takes longer to transmit, in nanoseconds, is cut into its segments.
    public static let longestTransmission = 50_000.0
    /// The queue where the profile names none.
    public static let defaultQueuePackets = 1000

    /// The index that delivered packets carry in `Packet.link` and tokens in their payload.
    public let index: Int32
    /// What was asked for.
    public private(set) var profile: LinkProfile
    /// Whether the direction carries packets.
    public private(set) var isUp = true

    var random: RandomSource
    var counters = LinkStatistics()

    // Effects.
    var randomLoss: CorrelatedChance?
    var burstLoss: GilbertElliott?
    var duplication: CorrelatedChance?
    var corruption: CorrelatedChance?
    var mtu = Int.max
    /// Whether an ordinary frame meets none of the above.
    var isPlain = true
    /// Whether super-packets must be cut for the effects' sake.
    var isPerPacket = false

    // Queue and transmitter.
    /// Bits per second; 0: no limit.
    var rate: UInt64 = 0
    var nanosecondsPerByte = 0.0
    /// When the transmitter is done with what it has begun.
    var transmitterFree: UInt64 = 0
    /// What the last division left over, in 1/rate nanoseconds.
    var transmitterRemainder: UInt64 = 0
    var scheduler = LinkScheduler()
    /// Until when the schedule has been worked through: there is no serving a queue before that.
    var schedulerClock: UInt64 = 0
    /// In all queues.
    var queuedPackets = 0
    var queuedBytes = 0
    /// Of each queue.
    var queuePacketLimit = LinkDirection.defaultQueuePackets
    var queueByteLimit = Int.max

    // Propagation.
    var delay: UInt64 = 0
    var jitter: JitterModel?
    var reordering: ReorderModel?
    var flight = LinkFlight()

    // The one timer.
    private var timer: TimerID?
    private var timerDeadline: UInt64 = 0

    // What it really did since the profile was set.
    var lateness = LatenessHistogram()
    var rateMeter = RateMeter()
    var baseline = LinkStatistics()
    /// Packets that `reordering` was asked about.
    var expeditable: UInt64 = 0
    var baselineExpeditable: UInt64 = 0

    /// - Parameters:
    ///   - index: the data path's number for this direction.
    ///   - random: a source of its own (`RandomSource.init(labSeed:linkIndex:direction:)`).
    public init(index: Int32, profile: LinkProfile, random: RandomSource) {
        self.index = index
        self.profile = profile
        self.random = random
        adopt(profile)
    }

    /// Whether packets pass at once and whole, so that the data path may go around the model.
    public var isIdeal: Bool { isUp && profile.isIdeal && flight.isEmpty && !scheduler.isClassful }

    /// What it has done since it was made.
    public var statistics: LinkStatistics {
        var result = counters
        result.queuedPackets = UInt64(queuedPackets)
        result.queuedBytes = UInt64(queuedBytes)
        return result
    }

    // MARK: - Packets

    /// Takes a packet over. Packets that are through at once are appended to `delivered`, with this direction's index in
    /// `Packet.link` and the time at which they are through in `Packet.due`.
    ///
    /// - Parameters:
    ///   - packet: one hold on it passes to the link. A packet that others hold too is copied.
    ///   - now: when the packet arrives, in nanoseconds. For a packet that comes from another link, that link's
    ///     `packet.pointee.due`, so that the poller's lateness does not add up along a chain.
    public mutating func send(
        _ packet: PacketRef, now: UInt64, wheel: inout TimerWheel, pool: inout PacketPool,
        delivered: inout PacketList
    ) {
        var packet = packet
        if packet.pointee.references > 1 {
            guard let own = pool.copy(packet) else {
                let size = WireSize(of: packet)
                countArrival(size)
                drop(packet, size, .memory, &pool)
                return
            }
            pool.release(packet)
            packet = own
        }
        packet.pointee.link = index
        packet.pointee.stamp = now
        if isPlain, !packet.pointee.offload.isSuperPacket {
            let size = WireSize(frame: packet.pointee.length)
            countArrival(size)
            admit(packet, size, now: now, pool: &pool, delivered: &delivered)
        } else {
            sendImpaired(packet, now: now, pool: &pool, delivered: &delivered)
        }
        arm(&wheel)
    }

    /// To be called when this direction's token comes off the wheel: appends the packets that are through to `delivered`.
    public mutating func expired(
        now: UInt64, wheel: inout TimerWheel, pool: inout PacketPool, delivered: inout PacketList
    ) {
        timer = nil
        if queuedPackets > 0 { runTransmitter(until: now, pool: &pool) }
        while let (packet, isReordered) = flight.popDue(now: now) {
            if isReordered { counters.reordered &+= 1 }
            let due = packet.pointee.due
            lateness.record(now &- due)
            let size = WireSize(of: packet)
            if rate != 0, keepsOrder {
                rateMeter.record(
                    byteCount: size.bytes, due: due, now: now, nanosecondsPerByte: nanosecondsPerByte)
            }
            counters.flyingPackets &-= UInt64(size.packets)
            deliver(packet, size, &delivered)
        }
        arm(&wheel)
    }

    // MARK: - Configuration

    /// Changes what is asked for, from `now` on. Packets on the link stay on it: those on the way keep their due times,
    /// the rest of a transmission and the queue go at the new rate, and a queue that is now too long loses its tail.
    public mutating func setProfile(
        _ profile: LinkProfile, now: UInt64, wheel: inout TimerWheel, pool: inout PacketPool
    ) {
        runTransmitter(until: now, pool: &pool)
        let oldRate = rate
        let oldDelay = delay
        self.profile = profile
        adopt(profile)
        if transmitterFree > now, oldRate != rate, oldRate != 0 {
            let rest = transmitterFree - now
            let changed = rate == 0 ? 0 : UInt64(min(Double(rest) * Double(oldRate) / Double(rate), 0x1p62))
            transmitterFree = now &+ changed
            // The packet in transmission is the one that set out last.
            if keepsOrder { flight.rescheduleLast(to: transmitterFree &+ oldDelay) }
        }
        transmitterRemainder = 0
        trimQueues(&pool)
        // Without a rate the queue leaves at once.
        if rate == 0 { runTransmitter(until: now, pool: &pool) }
        lateness.reset()
        rateMeter = RateMeter()
        baseline = counters
        baselineExpeditable = expeditable
        arm(&wheel)
    }

    /// The queues of the port, queue 0 first.
    public var queues: [LinkQueue] { scheduler.settings }

    /// What each queue has done since it was set up, queue 0 first; of a port without queues of its own nothing.
    var queueCounters: [(id: UInt32, packets: UInt64, bytes: UInt64, drops: UInt64)] {
        guard scheduler.isClassful else { return [] }
        return (0..<scheduler.count).map { index in
            let queue = scheduler.queues[index]
            return (queue.settings.id, queue.sentPackets, queue.sentBytes, queue.drops)
        }
    }

    /// Sets up the queues in front of the transmitter; packets choose theirs by `Packet.queue`, and those that wait
    /// move to theirs. Each queue has the profile's limit and discipline. An empty array leaves the one queue, 0.
    public mutating func setQueues(
        _ queues: [LinkQueue], now: UInt64, wheel: inout TimerWheel, pool: inout PacketPool
    ) {
        runTransmitter(until: now, pool: &pool)
        var waiting = scheduler.configure(queues)
        for index in 0..<scheduler.count { adoptDiscipline(scheduler.queues + index) }
        while let packet = waiting.popFirst() {
            scheduler.queue(for: packet.pointee.queue).pointee.append(packet, WireSize(of: packet))
        }
        schedulerClock = max(schedulerClock, now)
        trimQueues(&pool)
        runTransmitter(until: now, pool: &pool)
        arm(&wheel)
    }

    /// Takes the direction up or down; going down drops everything on it, as a pulled cable does.
    public mutating func setUp(_ up: Bool, now: UInt64, wheel: inout TimerWheel, pool: inout PacketPool) {
        guard up != isUp else { return }
        isUp = up
        isPlain = isUp && !hasEffects
        guard !up else { return }
        runTransmitter(until: now, pool: &pool)
        dropEverything(&pool)
        transmitterFree = now
        arm(&wheel)
    }

    /// Drops every packet on the link and its timer, before the link itself goes.
    public mutating func removeAll(wheel: inout TimerWheel, pool: inout PacketPool) {
        dropEverything(&pool)
        arm(&wheel)
    }

    /// Whether packets leave in the order in which they were transmitted.
    var keepsOrder: Bool { jitter == nil && reordering == nil }

    private var hasEffects: Bool {
        randomLoss != nil || burstLoss != nil || duplication != nil || corruption != nil || mtu != .max
    }

    private mutating func adopt(_ profile: LinkProfile) {
        randomLoss = nil
        burstLoss = nil
        switch profile.loss {
        case .random(let chance)?:
            if chance.probability > 0 { randomLoss = CorrelatedChance(chance) }
        case .gilbertElliott(let p, let r, let lossBad, let lossGood)?:
            burstLoss = GilbertElliott(p: p, r: r, lossBad: lossBad, lossGood: lossGood)
        case nil:
            break
        }
        duplication = profile.duplicate.flatMap { $0.probability > 0 ? CorrelatedChance($0) : nil }
        corruption = profile.corrupt.flatMap { $0.probability > 0 ? CorrelatedChance($0) : nil }
        mtu = profile.mtu ?? .max
        jitter = profile.jitter.flatMap { $0.spread > 0 ? JitterModel($0) : nil }
        reordering = profile.reorder.flatMap { $0.chance.probability > 0 ? ReorderModel($0) : nil }
        isPlain = isUp && !hasEffects
        isPerPacket =
            randomLoss != nil || burstLoss != nil || duplication != nil || corruption != nil || !keepsOrder
        // A century and a half is for ever, and leaves room to add the time of day.
        delay = min(profile.delay, 1 << 62)
        rate = profile.rate ?? 0
        nanosecondsPerByte = rate == 0 ? 0 : 8e9 / Double(rate)
        adoptQueue(profile)
    }

    private mutating func adoptQueue(_ profile: LinkProfile) {
        queuePacketLimit = .max
        queueByteLimit = .max
        switch profile.queue {
        case .packets(let limit)?: queuePacketLimit = max(0, limit)
        case .bytes(let limit)?: queueByteLimit = max(0, limit)
        case .time(let limit)?:
            queueByteLimit = rate == 0 ? .max : Int(min(Double(limit) / nanosecondsPerByte, 0x1p60))
        case nil: queuePacketLimit = Self.defaultQueuePackets
        }
        for index in 0..<scheduler.count { adoptDiscipline(scheduler.queues + index) }
    }

    private func adoptDiscipline(_ queue: UnsafeMutablePointer<LinkQueueState>) {
        queue.pointee.controlledDelay = nil
        queue.pointee.earlyDetection = nil
        switch profile.aqm {
        case .dropTail:
            break
        case .codel(let target, let interval, let ecn):
            queue.pointee.controlledDelay = ControlledDelay(target: target, interval: interval, ecn: ecn)
        case .red(let minimum, let maximum, let probability, let ecn):
            queue.pointee.earlyDetection = RandomEarlyDetection(
                minimum: minimum, maximum: maximum, probability: probability, ecn: ecn)
        }
    }

    // MARK: - The timer

    /// Sets the timer to the next thing that happens.
    private mutating func arm(_ wheel: inout TimerWheel) {
        var next = flight.firstDue
        // While a queue waits, what is in transmission is on the way, and is due before anything behind it unless order
        // may change.
        if queuedPackets > 0 {
            if scheduler.isClassful {
                next = min(next ?? .max, max(transmitterFree, scheduler.firstAllowed ?? 0))
            } else if next == nil || !keepsOrder {
                next = min(next ?? .max, transmitterFree)
            }
        }
        if let timer {
            if next == timerDeadline { return }
            wheel.cancel(timer)
            self.timer = nil
        }
        guard let next else { return }
        timer = wheel.schedule(at: next, token: LinkToken.make(link: index))
        timerDeadline = next
    }
}
