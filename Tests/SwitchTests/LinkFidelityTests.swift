import Testing

@testable import Switch

@Suite("Link: fidelity")
struct LinkFidelityTests {
    @Test("quantiles of the histogram are within 3 % of those of the sorted values")
    func quantiles() {
        var histogram = LatenessHistogram()
        var random = RandomSource(seed: 9)
        var values: [UInt64] = []
        for _ in 0..<20_000 {
            let value = random.next() >> UInt64(30 + random.integer(below: 34))
            values.append(value)
            histogram.record(value)
        }
        values.sort()
        for q in [0.01, 0.25, 0.5, 0.9, 0.99, 0.999] {
            let exact = Double(values[Int(q * 20_000) - 1])
            let estimate = Double(histogram.quantile(q))
            #expect(abs(estimate - exact) <= 0.035 * exact + 1)
        }
        let (count, maximum, late) = (histogram.count, histogram.maximum, histogram.muchTooLateCount)
        #expect(count == 20_000)
        #expect(maximum == values.last)
        #expect(late == UInt64(values.filter { $0 > 1_000_000 }.count))
        histogram.reset()
        let (empty, none) = (histogram.quantile(0.5), histogram.count)
        #expect(empty == 0 && none == 0)
    }

    @Test("the largest values do not leave the histogram")
    func extremes() {
        var histogram = LatenessHistogram()
        histogram.record(.max)
        histogram.record(0)
        let (low, high, maximum) = (histogram.quantile(0.5), histogram.quantile(1), histogram.maximum)
        #expect(low == 0)
        #expect(high > 1 << 36)
        #expect(maximum == .max)
    }

    private func item(_ harness: LinkHarness, _ property: LinkFidelity.Property) -> LinkFidelity.Item {
        harness.fidelity.items.first { $0.property == property }!
    }

    @Test("a delay that the poller keeps, keeps loosely, and does not keep")
    func delay() {
        func verdict(late: [UInt64]) -> LinkFidelity.Item {
            let harness = LinkHarness(LinkProfile(delay: 10_000_000))
            for lateness in late {
                harness.send()
                harness.jump(to: harness.now + 10_000_000 + lateness)
            }
            return item(harness, .delay)
        }
        let kept = verdict(late: [UInt64](repeating: 8_000, count: 95) + [UInt64](repeating: 95_000, count: 5))
        #expect(kept.verdict == .kept)
        #expect(kept.sentence.hasPrefix("delay 10 ms: +8"))
        #expect(kept.sentence.hasSuffix("+95 µs at most: kept"))
        let degraded = verdict(late: [UInt64](repeating: 8_000, count: 95) + [UInt64](repeating: 2_000_000, count: 5))
        #expect(degraded.verdict == .degraded)
        let broken = verdict(late: [UInt64](repeating: 2_000_000, count: 100))
        #expect(broken.verdict == .broken)
        #expect(verdict(late: []).verdict == .notExercised)
    }

    @Test("packets that were much too late are told")
    func tooSlow() {
        let harness = LinkHarness(LinkProfile(delay: 1_000_000))
        for step in 0..<1000 {
            harness.send()
            harness.jump(to: harness.now + 1_000_000 + (step % 100 < 3 ? 1_500_000 : 5_000))
        }
        #expect(harness.fidelity.summary.contains("machine too slow: 3 % of packets were more than 1 ms late"))
    }

    @Test("the rate of a backlogged link is measured by the clock, late poller and all")
    func rate() {
        let harness = LinkHarness(LinkProfile(rate: 100_000_000, delay: 3_000_000))
        var random = RandomSource(seed: 4)
        for _ in 0..<50 {
            for _ in 0..<20 { harness.send(byteCount: 1_250) }
            harness.jump(to: harness.now + 2_000_000 - 20_000 + random.next() % 40_000)
        }
        let rate = item(harness, .rate)
        #expect(rate.verdict == .kept)
        #expect(abs(rate.measured! - 1e8) < 1e6)
    }

