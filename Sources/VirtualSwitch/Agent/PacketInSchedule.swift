/// Limits the rate of packets that go to one controller, as Open vSwitch does (`controller_rate_limit`,
/// `controller_burst_limit`): a token bucket, and for what exceeds it a queue a port, served in turn, so that one port
/// that floods does not keep the others' packets away. When all queues together are full, the longest loses its oldest.
struct PacketInSchedule<Packet> {
    /// Packets a second, and the most at once.
    private(set) var rate: UInt64
    private(set) var burst: UInt64
    /// Tokens in billionths of a packet, so that a nanosecond at rate r brings r of them.
    private var tokens: UInt64
    private var refilled: UInt64
    /// The queues in the order of their turns.
    private var queues: [(port: UInt32, packets: ArraySlice<Packet>)] = []
    private var turn = 0
    private(set) var count = 0

    private static var packet: UInt64 { 1_000_000_000 }

    /// - Parameter burst: 0: a quarter of the rate.
    init(rate: UInt32, burst: UInt32, now: UInt64) {
        self.rate = UInt64(max(1, rate))
        self.burst = Self.burst(burst, rate: rate)
        tokens = self.burst &* Self.packet
        refilled = now
    }

    private static func burst(_ burst: UInt32, rate: UInt32) -> UInt64 {
        UInt64(burst > 0 ? burst : max(1, rate / 4))
    }

    mutating func setLimits(rate: UInt32, burst: UInt32) {
        self.rate = UInt64(max(1, rate))
        self.burst = Self.burst(burst, rate: rate)
        tokens = min(tokens, self.burst &* Self.packet)
        while count > self.burst { dropOne() }
    }

    private mutating func takeToken(now: UInt64) -> Bool {
        if now > refilled {
            let (earned, overflow) = (now - refilled).multipliedReportingOverflow(by: rate)
            let limit = burst &* Self.packet
            tokens = overflow || earned > limit ? limit : min(limit, tokens &+ earned)
            refilled = now
        }
        guard tokens >= Self.packet else { return false }
        tokens &-= Self.packet
        return true
    }

    /// Whether a packet may go at once; if not, it has been queued, or another was dropped for it.
    mutating func admit(_ packet: Packet, port: UInt32, now: UInt64) -> Bool {
        if count == 0, takeToken(now: now) { return true }
        if count >= burst { dropOne() }
        count += 1
        if let index = queues.firstIndex(where: { $0.port == port }) {
            queues[index].packets.append(packet)
        } else {
            queues.append((port, [packet]))
        }
        return false
    }

    private mutating func dropOne() {
        guard let longest = queues.indices.max(by: { queues[$0].packets.count < queues[$1].packets.count }) else {
            return
        }
        _ = take(from: longest)
    }

    private mutating func take(from index: Int) -> Packet {
        let packet = queues[index].packets.removeFirst()
        count -= 1
        if queues[index].packets.isEmpty {
            queues.remove(at: index)
            if turn > index { turn -= 1 }
        }
        return packet
    }

    /// The next packet whose time has come.
    mutating func next(now: UInt64) -> Packet? {
        guard count > 0, takeToken(now: now) else { return nil }
        if turn >= queues.count { turn = 0 }
        let length = queues.count
        let packet = take(from: turn)
        if queues.count == length { turn += 1 }
        return packet
    }

    /// When the next waiting packet may go.
    var nextDeadline: UInt64? {
        guard count > 0 else { return nil }
        guard tokens < Self.packet else { return refilled }
        return refilled &+ (Self.packet &- tokens &+ rate &- 1) / rate
    }
}
