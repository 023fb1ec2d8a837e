/// The frequency of a counter that runs with the machine's time.
struct TickRate {
    /// Ticks a second, at most 2^33.
    let hertz: UInt64

    /// Whole ticks in `nanoseconds`.
    func ticks(in nanoseconds: UInt64) -> UInt64 {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return seconds &* hertz &+ rest * hertz / 1_000_000_000
    }

    /// The nanoseconds after which `ticks` ticks have passed: at that time, not before, `ticks(in:)` says so.
    /// So far away that it does not matter for what does not fit.
    func nanoseconds(for ticks: UInt64) -> UInt64 {
        let (seconds, rest) = ticks.quotientAndRemainder(dividingBy: hertz)
        guard seconds < 1 << 33 else { return 1 << 63 }
        return seconds * 1_000_000_000 + (rest * 1_000_000_000 + (hertz - 1)) / hertz
    }
}
