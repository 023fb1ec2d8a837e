import Testing

@testable import Switch

@Suite("Link: queues of a port")
struct LinkQueueTests {
    /// A link of 8 Mbit/s (1,000 bytes take 1 ms) with queues, each offered `count` packets at once.
    private func saturated(
        _ queues: [LinkQueue], count: Int, sizes: [UInt32: Int] = [:], rate: UInt64? = 8_000_000
    ) -> LinkHarness {
        let harness = LinkHarness(LinkProfile(rate: rate, queue: .packets(10_000)))
        harness.setQueues(queues)
        for _ in 0..<count {
            for queue in queues {
                harness.send(byteCount: sizes[queue.id] ?? 1000) { $0.pointee.queue = queue.id }
            }
        }
        return harness
    }

    private func bytes(_ harness: LinkHarness, queue: UInt32) -> Int {
        harness.arrivals.filter { $0.queue == queue }.reduce(0) { $0 + $1.byteCount }
    }

    @Test("the smaller priority number leaves first, after what is in transmission already")
    func priority() {
        let harness = saturated([LinkQueue(id: 2, priority: 1), LinkQueue(id: 1, priority: 0)], count: 10)
        harness.drain()
        #expect(
            harness.arrivals.map(\.queue) == [2] + [UInt32](repeating: 1, count: 10) + [UInt32](repeating: 2, count: 9))
        #expect(harness.packetsInUse == 0)
    }

    @Test("equals share in bytes, whatever the size of their packets")
    func shares() {
        let harness = saturated(
            [LinkQueue(id: 1), LinkQueue(id: 2), LinkQueue(id: 3)], count: 400, sizes: [1: 1500, 2: 500])
        harness.run(until: harness.now + 300_000_000)
        for queue in 1...3 as ClosedRange<UInt32> { #expect(abs(bytes(harness, queue: queue) - 100_000) <= 3_000) }
    }

    @Test("a maximum is kept to within two frames and leaves the rest of the link to others")
    func maximum() {
        let harness = saturated([LinkQueue(id: 1, maxRate: 2_000_000), LinkQueue(id: 2, priority: 1)], count: 2_000)
        harness.run(until: harness.now + 1_000_000_000)
        #expect(abs(bytes(harness, queue: 1) - 250_000) <= 4_000)
        // Work-conserving: together they fill the link.
        #expect(bytes(harness, queue: 1) + bytes(harness, queue: 2) == 1_000_000)
    }

    @Test("a minimum is kept against a queue of higher priority")
    func minimum() {
        let harness = saturated(
            [LinkQueue(id: 1, priority: 0), LinkQueue(id: 2, minRate: 3_000_000, priority: 9)], count: 2_000)
        harness.run(until: harness.now + 1_000_000_000)
        #expect(abs(bytes(harness, queue: 2) - 375_000) <= 4_000)
    }

    @Test("a maximum shapes on a link that has no rate of its own")
    func shaping() {
        let harness = saturated([LinkQueue(id: 0, maxRate: 8_000_000)], count: 100, rate: nil)
        let start = harness.now
        harness.drain()
        // A credit of two full frames lets three packets of 1,000 bytes go at once; the rest follow at 1 ms each.
        #expect(harness.arrivals.prefix { $0.due == start }.count <= 4)
        let last = harness.arrivals.last!.due - start
        #expect(last <= 99_000_000 && last >= 95_000_000)
        #expect(harness.arrivals.count == 100)
    }

    @Test("an idle queue saves up no claim: it shares from when it comes back")
    func noClaimOnThePast() {
        let harness = saturated([LinkQueue(id: 1), LinkQueue(id: 2)], count: 1)
        harness.drain()
        for _ in 0..<200 { harness.send(byteCount: 1000) { $0.pointee.queue = 1 } }
        harness.run(until: harness.now + 100_000_000)
        for _ in 0..<100 { harness.send(byteCount: 1000) { $0.pointee.queue = 2 } }
        let before = bytes(harness, queue: 2)
        harness.run(until: harness.now + 100_000_000)
        #expect(abs(bytes(harness, queue: 2) - before - 50_000) <= 2_000)
    }

    @Test("packets of unknown queues go to queue 0, and waiting packets move when queues change")
    func reconfiguration() {
        let harness = LinkHarness(LinkProfile(rate: 8_000_000))
        for id in [0, 0, 5, 5, 0] as [UInt32] { harness.send(byteCount: 1000) { $0.pointee.queue = id } }
        harness.setQueues([LinkQueue(id: 5, priority: 0), LinkQueue(id: 0, priority: 1)])
        harness.drain()
        #expect(harness.arrivals.map(\.queue) == [0, 5, 5, 0, 0])
        harness.setQueues([])
        for id in [0, 5, 9] as [UInt32] { harness.send(byteCount: 1000) { $0.pointee.queue = id } }
        harness.drain()
        #expect(harness.arrivals.suffix(3).map(\.queue) == [0, 5, 9])
        #expect(harness.statistics.isConserved)
    }
}
