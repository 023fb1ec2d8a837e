/// How long the poller looks out for the next packet before it goes to sleep.
///
/// Sleeping and waking cost tens of microseconds, much of a round trip. After packets have come, the next ones (an
/// answer, an acknowledgement) are often close behind, so the poller keeps looking for a moment. It does so only where
/// that pays: the moment doubles when a packet comes within it and shrinks when none does, and where it has come to
/// nothing, it is tried anew from time to time. An idle poller sleeps.
struct Spinning {
    /// Longest time to look out, in nanoseconds.
    static let longest: UInt64 = 150_000
    /// Below this there is no point in looking out.
    static let shortest: UInt64 = 4_000
    /// Sleeps between two trials while it does not pay.
    static let trialInterval = 16

    private(set) var span = Spinning.longest
    private var until: UInt64 = 0
    private var isArmed = false
    private var sleeps = 0

    /// Packets have come: if that was while looking out, it pays.
    mutating func packetsCame(now: UInt64) {
        if isArmed { span = min(Self.longest, max(span, Self.shortest) &* 2) }
        isArmed = span >= Self.shortest
        until = now &+ span
    }

    /// Whether to look once more instead of sleeping.
    mutating func goesOn(now: UInt64) -> Bool {
        guard isArmed else {
            rest()
            return false
        }
        if now < until { return true }
        isArmed = false
        span = span &* 3 / 4
        rest()
        return false
    }

    private mutating func rest() {
        guard span < Self.shortest else { return }
        sleeps += 1
        if sleeps >= Self.trialInterval {
            sleeps = 0
            span = Self.longest
        }
    }
}
