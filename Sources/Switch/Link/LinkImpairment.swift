// The draws behind a link's effects, each with its own memory of the draw before.

/// The four-parameter Gilbert–Elliott model of losses that come in bursts (Gilbert 1960, Elliott 1963): a good and a bad
/// state, each with its own loss probability. Losses last 1/r packets on average when every bad packet is lost.
struct GilbertElliott {
    let p: Double
    let r: Double
    let lossBad: Double
    let lossGood: Double
    private var isBad = false

    init(p: Double, r: Double, lossBad: Double, lossGood: Double) {
        self.p = p
        self.r = r
        self.lossBad = lossBad
        self.lossGood = lossGood
    }

    /// Whether the next packet is lost.
    mutating func next(_ random: inout RandomSource) -> Bool {
        isBad = isBad ? random.uniform() >= r : random.uniform() < p
        let probability = isBad ? lossBad : lossGood
        return probability >= 1 || (probability > 0 && random.uniform() < probability)
    }
}

/// What is added to the delay of each packet.
struct JitterModel {
    private let spread: Double
    private let distribution: LinkProfile.Distribution
    private var draws: CorrelatedUniform

    init(_ jitter: LinkProfile.Jitter) {
        spread = Double(jitter.spread)
        distribution = jitter.distribution
        draws = CorrelatedUniform(correlation: jitter.correlation)
    }

    /// Nanoseconds to add to the delay; may be negative.
    mutating func next(_ random: inout RandomSource) -> Double {
        switch distribution {
        case .uniform:
            return (2 * draws.next(&random) - 1) * spread
        case .normal:
            return draws.nextNormal(&random) * spread
        case .pareto:
            return RandomSource.pareto(at: 1 - draws.next(&random)) * spread
        case .table(let quantiles):
            guard !quantiles.isEmpty else { return 0 }
            return quantiles[Int(draws.next(&random) * Double(quantiles.count))] * spread
        }
    }
}

/// Which packets are sent ahead: each `gap`-th at the earliest, and then with the chance asked for (as netem has it).
struct ReorderModel {
    private let gap: Int
    private var chance: CorrelatedChance
    private var sinceLast = 0

    init(_ reorder: LinkProfile.Reorder) {
        gap = max(1, reorder.gap)
        chance = CorrelatedChance(reorder.chance)
    }

    /// Whether the next packet is sent ahead.
    mutating func next(_ random: inout RandomSource) -> Bool {
        sinceLast += 1
        guard sinceLast >= gap, chance.next(&random) else { return false }
        sinceLast = 0
        return true
    }
}

extension CorrelatedChance {
    init(_ chance: LinkProfile.Chance) {
        self.init(probability: chance.probability, correlation: chance.correlation)
    }
}
