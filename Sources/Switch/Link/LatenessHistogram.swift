/// How late packets left a link: a log-linear histogram of nanoseconds, 16 buckets to each power of two (so that a
/// quantile is within 3 % of the truth), up to 137 s. Its storage, 2 KB, is taken with the first record.
struct LatenessHistogram: ~Copyable {
    private static let bucketCount = 544
    private static let largest: UInt64 = 1 << 37 - 1
    /// Beyond this a packet counts as much too late.
    static let muchTooLate: UInt64 = 1_000_000

    private var buckets: UnsafeMutablePointer<UInt32>?
    /// Packets recorded.
    private(set) var count: UInt64 = 0
    /// The latest packet, in nanoseconds.
    private(set) var maximum: UInt64 = 0
    /// Packets more than `muchTooLate` late.
    private(set) var muchTooLateCount: UInt64 = 0

    deinit { buckets?.deallocate() }

    mutating func record(_ lateness: UInt64) {
        if buckets == nil { begin() }
        count &+= 1
        if lateness > maximum { maximum = lateness }
        if lateness > Self.muchTooLate { muchTooLateCount &+= 1 }
        let bucket = buckets.unsafelyUnwrapped + Self.index(of: lateness)
        bucket.pointee &+= 1
        if bucket.pointee == .max { halve() }
    }

    /// Most links never deliver a packet by the clock, and need no buckets.
    @inline(never)
    private mutating func begin() {
        let fresh = UnsafeMutablePointer<UInt32>.allocate(capacity: Self.bucketCount)
        fresh.initialize(repeating: 0, count: Self.bucketCount)
        buckets = fresh
    }

    mutating func reset() {
        count = 0
        maximum = 0
        muchTooLateCount = 0
        buckets?.update(repeating: 0, count: Self.bucketCount)
    }

    /// The lateness that a share `q` of the packets did not exceed, in nanoseconds; 0 when nothing was recorded.
    func quantile(_ q: Double) -> UInt64 {
        guard let buckets else { return 0 }
        var total: UInt64 = 0
        for index in 0..<Self.bucketCount { total += UInt64(buckets[index]) }
        guard total > 0 else { return 0 }
        let rank = max(1, UInt64((q * Double(total)).rounded(.up)))
        var seen: UInt64 = 0
        for index in 0..<Self.bucketCount {
            seen += UInt64(buckets[index])
            if seen >= rank { return min(maximum, Self.middle(of: index)) }
        }
        return maximum
    }

    private static func index(of value: UInt64) -> Int {
        let value = min(value, largest)
        guard value >= 16 else { return Int(value) }
        let shift = 59 &- value.leadingZeroBitCount
        return (shift &+ 1) &* 16 &+ Int((value >> UInt64(shift)) & 15)
    }

    private static func middle(of index: Int) -> UInt64 {
        guard index >= 16 else { return UInt64(index) }
        let shift = UInt64(index / 16 - 1)
        return (UInt64(index % 16) + 16) << shift + (1 << shift) / 2
    }

    /// Keeps the proportions when a bucket is full.
    private mutating func halve() {
        guard let buckets else { return }
        for index in 0..<Self.bucketCount { buckets[index] /= 2 }
    }
}
