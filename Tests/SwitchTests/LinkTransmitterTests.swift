import Testing

@testable import Switch

@Suite("Link: delay, rate and queue")
struct LinkTransmitterTests {
    private static let start: UInt64 = 1_000_000_000

    @Test("a delay is exact and keeps the order")
    func delay() {
        let harness = LinkHarness(LinkProfile(delay: 10_000_000))
        for step in 0..<100 as Range<UInt64> {
            harness.run(until: Self.start + step * 12_345)
            harness.send()
        }
        harness.drain()
        #expect(harness.ids == Array(0..<100))
        for (step, arrival) in harness.arrivals.enumerated() {
            #expect(arrival.due == Self.start + UInt64(step) * 12_345 + 10_000_000)
            #expect(arrival.at == arrival.due)
        }
        #expect(harness.packetsInUse == 0)
        #expect(harness.timerCount == 0)
    }

    @Test("an ideal link hands packets on at once and needs no timer")
    func ideal() {
        let harness = LinkHarness(LinkProfile())
        harness.send()
        #expect(harness.ids == [0])
        #expect(harness.nextDeadline == nil)
    }

    @Test(
        "the rate is exact to the nanosecond over any time, however late the poller is",
        arguments: 1..<6 as Range<UInt64>)
    func rateWithLatePoller(seed: UInt64) {
        let rate: UInt64 = [333_333_333, 100_000_000, 1_000_000_007, 64_000, 10_000_000_000][Int(seed - 1)]
        let harness = LinkHarness(LinkProfile(rate: rate, queue: .packets(10_000)))
        var random = RandomSource(seed: seed)
        var bytes: UInt64 = 0
        for _ in 0..<5_000 {
            let size = 60 + random.integer(below: 1_455)
            bytes += UInt64(size)
            harness.send(byteCount: size)
        }
        // A poller that sleeps for up to 400 packets' worth.
        let nap = 400 * 1000 * 8_000_000_000 / rate
        while harness.nextDeadline != nil {
            harness.jump(to: harness.now + random.next() % nap)
        }
        let due = harness.arrivals.last!.due - Self.start
        #expect(due == bytes * 8_000_000_000 / rate)
        #expect(harness.ids == Array(0..<5_000))
    }

    @Test("what the poller's lateness delayed is made up for: nothing is sent before its time either")
    func neverEarly() {
        let harness = LinkHarness(LinkProfile(rate: 8_000_000, delay: 500_000))
        for _ in 0..<10 { harness.send(byteCount: 1000) }
        harness.jump(to: Self.start + 3_500_000)
        #expect(harness.arrivals.map(\.due) == [1_500_000, 2_500_000, 3_500_000].map { Self.start + $0 })
        harness.run(until: Self.start + 4_499_999)
        #expect(harness.arrivals.count == 3)
        harness.run(until: Self.start + 4_500_000)
        #expect(harness.arrivals.count == 4)
    }

    @Test("a packet from another link is taken at the time it was due there")
    func chain() {
        let harness = LinkHarness(LinkProfile(delay: 1_000_000))
        harness.run(until: Self.start + 80_000)
        harness.send(at: Self.start)
        harness.drain()
        #expect(harness.arrivals.first?.due == Self.start + 1_000_000)
    }

    @Test("drop-tail in packets: those in front of the transmitter, not the one in it")
    func packetLimit() {
        let harness = LinkHarness(LinkProfile(rate: 1_000_000, queue: .packets(5)))
        for _ in 0..<20 { harness.send() }
        #expect(harness.statistics.queuedPackets == 5)
        #expect(harness.statistics[.queueFull] == 14)
        harness.drain()
        #expect(harness.ids == [0, 1, 2, 3, 4, 5])
        #expect(harness.statistics.queuedPacketsMaximum == 5)
    }

    @Test("drop-tail in bytes lets a small packet in where a large one does not fit")
    func byteLimit() {
        let harness = LinkHarness(LinkProfile(rate: 1_000_000, queue: .bytes(2_500)))
        for size in [1000, 1000, 1000, 1000, 400, 200, 100] { harness.send(byteCount: size) }
        #expect(harness.statistics.queuedBytes == 2_500)
        harness.drain()
        #expect(harness.ids == [0, 1, 2, 4, 6])
    }

