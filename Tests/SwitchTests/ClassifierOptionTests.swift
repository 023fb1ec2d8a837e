import Testbed
import Testing

@testable import Switch

/// Rules that look into tunnels' options, among others, against a linear scan.
@Suite struct ClassifierOptionTests {
    private static func match(_ random: inout FlowGenerator) -> Match {
        var match = random.chance(50) ? random.match() : Match()
        for index in [0, 5] where random.chance(60) {
            let value = [0, UInt8(random.below(2)), 0, UInt8(random.below(3))]
            switch random.below(4) {
            case 0: match.set(TunnelOption(index: index, value: value))
            case 1: match.set(TunnelOption(index: index, value: value, mask: [0, 1, 0, 0]))
            case 2: match.set(TunnelOption(index: index, value: value, mask: [0, 0, 0, UInt8(random.below(4))]))
            default: match.set(TunnelOption(index: index, value: [], mask: []))
            }
        }
        return match
    }

    private static func packet(_ random: inout FlowGenerator) -> (key: FlowKey, options: [TunnelOption]) {
        var key = random.key()
        var options: [TunnelOption] = []
        for index in [0, 5] where random.chance(70) {
            options.append(
                TunnelOption(index: index, value: [0, UInt8(random.below(2)), 0, UInt8(random.below(3))]))
            key[Field(tunnelOption: index)] = FieldValue(1)
        }
        return (key, options)
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func agreesWithALinearScan(seed: UInt64) {
        var random = FlowGenerator(seed: seed)
        var classifier = Classifier(seed: random.next())
        var rules: [Int32: (priority: Int32, match: Match)] = [:]
        var hits = 0
        for step in 0..<1500 as Range<Int32> {
            if rules.count < 60 && random.chance(70) {
                let rule = (priority: Int32(random.below(100)), match: Self.match(&random))
                let same = rules.first { $0.value == rule }?.key
                expectEqual(
                    classifier.insert(rule: step, priority: rule.priority, match: rule.match), same ?? -1)
                if let same { rules[same] = nil }
                rules[step] = rule
            } else if let gone = rules.keys.sorted().dropFirst(random.below(max(rules.count, 1))).first {
                let rule = rules.removeValue(forKey: gone)!
                expectEqual(classifier.find(match: rule.match, priority: rule.priority), gone)
                expectEqual(classifier.match(of: gone), rule.match)
                expectEqual(classifier.priority(of: gone), rule.priority)
                expectEqual(classifier.remove(rule: gone), true)
                expectEqual(classifier.remove(rule: gone), false)
                expectEqual(classifier.contains(rule: gone), false)
            }
            expectEqual(classifier.count, rules.count)
            let packet = Self.packet(&random)
            let expected = rules.values.filter { $0.match.matches(packet.key, packet.options) }.map(\.priority).max()
            var mask = FlowMask()
            let found = withUnsafePointer(to: packet.key) { classifier.lookup($0, packet.options, unite: &mask) }
            #expect(rules[found]?.priority == expected, "seed \(seed), step \(step)")
            guard let winner = rules[found] else { continue }
            hits += 1
            #expect(winner.match.matches(packet.key, packet.options))
            #expect(mask.covers(winner.match.mask))
        }
        #expect(hits > 300)
        for _ in 0..<100 {
            let match = Self.match(&random)
            var overlapping: Set<Int32> = []
            classifier.forEachOverlapping(match) { overlapping.insert($0) }
            #expect(overlapping == Set(rules.filter { $0.value.match.overlaps(match) }.keys))
            var included: Set<Int32> = []
            classifier.forEachIncluded(in: match) { included.insert($0) }
            #expect(included == Set(rules.filter { match.includes($0.value.match) }.keys))
        }
    }

    /// What matches say of each other is true of packets.
    @Test func matchesAndPackets() {
        var random = FlowGenerator(seed: 9)
        for _ in 0..<300 {
            let (left, right) = (Self.match(&random), Self.match(&random))
            for _ in 0..<20 {
                let packet = Self.packet(&random)
                let isLeft = left.matches(packet.key, packet.options)
                let isRight = right.matches(packet.key, packet.options)
                if isLeft && isRight { #expect(left.overlaps(right) && right.overlaps(left)) }
                if left.includes(right) && isRight { #expect(isLeft) }
            }
        }
    }

    @Test func packedMatchesAreTheSame() throws {
        for text in ["", "tun_metadata0", "udp,tun_metadata3=0x5/0xf,tun_metadata60=0x1122", "tun_metadata1=0,tcp"] {
            let match = try Match(parsing: text)
            #expect(PackedMatch(match).match == match)
        }
    }
}
