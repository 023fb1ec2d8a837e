import Testing

@testable import Switch

@Suite("Randomness of links")
struct LinkRandomTests {
    private struct Moments {
        var mean = 0.0
        var variance = 0.0
        /// Correlation of each value with the one before.
        var correlation = 0.0

        init(_ values: [Double]) {
            let n = Double(values.count)
            mean = values.reduce(0, +) / n
            var covariance = 0.0
            var last: Double?
            for value in values {
                variance += (value - mean) * (value - mean) / n
                if let last { covariance += (value - mean) * (last - mean) / n }
                last = value
            }
            correlation = covariance / variance
        }
    }

    private func draws(_ count: Int = 200_000, _ draw: (inout RandomSource) -> Double) -> Moments {
        var random = RandomSource(seed: 42)
        return Moments((0..<count).map { _ in draw(&random) })
    }

    private func near(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool { abs(a - b) <= tolerance }

    @Test("the first outputs of xoshiro256** from a known state through SplitMix64")
    func reference() {
        // SplitMix64 from 0 gives e220a8397b1dcdaf, 6e789e6aa1b965f4, 06c45d188009454f, f88bb8a8724c81ec as the state;
        // the first output is rotl(s1 * 5, 7) * 9.
        var random = RandomSource(seed: 0)
        let s1: UInt64 = 0x6e78_9e6a_a1b9_65f4
        let product = s1 &* 5
        let first = random.next()
        #expect(first == ((product << 7) | (product >> 57)) &* 9)
    }

    @Test("uniform: mean 1/2, variance 1/12, no correlation")
    func uniform() {
        let moments = draws { $0.uniform() }
        #expect(near(moments.mean, 0.5, 0.003))
        #expect(near(moments.variance, 1.0 / 12, 0.001))
        #expect(near(moments.correlation, 0, 0.01))
    }

    @Test("normal: mean 0, variance 1, 68 % within one standard deviation")
    func normal() {
        let moments = draws { $0.normal() }
        #expect(near(moments.mean, 0, 0.01))
        #expect(near(moments.variance, 1, 0.015))
        let inside = draws { abs($0.normal()) < 1 ? 1 : 0 }
        #expect(near(inside.mean, 0.6827, 0.005))
    }

    @Test("Pareto: mean 0, never below −2/3, and the tail of shape 3")
    func pareto() {
        let moments = draws { RandomSource.pareto(at: 1 - $0.uniform()) }
        #expect(near(moments.mean, 0, 0.02))
        #expect(RandomSource.pareto(at: 1) >= -2.0 / 3 - 1e-12)
        // Beyond x = 4 lies (4·3/4 + 3/2)^−3 = 1.1 %.
        let tail = draws { RandomSource.pareto(at: 1 - $0.uniform()) > 4 ? 1 : 0 }
        #expect(near(tail.mean, 0.01097, 0.001))
    }

    @Test("logarithm, exponential and normal distribution function against known values")
    func functions() {
        #expect(near(RandomSource.logarithm(2), 0.6931471805599453, 1e-15))
        #expect(near(RandomSource.logarithm(1e-10), -23.025850929940457, 1e-13))
        #expect(near(RandomSource.logarithm(1), 0, 1e-16))
        #expect(near(RandomSource.exponential(1), 2.718281828459045, 1e-14))
        #expect(near(RandomSource.exponential(-10), 4.5399929762484854e-05, 1e-18))
        #expect(near(RandomSource.normalProbability(0), 0.5, 1e-7))
        #expect(near(RandomSource.normalProbability(1.96), 0.9750021, 1e-6))
        #expect(near(RandomSource.normalProbability(-1.96), 0.0249979, 1e-6))
    }

    @Test("correlated uniform draws stay uniform and have the correlation asked for", arguments: [0.25, 0.5, 0.9])
    func correlatedUniform(correlation: Double) {
        var chain = CorrelatedUniform(correlation: correlation)
        let moments = draws { chain.next(&$0) }
        #expect(near(moments.mean, 0.5, 0.01))
        #expect(near(moments.variance, 1.0 / 12, 0.003))
        #expect(near(moments.correlation, correlation, 0.025))
    }

    @Test(
        "a correlated chance keeps its probability and its correlation",
        arguments: [(0.01, 0.25), (0.1, 0.5), (0.3, 0), (0.5, 0.9)])
    func correlatedChance(probability: Double, correlation: Double) {
        var chance = CorrelatedChance(probability: probability, correlation: correlation)
        let moments = draws { chance.next(&$0) ? 1 : 0 }
        let spread = (probability * (1 - probability) / 200_000 * (1 + correlation) / (1 - correlation)).squareRoot()
        #expect(near(moments.mean, probability, 4 * spread))
        #expect(near(moments.correlation, correlation, 0.03))
    }

    @Test("certain and impossible chances, whatever the correlation")
    func extremes() {
        var random = RandomSource(seed: 1)
        var always = CorrelatedChance(probability: 1, correlation: 0.5)
        var never = CorrelatedChance(probability: 0, correlation: 0.5)
        let yes = (0..<1000).filter { _ in always.next(&random) }.count
        let no = (0..<1000).filter { _ in never.next(&random) }.count
        #expect(yes == 1000)
        #expect(no == 0)
    }

    @Test("Gilbert–Elliott: share of losses p/(p+r), bursts of 1/r packets on average")
    func gilbertElliott() {
        var model = GilbertElliott(p: 0.01, r: 0.2, lossBad: 1, lossGood: 0)
        var random = RandomSource(seed: 3)
        var lost = 0
        var bursts = 0
        var before = false
        for _ in 0..<1_000_000 {
            let now = model.next(&random)
            if now { lost += 1 }
            if now, !before { bursts += 1 }
            before = now
        }
        #expect(near(Double(lost) / 1e6, 0.01 / 0.21, 0.002))
        #expect(near(Double(lost) / Double(bursts), 5, 0.15))
    }

    @Test("jitter: spread and shape of each distribution")
    func jitter() {
        func moments(_ distribution: LinkProfile.Distribution) -> Moments {
            var model = JitterModel(LinkProfile.Jitter(spread: 1000, distribution: distribution))
            return draws { model.next(&$0) }
        }
        let uniform = moments(.uniform)
        #expect(near(uniform.mean, 0, 5) && near(uniform.variance.squareRoot(), 577, 5))
        let normal = moments(.normal)
        #expect(near(normal.mean, 0, 10) && near(normal.variance.squareRoot(), 1000, 10))
        let table = moments(.table([-1, 0, 0, 5]))
        #expect(near(table.mean, 1000, 20))
        let empty = moments(.table([]))
        #expect(empty.mean == 0)
    }

    @Test("the same lab seed gives the same trace; another seed, link or direction another one")
    func determinism() {
        func trace(seed: UInt64, index: Int32, direction: Int) -> [LinkHarness.Arrival] {
            let harness = LinkHarness(
                LinkProfile(
                    rate: 10_000_000, delay: 1_000_000, jitter: .init(spread: 500_000, distribution: .normal),
                    loss: .random(.init(probability: 0.2, correlation: 0.3)), duplicate: .init(probability: 0.1)),
                seed: seed, index: index, direction: direction)
            for _ in 0..<200 {
                harness.send()
                harness.run(until: harness.now + 100_000)
            }
            harness.drain()
            return harness.arrivals
        }
        let first = trace(seed: 7, index: 3, direction: 0)
        #expect(first == trace(seed: 7, index: 3, direction: 0))
        #expect(first != trace(seed: 8, index: 3, direction: 0))
        #expect(first != trace(seed: 7, index: 4, direction: 0))
        #expect(first != trace(seed: 7, index: 3, direction: 1))
    }
}