    @Test("drop-tail in time: no packet waits longer than the limit")
    func timeLimit() {
        // 1000 bytes take 1 ms.
        let harness = LinkHarness(LinkProfile(rate: 8_000_000, queue: .time(10_000_000)))
        for _ in 0..<50 { harness.send(byteCount: 1000) }
        harness.drain()
        #expect(harness.arrivals.count == 11)
        #expect(harness.arrivals.last?.due == Self.start + 11_000_000)
    }

    @Test("the default queue is 1,000 packets")
    func defaultLimit() {
        let harness = LinkHarness(LinkProfile(rate: 1_000))
        for _ in 0..<1_100 { harness.send() }
        #expect(harness.statistics.queuedPackets == 1_000)
        harness.removeAll()
        #expect(harness.packetsInUse == 0)
        #expect(harness.timerCount == 0)
    }

    @Test("a new rate applies from now on, to the rest of a transmission and to the queue")
    func rateChange() {
        // 1000 bytes: 8 ms each at first, then 1 ms.
        let harness = LinkHarness(LinkProfile(rate: 1_000_000, delay: 100_000))
        for _ in 0..<3 { harness.send(byteCount: 1000) }
        harness.run(until: Self.start + 4_000_000)
        harness.setProfile(LinkProfile(rate: 8_000_000, delay: 100_000))
        harness.drain()
        // Half of the first was left: 0.5 ms at the new rate.
        #expect(harness.arrivals.map(\.due) == [4_600_000, 5_600_000, 6_600_000].map { Self.start + $0 })
    }

    @Test("taking the rate away lets the queue go at once")
    func rateRemoved() {
        let harness = LinkHarness(LinkProfile(rate: 1_000))
        for _ in 0..<3 { harness.send() }
        harness.setProfile(LinkProfile())
        #expect(harness.ids == [0, 1, 2])
        #expect(harness.timerCount == 0)
    }

    @Test("packets on the way keep their due times when the delay changes; later ones may overtake")
    func delayChange() {
        let harness = LinkHarness(LinkProfile(delay: 10_000_000))
        harness.send()
        harness.send()
        harness.setProfile(LinkProfile(delay: 1_000_000))
        harness.send()
        harness.drain()
        #expect(harness.ids == [2, 0, 1])
        #expect(harness.statistics.reordered == 2)
        #expect(harness.arrivals.map(\.due) == [1_000_000, 10_000_000, 10_000_000].map { Self.start + $0 })
    }

    @Test("a shorter queue limit drops the tail")
    func shrink() {
        let harness = LinkHarness(LinkProfile(rate: 1_000_000))
        for _ in 0..<10 { harness.send() }
        harness.setProfile(LinkProfile(rate: 1_000_000, queue: .packets(4)))
        harness.drain()
        #expect(harness.ids == [0, 1, 2, 3, 4])
        #expect(harness.statistics[.queueFull] == 5)
    }

    @Test("a pulled cable loses what is on it, counted, and carries again when it is back")
    func down() {
        let harness = LinkHarness(LinkProfile(rate: 1_000_000, delay: 50_000_000))
        for _ in 0..<10 { harness.send() }
        harness.run(until: Self.start + 2_000_000)
        harness.setUp(false)
        #expect(harness.packetsInUse == 0)
        #expect(harness.nextDeadline == nil)
        harness.send()
        #expect(harness.statistics[.down] == 11)
        harness.setUp(true)
        harness.send()
        harness.drain()
        #expect(harness.ids == [11])
        #expect(harness.arrivals[0].due == Self.start + 2_000_000 + 800_000 + 50_000_000)
        #expect(harness.statistics.isConserved)
    }

    @Test("absurd figures are carried out as far as they go, and nothing overflows")
    func absurd() {
        let harness = LinkHarness(
            LinkProfile(
                rate: .max, delay: .max, jitter: .init(spread: .max, distribution: .pareto), queue: .time(.max),
                aqm: .codel(target: .max, interval: .max)))
        for _ in 0..<100 { harness.send(byteCount: 1514) }
        harness.setProfile(LinkProfile(rate: 1, queue: .bytes(.max), aqm: .codel(target: 0, interval: 0)))
        for _ in 0..<100 { harness.send(byteCount: 1514) }
        harness.run(until: harness.now + 1_000_000_000)
        harness.setProfile(LinkProfile(rate: .max, aqm: .red(minimum: .max, maximum: 0, probability: 7)))
        for _ in 0..<100 { harness.send(byteCount: 1514) }
        harness.run(until: harness.now + 1_000_000_000)
        #expect(harness.statistics.isConserved)
        harness.removeAll()
        #expect(harness.packetsInUse == 0)
    }
}