    @Test("a link that had no backlog says nothing about its rate")
    func idleRate() {
        let harness = LinkHarness(LinkProfile(rate: 100_000_000))
        for _ in 0..<500 {
            harness.send()
            harness.run(until: harness.now + 1_000_000)
        }
        #expect(item(harness, .rate).verdict == .notExercised)
    }

    @Test("a poller that never catches up breaks the rate")
    func brokenRate() {
        // The meter sees packets due every 100 µs and handed on every 110 µs.
        var meter = RateMeter()
        for step in 0..<1_000 as Range<UInt64> {
            meter.record(byteCount: 1_250, due: step * 100_000, now: step * 110_000, nanosecondsPerByte: 80)
        }
        #expect(abs(meter.measured!.rate - 1e8 / 1.1) < 1e5)
    }

    @Test("shares are judged by their confidence interval")
    func shares() {
        let good = LinkFidelity.Item.share(.loss, asked: .init(probability: 0.01), count: 1_010, of: 100_000)
        #expect(good.verdict == .kept)
        #expect(good.sentence == "loss 1 %: 1.01 % of 100000 packets (95 % confidence: 0.95 % to 1.07 %): kept")
        #expect(
            LinkFidelity.Item.share(.loss, asked: .init(probability: 0.01), count: 1_500, of: 100_000).verdict
                == .broken)
        #expect(
            LinkFidelity.Item.share(.loss, asked: .init(probability: 0.01), count: 1_130, of: 100_000).verdict
                == .degraded)
        #expect(
            LinkFidelity.Item.share(.loss, asked: .init(probability: 0.01), count: 0, of: 50).verdict == .notExercised)
        // The same count with a strong correlation says less.
        let correlated = LinkProfile.Chance(probability: 0.01, correlation: 0.9)
        #expect(LinkFidelity.Item.share(.loss, asked: correlated, count: 1_130, of: 100_000).verdict == .kept)
    }

    @Test("every effect of a profile is judged, and kept")
    func everything() {
        let harness = LinkHarness(
            LinkProfile(
                delay: 1_000_000, loss: .gilbertElliott(p: 0.02, r: 0.3, lossBad: 0.9, lossGood: 0.001),
                duplicate: .init(probability: 0.02), corrupt: .init(probability: 0.03, correlation: 0.2),
                reorder: .init(chance: .init(probability: 0.1))))
        for _ in 0..<20_000 {
            harness.send()
            harness.run(until: harness.now + 50_000)
        }
        let fidelity = harness.fidelity
        #expect(fidelity.items.map(\.property) == [.delay, .loss, .duplicate, .corrupt, .reorder])
        #expect(fidelity.verdict == .kept, "\(fidelity.summary)")
    }

    @Test("a new profile starts a new account")
    func restart() {
        let harness = LinkHarness(LinkProfile(delay: 1_000, loss: .random(.init(probability: 0.5))))
        for _ in 0..<1_000 { harness.send() }
        harness.jump(to: harness.now + 50_000_000)
        #expect(harness.fidelity.verdict == .broken)
        harness.setProfile(LinkProfile(delay: 1_000, loss: .random(.init(probability: 0.01))))
        #expect(harness.fidelity.verdict == .notExercised)
        for _ in 0..<1_000 {
            harness.send()
            harness.run(until: harness.now + 2_000)
        }
        #expect(harness.fidelity.verdict == .kept)
    }

    @Test("quantities as people write them")
    func quantities() {
        let durations: [(UInt64, String)] = [
            (0, "0 ns"), (850, "850 ns"), (8_200, "8.2 µs"), (999_700, "1 ms"), (10_000_000, "10 ms"),
            (12_345_678, "12.3 ms"), (1_500_000_000, "1.5 s"), (7_200_000_000_000, "7200 s"),
        ]
        for (value, text) in durations { #expect(Quantity.duration(value) == text) }
        #expect(Quantity.rate(100_000_000) == "100 Mbit/s")
        #expect(Quantity.rate(1_250_000_000) == "1.25 Gbit/s")
        #expect(Quantity.percent(0.031) == "3.1 %")
        #expect(Quantity.percent(0.001) == "0.1 %")
    }
}
