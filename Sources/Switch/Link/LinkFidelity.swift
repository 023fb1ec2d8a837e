/// What was asked of one direction of a link against what it did since its profile was last set, and whether that is
/// good enough to trust an experiment's result.
public struct LinkFidelity: Codable, Equatable, Sendable {
    /// How far a promise was kept.
    public enum Verdict: String, Codable, Comparable, Sendable {
        /// Too little traffic to tell.
        case notExercised
        /// Within the tolerance.
        case kept
        /// Mostly within the tolerance: look at the figures before trusting the result.
        case degraded
        /// Not kept: the machine was too slow, or the traffic was not what the link was given.
        case broken

        private var rank: Int {
            switch self {
            case .notExercised: 0
            case .kept: 1
            case .degraded: 2
            case .broken: 3
            }
        }

        public static func < (a: Verdict, b: Verdict) -> Bool { a.rank < b.rank }
    }

    /// What a profile can ask for.
    public enum Property: String, Codable, Sendable {
        case delay
        case rate
        case loss
        case duplicate
        case corrupt
        case reorder
    }

    /// One promise: asked, measured, judged.
    public struct Item: Codable, Equatable, Sendable {
        public var property: Property
        /// Nanoseconds (delay), bits per second (rate), or a share of packets.
        public var asked: Double
        /// In the same unit; nil when not exercised. For a delay: what was asked plus the median error.
        public var measured: Double?
        /// Delay: the 99th percentile of the error in nanoseconds. Rate: the relative error. Shares: half the width of
        /// the 95 % confidence interval.
        public var error: Double?
        public var verdict: Verdict
        /// The same in a sentence.
        public var sentence: String
    }

    public var items: [Item]
    /// Packets that left the link's delay or transmitter, and how late: median, 99th percentile and maximum in
    /// nanoseconds.
    public var packets: UInt64
    public var latenessMedian: UInt64
    public var lateness99: UInt64
    public var latenessMaximum: UInt64
    /// The share of packets that were more than 1 ms late.
    public var muchTooLate: Double

    /// The worst of the items.
    public var verdict: Verdict { items.map(\.verdict).max() ?? .notExercised }

    /// The items' sentences, one to a line, and what the machine could not do.
    public var summary: String {
        var lines = items.map(\.sentence)
        if packets > 0, muchTooLate >= 0.001 {
            lines.append(
                "machine too slow: \(Quantity.percent(muchTooLate)) of packets were more than 1 ms late")
        }
        return lines.joined(separator: "\n")
    }
}

extension LinkDirection {
    /// The verdict on this direction since its profile was last set.
    public var fidelity: LinkFidelity {
        var items: [LinkFidelity.Item] = []
        if profile.delay > 0 || profile.jitter != nil { items.append(delayItem) }
        if let asked = profile.rate { items.append(rateItem(asked: Double(asked))) }

        let arrived = counters.packetsIn &- baseline.packetsIn
        let offered =
            arrived &- (counters[.down] &- baseline[.down]) &- (counters[.malformed] &- baseline[.malformed])
            &- (counters[.memory] &- baseline[.memory])
        let lost = counters[.loss] &- baseline[.loss]
        let survived = offered &- min(offered, lost)
        if let loss = profile.loss {
            items.append(lossItem(loss, lost: lost, offered: offered))
        }
        if let asked = profile.duplicate {
            let count = counters.duplicates &- baseline.duplicates
            items.append(.share(.duplicate, asked: asked, count: count, of: survived))
        }
        if let asked = profile.corrupt {
            let count = counters.corruptions &- baseline.corruptions
            let copies = counters.duplicates &- baseline.duplicates
            items.append(.share(.corrupt, asked: asked, count: count, of: survived &+ copies))
        }
        if let asked = profile.reorder, asked.gap <= 1 {
            let count = counters.expedited &- baseline.expedited
            let flown = expeditable &- baselineExpeditable
            items.append(.share(.reorder, asked: asked.chance, count: count, of: flown))
        }
        return LinkFidelity(
            items: items, packets: lateness.count, latenessMedian: lateness.quantile(0.5),
            lateness99: lateness.quantile(0.99), latenessMaximum: lateness.maximum,
            muchTooLate: lateness.count == 0 ? 0 : Double(lateness.muchTooLateCount) / Double(lateness.count))
    }

