import Testbed
import Testing

@testable import Switch

/// What a lookup looks at: megaflows stay as wide as the rules allow.
@Suite struct ClassifierWidthTests {
    @Test func aStageThatFailsLeavesLaterStagesUnlooked() {
        var classifier = Classifier()
        classifier.insert(
            rule: 0, priority: 10,
            match: Match().with(.inPort, 1).with(.ethType, 0x0800).with(.ipProtocol, 6).with(.tcpDestination, 80))
        var key = FlowKey()
        key[.inPort] = FieldValue(2)
        key[.ethType] = FieldValue(0x0800)
        var mask = FlowMask()
        expectEqual(classifier.lookup(key, unite: &mask), -1)
        var expected = FlowMask()
        expected.setExact(.inPort)
        #expect(mask == expected)

        key[.inPort] = FieldValue(1)
        key[.ipProtocol] = FieldValue(17)
        mask = FlowMask()
        expectEqual(classifier.lookup(key, unite: &mask), -1)
        expected.setExact(.ethType)
        expected.setExact(.ipProtocol)
        #expect(mask == expected)
    }

    @Test func aPrefixThatCannotMatchCostsOnlyTheBitsThatShowIt() {
        var classifier = Classifier()
        let network = Match().with(.ethType, 0x0800)
        var match = network
        match.set(.ipv4Destination, FieldValue(0x0a01_0200), prefixLength: 24)
        classifier.insert(rule: 0, priority: 10, match: match)
        match.set(.ipv4Destination, FieldValue(0x0a01_0203), prefixLength: 32)
        classifier.insert(rule: 1, priority: 20, match: match)
        var key = FlowKey()
        key[.ethType] = FieldValue(0x0800)
        // 192.168.0.1 parts from 10.1.2.0 in the first bit.
        key[.ipv4Destination] = FieldValue(0xc0a8_0001 as UInt32)
        var mask = FlowMask()
        expectEqual(classifier.lookup(key, unite: &mask), -1)
        #expect(mask[.ipv4Destination] == .prefix(1, of: 32))
        // 10.1.2.128 parts from 10.1.2.3 in bit 25.
        key[.ipv4Destination] = FieldValue(0x0a01_0280)
        mask = FlowMask()
        expectEqual(classifier.lookup(key, unite: &mask), 0)
        #expect(mask[.ipv4Destination] == .prefix(25, of: 32))
    }

    @Test func aRuleForOnePortCostsOtherPortsFewBits() {
        var classifier = Classifier()
        classifier.insert(
            rule: 0, priority: 10, match: Match().with(.ethType, 0x0800).with(.ipProtocol, 6).with(.tcpDestination, 80))
        classifier.insert(rule: 1, priority: 0, match: Match())
        var key = FlowKey()
        key[.ethType] = FieldValue(0x0800)
        key[.ipProtocol] = FieldValue(6)
        key[.tcpDestination] = FieldValue(50_000)
        var mask = FlowMask()
        expectEqual(classifier.lookup(key, unite: &mask), 1)
        #expect(mask[.tcpDestination] == .prefix(1, of: 16))
        key[.tcpDestination] = FieldValue(81)
        mask = FlowMask()
        expectEqual(classifier.lookup(key, unite: &mask), 1)
        #expect(mask[.tcpDestination] == .ones(16))
        key[.tcpDestination] = FieldValue(80)
        expectEqual(classifier.lookup(key, unite: &mask), 0)
    }

    @Test func aLowerSubtableIsNotLookedAtOnceAHigherRuleMatched() {
        var classifier = Classifier()
        classifier.insert(rule: 0, priority: 100, match: Match().with(.inPort, 1))
        classifier.insert(rule: 1, priority: 50, match: Match().with(.ethSource, 5))
        var key = FlowKey()
        key[.inPort] = FieldValue(1)
        var mask = FlowMask()
        expectEqual(classifier.lookup(key, unite: &mask), 0)
        #expect(mask[.ethSource].isZero)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func theTrieAgreesWithAListOfPrefixes(seed: UInt64) {
        var random = FlowGenerator(seed: seed)
        var trie = PrefixTrie()
        var prefixes: [(FieldValue, Int)] = []
        for _ in 0..<3000 {
            if random.chance(55) && prefixes.count < 120 {
                let length = 1 + random.below(128)
                let address = random.value(of: .ipv6Source) & .prefix(length, of: 128)
                trie.insert(address, length: length)
                prefixes.append((address, length))
            } else if !prefixes.isEmpty {
                let (address, length) = prefixes.remove(at: random.below(prefixes.count))
                trie.remove(address, length: length)
            }
            expectEqual(trie.isEmpty, prefixes.isEmpty)
            var address = random.value(of: .ipv6Source)
            if random.chance(20) { address = FieldValue(high: random.next(), low: random.next()) }
            let result = trie.lookup(address)
            for length in 1...128 {
                let held = prefixes.contains { $0.1 == length && (address & .prefix(length, of: 128)) == $0.0 }
                #expect(result.has(length) == held)
            }
            let longer = prefixes.contains {
                $0.1 > result.checked
                    && (address & .prefix(result.checked, of: 128)) == ($0.0 & .prefix(result.checked, of: 128))
            }
            #expect(!longer)
        }
    }
}
