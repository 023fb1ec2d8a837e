/// The rate that a link really had while it was busy: bytes over the time between the first and the last packet of a
/// busy period, by the clock at which packets really left and not by the schedule.
///
/// A busy period goes on as long as packets are due one transmission time after the other. Periods below
/// `shortestPeriod` are left out: in them the poller's lateness of some microseconds would count more than the rate.
struct RateMeter {
    /// Nanoseconds below which a busy period says nothing.
    static let shortestPeriod: UInt64 = 20_000_000

    private var bytes: UInt64 = 0
    private var time: UInt64 = 0
    private var periodBytes: UInt64 = 0
    private var periodStart: UInt64 = 0
    private var periodEnd: UInt64 = 0
    private var lastDue: UInt64 = 0

    /// Notes a packet that was due to be through at `due` and was at `now`.
    mutating func record(byteCount: Int, due: UInt64, now: UInt64, nanosecondsPerByte: Double) {
        let spacing = Double(byteCount) * nanosecondsPerByte
        // Two nanoseconds for the rounding of the two times.
        if due >= lastDue, Double(due &- lastDue) <= spacing + 2 {
            periodBytes &+= UInt64(byteCount)
            periodEnd = now
        } else {
            (bytes, time) = totals
            periodBytes = 0
            periodStart = now
            periodEnd = now
        }
        lastDue = due
    }

    private var totals: (bytes: UInt64, time: UInt64) {
        guard periodEnd >= periodStart &+ Self.shortestPeriod else { return (bytes, time) }
        return (bytes &+ periodBytes, time &+ (periodEnd &- periodStart))
    }

    /// Nanoseconds of busy periods, and the bits per second in them; nil where there was no busy period to speak of.
    var measured: (busy: UInt64, rate: Double)? {
        let (bytes, time) = totals
        guard time > 0 else { return nil }
        return (time, Double(bytes) * 8e9 / Double(time))
    }
}
