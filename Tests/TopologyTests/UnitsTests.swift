import Switch
import Testing

@testable import Topology

@Suite struct UnitsTests {
    @Test(arguments: [
        ("10mbit", 10_000_000), ("1gbit", 1_000_000_000), ("1.5 Gbit", 1_500_000_000), ("10Mbit/s", 10_000_000),
        ("10M", 10_000_000), ("64kbit", 64_000), ("1kibit", 1024), ("10MB/s", 80_000_000), ("9600bit", 9600),
        ("1000", 1000), ("1tbit", 1_000_000_000_000),
    ]) func rates(text: String, expected: UInt64) throws {
        #expect(try Units.rate(text) == expected)
    }

    @Test(arguments: [
        ("20ms", 20_000_000), ("1.5s", 1_500_000_000), ("100us", 100_000), ("100µs", 100_000), ("7ns", 7), ("0", 0),
        ("2min", 120_000_000_000), ("1h", 3_600_000_000_000),
    ]) func times(text: String, expected: UInt64) throws {
        #expect(try Units.time(text) == expected)
    }

    @Test(arguments: [
        ("64k", 65536), ("64kB", 65536), ("64KiB", 65536), ("128M", 134_217_728), ("1Gb", 1_073_741_824),
        ("4096", 4096),
    ]) func sizes(text: String, expected: UInt64) throws {
        #expect(try Units.size(text) == expected)
    }

    @Test func shares() throws {
        #expect(try Units.percent("5%") == 0.05)
        #expect(try Units.percent("100%") == 1)
        #expect(try Units.percent("0") == 0)
    }

    @Test(arguments: [
        ("0mbit", "lets nothing pass"), ("10mbps", "10mbit for bits, or 10MB/s"), ("-1mbit", "negative"),
        ("fast", "10mbit"),
        ("10mbut", "use bit"), ("1e9", "use bit"), ("9999999tbit", "too large"), ("", "10mbit"),
        ("1.2.3mbit", "10mbit"),
        ("nan", "10mbit"), ("+5mbit", "10mbit"), ("0.1bit", "lets nothing pass"),
    ]) func badRates(text: String, says: String) {
        let error = #expect(throws: TopologyError.self) { try Units.rate(text) }
        #expect(error?.description.contains(says) == true, "\(error.debugDescription)")
    }

    @Test(arguments: [
        ("-1ms", "negative"), ("20", "20ms, 20us or 20s"), ("20mss", "use ns"), ("99999999h", "too long"),
        ("ms", "20ms"),
    ]) func badTimes(text: String, says: String) {
        let error = #expect(throws: TopologyError.self) { try Units.time(text) }
        #expect(error?.description.contains(says) == true, "\(error.debugDescription)")
    }

    @Test(arguments: [("101%", "more than everything"), ("-1%", "negative"), ("5", "write 5%"), ("5%%", "write 5%")])
    func badShares(text: String, says: String) {
        let error = #expect(throws: TopologyError.self) { try Units.percent(text) }
        #expect(error?.description.contains(says) == true, "\(error.debugDescription)")
    }

    @Test(arguments: [1, 999, 1000, 64_000, 1_500_000, 10_000_000, 2_500_000_000, 1_234_567] as [UInt64])
    func describedRatesReadBack(rate: UInt64) throws {
        #expect(try Units.rate(Units.describe(rate: rate)) == rate)
    }

    @Test(arguments: [0, 1, 999, 1500, 20_000_000, 1_500_000_000, 1_234_567] as [UInt64])
    func describedTimesReadBack(time: UInt64) throws {
        #expect(try Units.time(Units.describe(time: time)) == time)
    }
}

@Suite struct LinkChangeTests {
    private func changed(_ text: String, _ start: LinkProfile = .init()) throws -> LabTopology.Link {
        var link = LabTopology.Link(a: .init("a", "0"), b: .init("b", "0"), aToB: start, bToA: start)
        try LinkChange(arguments: [text]).apply(to: &link)
        return link
    }

