import AllocationCount
import Switch
import Testing

/// Nothing allocates for a packet: not one call of malloc in 100,000 packets.
@Suite("Allocations")
struct AllocationTests {
    /// The allocations of `count` packets from a host, in batches of 32, 2 µs apart, with what a poller does around them.
    private func allocations(_ harness: DatapathHarness, from device: Int32, _ frame: [UInt8], count: Int) -> UInt64 {
        let datapath = harness.datapath
        var now = harness.now
        let allocations = frame.withUnsafeBytes { bytes in
            allocation_count_start()
            for number in 1...count {
                guard let packet = datapath.pool.allocate(copying: bytes) else { break }
                datapath.receive(packet, from: device, now: now)
                now += 2_000
                guard number % 32 == 0 else { continue }
                datapath.run(now: now)
                for index in 0..<datapath.outbox.count { datapath.pool.release(datapath.outbox[index].packet) }
                datapath.emptyOutbox()
            }
            return allocation_count()
        }
        harness.now = now
        return allocations
    }

    /// Warms up as below, of packets that are looked up so many times each.
    private func expectNone(
        _ harness: DatapathHarness, from device: Int32, _ frame: [UInt8], lookups: UInt64
    ) throws {
        try #require(allocation_count_works() != 0)
        _ = harness.send(frame, from: device)
        _ = allocations(harness, from: device, frame, count: 6400)
        let hits = harness.datapath.exactMatchHits
        #expect(allocations(harness, from: device, frame, count: 20_000) == 0)
        #expect(harness.datapath.exactMatchHits - hits == 20_000 * lookups)
    }

    /// Warms up with a tenth of a second of packets, so that what grows with the load has grown, and counts.
    private func expectNone(_ harness: DatapathHarness, from device: Int32, _ frame: [UInt8]) throws {
        try #require(allocation_count_works() != 0)
        _ = harness.send(frame, from: device)
        _ = allocations(harness, from: device, frame, count: 51_200)
        let hits = harness.datapath.exactMatchHits
        #expect(allocations(harness, from: device, frame, count: 100_000) == 0)
        #expect(harness.datapath.exactMatchHits - hits == 100_000)
    }

    /// Two hosts that know each other, with `profile` on the way to the second.
    private func pair(_ profile: LinkProfile) -> (harness: DatapathHarness, device: Int32, frame: [UInt8]) {
        let harness = DatapathHarness()
        let bridge = harness.bridge("s1")
        let a = harness.host(on: bridge)
        let b = harness.host(on: bridge, profile)
        _ = harness.send(
            DatapathHarness.frame(to: DatapathHarness.broadcast, from: DatapathHarness.mac(b)), from: b)
        _ = harness.advance(by: 100_000_000)
        return (harness, a, DatapathHarness.udp(to: DatapathHarness.mac(b), from: DatapathHarness.mac(a)))
    }

    @Test(
        "known flows across links",
        arguments: [
            LinkProfile(),
            LinkProfile(delay: 1_000_000),
            LinkProfile(rate: 1_000_000_000, delay: 1_000_000),
            // Slower than the packets come: the queue is full and drops.
            LinkProfile(rate: 100_000_000, queue: .packets(100)),
            LinkProfile(delay: 1_000_000, jitter: .init(spread: 100_000)),
            LinkProfile(loss: .random(.init(probability: 0.1)), duplicate: .init(probability: 0.1)),
        ])
    func knownFlows(profile: LinkProfile) throws {
        let (harness, device, frame) = pair(profile)
        try expectNone(harness, from: device, frame)
    }

    @Test("to eight hosts at once")
    func broadcast() throws {
        let harness = DatapathHarness()
        let bridge = harness.bridge("s1")
        let devices = (0..<9).map { _ in harness.host(on: bridge) }
        try expectNone(
            harness, from: devices[0],
            DatapathHarness.udp(to: DatapathHarness.broadcast, from: DatapathHarness.mac(devices[0])))
    }

    /// What controllers' flows do, as long as the caches answer.
    @Test(
        "actions of flows",
        arguments: [
            (["actions=set_field:9.9.9.9->ip_dst,dec_ttl,output:2,output:3"], 1),
            (["actions=push_vlan:0x8100,set_field:0x1005->vlan_vid,output:2,pop_vlan,output:3"], 1),
            (["actions=push_mpls:0x8847,set_field:7->mpls_label,output:2"], 1),
            (["actions=clone(push_mpls:0x8847,output:3),output:2"], 1),
            (["actions=ct(commit,table=1)", "table=1,actions=output:2"], 2),
            (["actions=ct(commit,nat(src=192.0.2.1),table=1)", "table=1,ct_state=+trk,actions=output:2"], 2),
            (["actions=group:1"], 2), (["actions=meter:1,output:2"], 1),
            (["actions=check_pkt_larger(500)->NXM_NX_REG0[0],resubmit(,1)", "table=1,actions=output:2"], 2),
            (["actions=learn(table=1,NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]),output:2"], 1),
            (["actions=set_queue:1,output(port=2,max_len=40),output:3"], 1),
        ] as [([String], UInt64)])
    func actions(flows: [String], lookups: UInt64) throws {
        let (lab, bridge, hosts) = DatapathHarness.star(3)
        let buckets = [2, 3].map { Bucket(id: $0, weight: 1, actions: [.output($0)]) }
        try lab.datapath.modifyGroup(
            bridge: bridge, GroupModification(.add, Group(id: 1, type: .select, buckets: buckets)), now: 0)
        try lab.datapath.modifyMeter(
            bridge: bridge,
            MeterModification(.add, Meter(id: 1, flags: .kilobits, bands: [.init(.drop, rate: 1 << 30)])),
            now: 0)
        for text in flows {
            let isSecond = text.hasPrefix("table=1,")
            let parts = text.dropFirst(isSecond ? 8 : 0).split(separator: "actions=", omittingEmptySubsequences: false)
            let match = parts[0].hasSuffix(",") ? parts[0].dropLast() : parts[0]
            try lab.flow(bridge, String(match), String(parts[1]), table: isSecond ? 1 : 0)
        }
        try expectNone(
            lab, from: hosts[0], DatapathHarness.udp(to: 2, from: DatapathHarness.mac(hosts[0])), lookups: lookups)
    }

    @Test("to a mirror")
    func mirror() throws {
        let (lab, bridge, hosts) = DatapathHarness.star(3)
        try lab.flow(bridge, "", "output:2")
        lab.datapath.setMirrors(
            bridge: bridge, [Mirror(name: "m", selectsAll: true, outputPort: 3, snapLength: 40)], now: 0)
        try expectNone(lab, from: hosts[0], DatapathHarness.udp(to: 2, from: 1), lookups: 1)
    }

    @Test("the count counts")
    func counts() throws {
        try #require(allocation_count_works() != 0)
        allocation_count_start()
        let array = [UInt8](repeating: 1, count: 1000)
        let count = allocation_count()
        #expect(count >= 1 && array.count == 1000)
    }
}
