import Linux

/// Counters and how fast they grew in the last five seconds, minute and hour (`coverage/show`).
final class CoverageHistory {
    struct Counter: Sendable {
        var name: String
        var value: UInt64
    }

    private struct Sample {
        var time: UInt64
        var values: [String: UInt64]
    }

    /// Of the last hour: all of the last minute, and one a minute of the rest.
    private var samples: [Sample] = []
    private let read: () -> [Counter]

    private(set) var mostMegaflows = 0
    private var sumOfMegaflows = 0
    private var megaflowSamples = 0

    init(_ read: @escaping () -> [Counter]) { self.read = read }

    /// Notes how the counters stand. To be called every few seconds.
    func tick() {
        let now = MonotonicClock.now()
        let values = Dictionary(read().map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        samples.append(Sample(time: now, values: values))
        let minute: UInt64 = 60_000_000_000
        var kept: [Sample] = []
        for sample in samples where sample.time &+ 60 * minute + minute > now {
            if sample.time &+ minute + minute / 6 < now, let last = kept.last,
                last.time / minute == sample.time / minute
            {
                continue
            }
            kept.append(sample)
        }
        samples = kept
    }

    func note(megaflows: Int) {
        mostMegaflows = max(mostMegaflows, megaflows)
        sumOfMegaflows += megaflows
        megaflowSamples += 1
    }

    var averageMegaflows: Int { megaflowSamples == 0 ? 0 : sumOfMegaflows / megaflowSamples }

    /// In the words of ovs-appctl.
    var text: String {
        let now = MonotonicClock.now()
        let counters = read()
        var lines: [String] = []
        var silent = 0
        for counter in counters {
            guard counter.value > 0 else {
                silent += 1
                continue
            }
            let rates = [5, 60, 3600].map { rate(counter, seconds: $0, now: now) }
            lines.append(
                counter.name.left(24) + " " + Self.text(rates[0], decimals: 1).right(5) + "/sec "
                    + Self.text(rates[1], decimals: 3).right(9) + "/sec " + Self.text(rates[2], decimals: 4).right(13)
                    + "/sec   total: \(counter.value)")
        }
        var hash: UInt32 = 0
        for counter in counters where counter.value > 0 {
            for byte in counter.name.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        }
        let title =
            "Event coverage, avg rate over last: 5 seconds, last minute, last hour,  hash=\(String(hash, radix: 16)):"
        return ([title] + lines + ["\(silent) events never hit"]).joined(separator: "\n")
    }

    private func rate(_ counter: Counter, seconds: UInt64, now: UInt64) -> Double {
        let since = now &- min(now, seconds * 1_000_000_000)
        guard let sample = samples.last(where: { $0.time <= since }) ?? samples.first else { return 0 }
        return Double(counter.value &- min(counter.value, sample.values[counter.name] ?? 0)) / Double(seconds)
    }

    private static func text(_ value: Double, decimals: Int) -> String {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let number = UInt64((value * scale).rounded())
        let digits =
            String(number).count > decimals
            ? String(number) : String(repeating: "0", count: decimals + 1 - String(number).count) + String(number)
        return "\(digits.dropLast(decimals)).\(digits.suffix(decimals))"
    }
}