    @Test func severalAtOnce() throws {
        let link = try changed("delay=20ms loss=1% rate=10mbit down")
        #expect(link.aToB == LinkProfile(rate: 10_000_000, delay: 20_000_000, loss: .random(.init(probability: 0.01))))
        #expect(link.bToA == link.aToB)
        #expect(!link.up)
    }

    @Test func whatIsNotNamedStays() throws {
        let start = LinkProfile(rate: 5, delay: 7, jitter: .init(spread: 3, distribution: .normal, correlation: 0.5))
        let link = try changed("jitter=9ns rate=none", start)
        #expect(link.aToB == LinkProfile(delay: 7, jitter: .init(spread: 9, distribution: .normal, correlation: 0.5)))
        #expect(try changed("jitter=0", start).aToB.jitter == nil)
        #expect(try changed("ideal", start).aToB.isIdeal)
    }

    @Test func directions() throws {
        let change = try LinkChange(arguments: ["delay=1ms", "forward.delay=2ms", "reverse.loss=3%"])
        var link = LabTopology.Link(a: .init("a", "0"), b: .init("b", "0"))
        change.reversed.apply(to: &link)
        #expect(link.aToB.delay == 1_000_000)
        #expect(link.aToB.loss == .random(.init(probability: 0.03)))
        #expect(link.bToA.delay == 2_000_000)
        #expect(link.bToA.loss == nil)
    }

    @Test func partsOfValues() throws {
        let link = try changed(
            "jitter=2ms,pareto,25% loss=gilbert,1%,20%,90%,0.1% duplicate=1%,5% reorder=5%,50%,3 queue=64kB "
                + "aqm=codel,10ms,200ms,ecn corrupt=0.5% mtu=1400")
        #expect(
            link.aToB
                == LinkProfile(
                    jitter: .init(spread: 2_000_000, distribution: .pareto, correlation: 0.25),
                    loss: .gilbertElliott(p: 0.01, r: 0.2, lossBad: 0.9, lossGood: 0.001),
                    duplicate: .init(probability: 0.01, correlation: 0.05), corrupt: .init(probability: 0.005),
                    reorder: .init(chance: .init(probability: 0.05, correlation: 0.5), gap: 3), mtu: 1400,
                    queue: .bytes(65536), aqm: .codel(target: 10_000_000, interval: 200_000_000, ecn: true)))
        #expect(try changed("queue=100p").aToB.queue == .packets(100))
        #expect(try changed("queue=20ms").aToB.queue == .time(20_000_000))
        #expect(
            try changed("aqm=red,10kB,20kB,5%").aToB.aqm == .red(minimum: 10240, maximum: 20480, probability: 0.05))
        #expect(try changed("distribution=normal jitter=1ms").aToB.jitter?.distribution == .normal)
    }

    @Test(arguments: [
        ("dealy=2ms", "did you mean “delay”?"), ("loss=101%", "0% to 100%"), ("rate=0", "lets nothing pass"),
        ("delay", "NAME=VALUE"), ("", "nothing to change"), ("queue=0", "from 1"), ("queue=x", "100p"),
        ("aqm=fq", "codel"), ("aqm=codel,100ms,5ms", "longer than its target"), ("loss=gilbert,1%", "r: 20%"),
        ("mtu=10", "68"), ("delay=1ms,2ms", "one value"), ("jitter=1ms,bell", "normal"), ("loss=", "1%"),
        ("delay=-1ms", "negative"),
    ]) func refused(text: String, says: String) {
        let error = #expect(throws: TopologyError.self) { try LinkChange(arguments: [text]) }
        #expect(error?.description.contains(says) == true, "\(error.debugDescription)")
    }

    @Test func everyPropertyHasItsKey() {
        #expect(LinkProperty.names == LabFileKeys.direction.map(\.name))
    }
}
