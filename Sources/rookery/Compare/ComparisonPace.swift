/// How long and how often a comparison measures.
struct ComparisonPace: Sendable {
    /// What a sample is to last, in seconds.
    var sampleSeconds: Double
    var sampleCount: Int
    var machineStarts: Int
    var processStarts: Int

    static let thorough = ComparisonPace(sampleSeconds: 1, sampleCount: 5, machineStarts: 3, processStarts: 21)
    static let quick = ComparisonPace(sampleSeconds: 0.25, sampleCount: 3, machineStarts: 1, processStarts: 5)

    /// How many operations the next sample is to have, when one of `count` took `seconds`; nil: this one was long enough.
    func nextCount(after count: UInt64, seconds: Double, most: UInt64) -> UInt64? {
        if seconds >= sampleSeconds / 2 || count >= most { return nil }
        // A short sample says little about a long one: not more than some steps at a time.
        let factor = min(32, max(2, sampleSeconds / max(seconds, 1e-9)))
        return min(most, UInt64((Double(count) * factor).rounded()))
    }
}
