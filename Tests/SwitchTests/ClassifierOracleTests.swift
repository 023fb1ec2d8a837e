import Testbed
import Testing

@testable import Switch

/// The classifier against a linear scan over the same rules, in lockstep.
@Suite struct ClassifierOracleTests {
    struct LinearScan {
        struct Rule {
            var index: Int32
            var priority: Int32
            var match: Match
        }
        var rules: [Rule] = []

        mutating func insert(_ rule: Rule) -> Int32 {
            if let same = rules.firstIndex(where: { $0.priority == rule.priority && $0.match == rule.match }) {
                defer { rules[same] = rule }
                return rules[same].index
            }
            rules.append(rule)
            return -1
        }

        func priority(of key: FlowKey) -> Int32? { rules.filter { $0.match.matches(key) }.map(\.priority).max() }
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func agreesWithALinearScan(seed: UInt64) {
        var random = FlowGenerator(seed: seed)
        var classifier = Classifier(seed: random.next())
        var scan = LinearScan()
        var free = Array((0..<400 as Range<Int32>).reversed())
        // Some runs keep few rules, some many.
        let limit = [10, 60, 300][Int(seed % 3)]
        var hits = 0
        var priorityLevels = random.chance(50) ? 4 : 1000
        for step in 0..<1500 {
            if step == 900 { priorityLevels = 2 }
            if scan.rules.count < limit && random.chance(60) {
                let index = free.removeLast()
                let rule = LinearScan.Rule(
                    index: index, priority: Int32(random.below(priorityLevels)), match: random.match())
                let replaced = classifier.insert(rule: index, priority: rule.priority, match: rule.match)
                #expect(scan.insert(rule) == replaced)
                if replaced >= 0 { free.append(replaced) }
            } else if !scan.rules.isEmpty && random.chance(50) {
                let gone = scan.rules.remove(at: random.below(scan.rules.count))
                expectEqual(classifier.find(match: gone.match, priority: gone.priority), gone.index)
                expectEqual(classifier.remove(rule: gone.index), true)
                expectEqual(classifier.find(match: gone.match, priority: gone.priority), -1)
                expectEqual(classifier.remove(rule: gone.index), false)
                free.append(gone.index)
            }
            expectEqual(classifier.count, scan.rules.count)

            let key = random.key()
            let expected = scan.priority(of: key)
            var mask = FlowMask()
            let found = classifier.lookup(key, unite: &mask)
            guard let expected else {
                #expect(found == -1, "seed \(seed) step \(step)")
                check(&random, classifier, key, mask, found, "seed \(seed) step \(step)")
                continue
            }
            hits += 1
            let winner = scan.rules.first { $0.index == found }
            #expect(winner?.priority == expected, "seed \(seed) step \(step)")
            #expect(winner?.match.matches(key) == true, "seed \(seed) step \(step)")
            if let winner { #expect(mask.covers(winner.match.mask)) }
            check(&random, classifier, key, mask, found, "seed \(seed) step \(step)")
        }
        #expect(hits > 200)
    }

    /// Every key that agrees in what was looked at has the same winner.
    private func check(
        _ random: inout FlowGenerator, _ classifier: borrowing Classifier, _ key: FlowKey, _ mask: FlowMask,
        _ winner: Int32, _ place: Comment
    ) {
        for _ in 0..<4 {
            let other = random.key(like: key, under: mask)
            var ignored = FlowMask()
            let found = classifier.lookup(other, unite: &ignored)
            #expect(found == winner, place)
        }
    }

    @Test func questionsAboutRulesAgreeWithALinearScan() {
        var random = FlowGenerator(seed: 77)
        var classifier = Classifier()
        var scan = LinearScan()
        for index in 0..<300 as Range<Int32> {
            let rule = LinearScan.Rule(index: index, priority: Int32(random.below(5)), match: random.match())
            let replaced = classifier.insert(rule: index, priority: rule.priority, match: rule.match)
            #expect(replaced == scan.insert(rule))
        }
        var all: Set<Int32> = []
        classifier.forEach { all.insert($0) }
        #expect(all == Set(scan.rules.map(\.index)))
        for rule in scan.rules {
            expectEqual(classifier.match(of: rule.index), rule.match)
            expectEqual(classifier.priority(of: rule.index), rule.priority)
        }
        for _ in 0..<200 {
            let match = random.match()
            var overlapping: Set<Int32> = []
            classifier.forEachOverlapping(match) { overlapping.insert($0) }
            #expect(overlapping == Set(scan.rules.filter { $0.match.overlaps(match) }.map(\.index)))
            var included: Set<Int32> = []
            classifier.forEachIncluded(in: match) { included.insert($0) }
            #expect(included == Set(scan.rules.filter { match.includes($0.match) }.map(\.index)))
            let priority = Int32(random.below(5))
            let refused = scan.rules.contains {
                $0.priority == priority && $0.match != match && $0.match.overlaps(match)
            }
            expectEqual(classifier.overlapping(match, priority: priority) >= 0, refused)
        }
        classifier.removeAll()
        expectEqual(classifier.count, 0)
        expectEqual(classifier.match(of: 3), nil)
        expectEqual(classifier.insert(rule: 3, priority: 1, match: Match()), -1)
        expectEqual(classifier.find(match: Match(), priority: 1), 3)
    }

    @Test func manyRulesOfOneMaskGrowAndShrink() {
        var classifier = Classifier()
        for index in 0..<20_000 as Range<Int32> {
            classifier.insert(
                rule: index, priority: index % 7,
                match: Match().with(.ethType, 0x0800).with(.ipv4Destination, UInt32(index) &* 2_654_435_761))
        }
        expectEqual(classifier.subtableCount, 1)
        for index in stride(from: 0, to: 20_000 as Int32, by: 2) { expectEqual(classifier.remove(rule: index), true) }
        var mask = FlowMask()
        for index in 0..<20_000 as Range<Int32> {
            var key = FlowKey()
            key[.ethType] = FieldValue(0x0800)
            key[.ipv4Destination] = FieldValue(UInt32(index) &* 2_654_435_761)
            let expected = index % 2 == 0 ? -1 : index
            expectEqual(classifier.lookup(key, unite: &mask), expected)
        }
    }
}

extension Classifier {
    /// For tests, which do not mind the copy.
    borrowing func lookup(_ key: FlowKey, unite mask: inout FlowMask) -> Int32 {
        withUnsafePointer(to: key) { lookup($0, unite: &mask) }
    }
}
