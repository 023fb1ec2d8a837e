import Testbed
import Testing
import Wire

@testable import Switch

private typealias H = DatapathHarness

/// What tells packets apart for a select group without a method of its own: Ethernet, IP and ARP addresses and ports, each
/// alone; and the weights' shares.
@Suite struct SelectHashTests {
    enum Difference: CaseIterable {
        case ethernet, ipv4, ipv6, ports, arp
    }

    private static func frame(_ difference: Difference, _ random: inout SeededGenerator) -> [UInt8] {
        var model = FrameModel()
        model.transport = .tcp
        switch difference {
        case .ethernet:
            model.source = MACAddress(rawValue: random.next() >> 16 & ~0x0100_0000_0000)
            model.destination = MACAddress(rawValue: random.next() >> 16 & ~0x0100_0000_0000)
        case .ipv4:
            model.isIPv6 = false
            model.source4 = IPv4Address(rawValue: UInt32(truncatingIfNeeded: random.next()))
            model.destination4 = IPv4Address(rawValue: UInt32(truncatingIfNeeded: random.next()))
        case .ipv6:
            model.isIPv6 = true
            model.source6 = IPv6Address(high: random.next(), low: random.next())
            model.destination6 = IPv6Address(high: random.next(), low: random.next())
        case .ports:
            model.sourcePort = UInt16(truncatingIfNeeded: random.next())
            model.destinationPort = UInt16(truncatingIfNeeded: random.next())
        case .arp:
            let addresses = random.next()
            func four(_ shift: UInt64) -> [UInt8] {
                [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: addresses >> (shift + $0)) }
            }
            return H.macBytes(H.broadcast) + H.macBytes(0x0200_0000_0001) + [8, 6, 0, 1, 8, 0, 6, 4, 0, 1]
                + H.macBytes(0x0200_0000_0001) + four(0) + H.macBytes(0) + four(32)
        }
        return model.bytes()
    }

    @Test(arguments: Difference.allCases, [[1, 1], [1, 2]] as [[UInt16]])
    func weightsHoldForAnyDifference(difference: Difference, weights: [UInt16]) throws {
        let lab = H()
        let bridge = lab.bridge("s", BridgeSettings(standalone: false))
        let hosts = (0..<3).map { _ in lab.host(on: bridge) }
        let buckets = weights.enumerated().map { place, weight in
            Bucket(weight: weight, actions: [.output(UInt32(place + 2))])
        }
        try lab.datapath.modifyGroup(
            bridge: bridge, GroupModification(.add, Group(id: 7, type: .select, buckets: buckets)), now: lab.now)
        lab.datapath.addFlow(
            bridge: bridge, table: 0, priority: 1, match: Match(), instructions: Instructions(apply: [.group(7)]),
            now: lab.now)
        var random = SeededGenerator(seed: 11)
        let count = 1500
        var shares = [0, 0]
        for _ in 0..<count {
            let frame = Self.frame(difference, &random)
            let out = lab.send(frame, from: hosts[0])
            #expect(out.count == 1 && out[0].frame == frame)
            shares[out.first?.device == hosts[1] ? 0 : 1] += 1
            // The same packet goes the same way again.
            if random.next() & 7 == 0 { #expect(lab.send(frame, from: hosts[0]).first?.device == out.first?.device) }
        }
        let total = Int(weights[0] + weights[1])
        for (share, weight) in zip(shares, weights) {
            let wanted = count * Int(weight) / total
            #expect(abs(share - wanted) < wanted / 7, "\(share) of \(count) for weight \(weight) of \(total)")
        }
        #expect(lab.datapath.pool.inUse == 0)
    }
}
