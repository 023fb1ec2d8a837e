import Testing

@testable import Switch

private typealias H = DatapathHarness

@Suite struct MeterTests {
    private let lab: H
    private let bridge: Int32
    private let hosts: [Int32]

    init() { (lab, bridge, hosts) = H.star(2) }

    private func set(_ command: MeterModification.Command, _ meter: Meter) throws {
        try lab.datapath.modifyMeter(bridge: bridge, MeterModification(command, meter), now: lab.now)
    }

    private func addFlow(meter: UInt32?, _ actions: [Action] = [.output(2)]) throws {
        try lab.datapath.modify(
            bridge: bridge,
            FlowModification(
                .add, flags: .sendFlowRemoved, instructions: Instructions(apply: actions, meter: meter)), now: lab.now)
    }

    /// Sends a frame every `interval` nanoseconds for ten seconds; answers how many came through.
    private func flood(every interval: UInt64, payload: Int = 86) -> Int {
        let frame = H.frame(to: H.mac(hosts[1]), from: H.mac(hosts[0])) + [UInt8](repeating: 0, count: payload - 46)
        let end = lab.now + 10_000_000_000
        var through = 0
        while lab.now < end {
            through += lab.send(frame, from: hosts[0]).count
            lab.now += interval
        }
        return through
    }

    @Test(arguments: [UInt32(80), 800]) func ratesInKilobitsHoldOverTime(rate: UInt32) throws {
        try set(.add, Meter(id: 1, flags: [.kilobits, .statistics], bands: [.init(.drop, rate: rate)]))
        try addFlow(meter: 1)
        // Frames of 100 bytes, at twice the rate.
        let interval = 100 * 8 * 1_000_000 / UInt64(rate) / 2
        let through = flood(every: interval)
        let expected = Int(rate) * 1000 * 10 / 800
        #expect(abs(through - expected) * 50 <= expected, "\(through) packets for \(expected)")
        let statistics = lab.datapath.meterStatistics(bridge: bridge, id: 1, now: lab.now)[0]
        #expect(statistics.packetsIn == UInt64(10_000_000_000 / interval))
        #expect(statistics.bands[0].packets == statistics.packetsIn - UInt64(through))
        #expect(statistics.flowCount == 1)
        // What a meter drops counts for the flow, and not for the port behind the meter.
        #expect(lab.datapath.flows(bridge: bridge)[0].packets == statistics.packetsIn)
        #expect(lab.datapath.portStatistics(bridge: bridge, number: 2, now: lab.now)[0].sent.packets == UInt64(through))
        #expect(lab.datapath.dropCount(.meter) == statistics.bands[0].packets)
    }

    @Test func ratesInPacketsHoldAndBurstsPass() throws {
        try set(.add, Meter(id: 7, flags: [.packets, .burst], bands: [.init(.drop, rate: 100, burst: 50)]))
        try addFlow(meter: 7)
        let frame = H.frame(to: H.mac(hosts[1]), from: H.mac(hosts[0]))
        var burst = 0
        for _ in 0..<200 { burst += lab.send(frame, from: hosts[0]).count }
        #expect(burst == 50)
        lab.now += 100_000_000
        burst = 0
        for _ in 0..<200 { burst += lab.send(frame, from: hosts[0]).count }
        #expect(burst == 10)
        let through = flood(every: 2_000_000)
        #expect(abs(through - 1000) <= 2)
    }

    @Test func marksWithAHigherDropPrecedence() throws {
        try set(
            .add,
            Meter(
                id: 1, flags: [.packets, .burst],
                bands: [.init(.remarkDSCP(precedence: 1), rate: 1, burst: 1), .init(.drop, rate: 3, burst: 3)]))
        try addFlow(meter: 1)
        var frame = H.udp(to: H.mac(hosts[1]), from: H.mac(hosts[0]))
        frame[15] = 18 << 2
        var sum: UInt32 = 0
        frame[24] = 0
        frame[25] = 0
        for at in stride(from: 14, to: 34, by: 2) { sum += UInt32(frame[at]) << 8 | UInt32(frame[at + 1]) }
        sum = (sum & 0xffff) + sum >> 16
        sum = ~((sum & 0xffff) + sum >> 16) & 0xffff
        frame[24] = UInt8(sum >> 8)
        frame[25] = UInt8(sum & 0xff)
        let out = (0..<5).map { _ in lab.send(frame, from: hosts[0]).first?.frame }
        #expect(out[0] == frame)
        for copy in [out[1], out[2]] {
            let copy = try #require(copy)
            #expect(copy[15] == 20 << 2)
            var check: UInt32 = 0
            for at in stride(from: 14, to: 34, by: 2) { check += UInt32(copy[at]) << 8 | UInt32(copy[at + 1]) }
            #expect((check & 0xffff) + check >> 16 == 0xffff)
        }
        #expect(out[3] == nil && out[4] == nil)
        #expect(Datapath.remarked(46 << 2, by: 1) == 46 << 2)
        #expect(Datapath.remarked(14 << 2 | 1, by: 3) == 14 << 2 | 1)
    }

    @Test func deletedMetersTakeTheirFlowsAlong() throws {
        var reasons: [FlowRemovedReason] = []
        lab.datapath.onEvent = { if case .flowRemoved(let removal) = $0 { reasons.append(removal.reason) } }
        #expect(throws: ModificationError.unknownMeter) { try addFlow(meter: 3) }
        try set(.add, Meter(id: 3, flags: .kilobits, bands: [.init(.drop, rate: 1)]))
        #expect(throws: ModificationError.meterExists) {
            try set(.add, Meter(id: 3, flags: .kilobits, bands: [.init(.drop, rate: 1)]))
        }
        #expect(throws: ModificationError.badMeterFlags) {
            try set(.add, Meter(id: 4, flags: [.kilobits, .packets], bands: [.init(.drop, rate: 1)]))
        }
        #expect(throws: ModificationError.unknownMeter) { try set(.modify, Meter(id: 4, flags: .kilobits)) }
        try addFlow(meter: 3)
        try set(.modify, Meter(id: 3, flags: .kilobits, bands: [.init(.drop, rate: 5)]))
        #expect(lab.datapath.meters(bridge: bridge)[0].bands[0].rate == 5)
        try set(.delete, Meter(id: Meter.all, flags: []))
        #expect(reasons == [.meterDelete])
        #expect(lab.datapath.meters(bridge: bridge).isEmpty && lab.datapath.flows(bridge: bridge).isEmpty)
    }
}