    /// The error of a delay is the time by which packets were handed on after they were due: what is drawn (jitter) and
    /// what is waited for (queue, transmission) is in the due time.
    private var delayItem: LinkFidelity.Item {
        let asked = Double(profile.delay)
        let name = "delay \(Quantity.duration(profile.delay))"
        guard lateness.count > 0 else { return .notExercised(.delay, asked: asked, name: name) }
        let median = lateness.quantile(0.5)
        let high = lateness.quantile(0.99)
        // 5 % of the delay, but no less than a poller on a busy machine can do.
        let tolerance = max(100_000, profile.delay / 20)
        let verdict: LinkFidelity.Verdict = median > tolerance ? .broken : high > tolerance ? .degraded : .kept
        return LinkFidelity.Item(
            property: .delay, asked: asked, measured: asked + Double(median), error: Double(high), verdict: verdict,
            sentence: "\(name): +\(Quantity.duration(median)) p50, +\(Quantity.duration(high)) p99, "
                + "+\(Quantity.duration(lateness.maximum)) at most: \(verdict.words)")
    }

    private func rateItem(asked: Double) -> LinkFidelity.Item {
        let name = "rate \(Quantity.rate(asked))"
        guard let (busy, measured) = rateMeter.measured else {
            return .notExercised(.rate, asked: asked, name: name)
        }
        let error = measured / asked - 1
        let verdict: LinkFidelity.Verdict = abs(error) <= 0.01 ? .kept : abs(error) <= 0.05 ? .degraded : .broken
        return LinkFidelity.Item(
            property: .rate, asked: asked, measured: measured, error: error, verdict: verdict,
            sentence: "\(name): \(Quantity.rate(measured)) over \(Quantity.duration(busy)) of backlog "
                + "(\(error < 0 ? "−" : "+")\(Quantity.percent(abs(error)))): \(verdict.words)")
    }

    private func lossItem(_ loss: LinkProfile.Loss, lost: UInt64, offered: UInt64) -> LinkFidelity.Item {
        switch loss {
        case .random(let chance):
            return .share(.loss, asked: chance, count: lost, of: offered)
        case .gilbertElliott(let p, let r, let lossBad, let lossGood):
            // The share of time in the bad state, and the correlation of one packet's state with the last one's.
            let bad = p + r > 0 ? p / (p + r) : 0
            let chance = LinkProfile.Chance(
                probability: bad * lossBad + (1 - bad) * lossGood, correlation: max(0, 1 - p - r))
            return .share(.loss, asked: chance, count: lost, of: offered)
        }
    }
}

extension LinkFidelity.Verdict {
    /// As it stands in a sentence.
    var words: String { self == .notExercised ? "not exercised" : rawValue }
}

extension LinkFidelity.Item {
    static func notExercised(_ property: LinkFidelity.Property, asked: Double, name: String) -> Self {
        Self(
            property: property, asked: asked, measured: nil, error: nil, verdict: .notExercised,
            sentence: "\(name): not exercised")
    }

    /// Judges a share of packets by its binomial confidence interval (Wilson 1927).
    ///
    /// The sentence gives the 95 % interval. The verdict takes one of 99.9 %, so that of a thousand good links one is
    /// called degraded and not fifty. Correlated draws say less than independent ones: their number
    /// is divided by (1 + c)/(1 − c).
    static func share(
        _ property: LinkFidelity.Property, asked: LinkProfile.Chance, count: UInt64, of total: UInt64
    ) -> Self {
        let name = "\(property.rawValue) \(Quantity.percent(asked.probability))"
        // Fewer packets than would show one on average say nothing.
        let needed = asked.probability > 0 ? min(1 / asked.probability, 1000) : 1
        guard Double(total) >= needed else {
            return .notExercised(property, asked: asked.probability, name: name)
        }
        let effective = max(1, Double(total) * (1 - asked.correlation) / (1 + asked.correlation))
        let measured = Double(count) / Double(total)
        let (low, high) = wilson(measured, effective, z: 1.96)
        let (least, most) = wilson(measured, effective, z: 3.29)
        let (floor, ceiling) = wilson(measured, effective, z: 5)
        let verdict: LinkFidelity.Verdict =
            least...most ~= asked.probability
            ? .kept : floor...ceiling ~= asked.probability ? .degraded : .broken
        return Self(
            property: property, asked: asked.probability, measured: measured, error: (high - low) / 2, verdict: verdict,
            sentence: "\(name): \(Quantity.percent(measured)) of \(total) packets "
                + "(95 % confidence: \(Quantity.percent(low)) to \(Quantity.percent(high))): \(verdict.words)")
    }

    private static func wilson(_ p: Double, _ n: Double, z: Double) -> (low: Double, high: Double) {
        let center = (p + z * z / (2 * n)) / (1 + z * z / n)
        let half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
        return (max(0, center - half), min(1, center + half))
    }
}
