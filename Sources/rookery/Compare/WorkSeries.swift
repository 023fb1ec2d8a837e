/// The samples of one work in one kind of guest.
struct WorkSeries: Codable, Sendable {
    var kind: ComparedKind
    var work: ComparedWork
    /// In the order in which they were taken.
    var samples: [WorkSample]

    /// Seconds of an operation.
    var seconds: Double { Self.median(samples.map(\.seconds)) }
    /// Exits of an operation; nil: no machine.
    var exits: Double? {
        let counts = samples.compactMap(\.exits)
        return counts.isEmpty ? nil : Self.median(counts)
    }
    /// Device interrupts of an operation; nil: no machine, or not counted.
    var deviceInterrupts: Double? {
        let counts = samples.compactMap(\.deviceInterrupts)
        return counts.isEmpty ? nil : Self.median(counts)
    }
    /// The share of datagrams that arrived.
    var delivered: Double? {
        let shares = samples.compactMap(\.delivered)
        return shares.isEmpty ? nil : Self.median(shares)
    }

    /// Half of the way from the fastest sample to the slowest, as a share of the median.
    var spread: Double {
        let all = samples.map(\.seconds)
        guard let least = all.min(), let most = all.max(), seconds > 0 else { return 0 }
        return (most - least) / 2 / seconds
    }

    /// The device that has most of the exits, and its share of them.
    var busiestDevice: (name: String, share: Double)? {
        var counts: [String: Double] = [:]
        for device in samples.flatMap(\.devices) { counts[device.name, default: 0] += device.reads + device.writes }
        let total = counts.values.reduce(0, +)
        guard total > 0, let busiest = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) else { return nil }
        return (busiest.key, busiest.value / total)
    }

    /// The middle of the values; between the two in the middle where their count is even.
    static func median(_ values: [Double]) -> Double {
        if values.isEmpty { return 0 }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
