import Testbed
import Testing

@testable import Switch

/// Conjunctive matches against their description in ovs-fields(7), rule by rule.
@Suite struct ConjunctionTests {
    struct Rule {
        var index: Int32
        var priority: Int32
        var match: Match
        var conjunctions: [Conjunction] = []
    }

    /// The rules that may win: of each priority from the top, those that match by themselves, or those that match with the
    /// id of a conjunction that the packet fulfils.
    static func winners(_ rules: [Rule], _ key: FlowKey) -> Set<Int32> {
        func best(_ key: FlowKey) -> [Rule] {
            let matching = rules.filter { $0.conjunctions.isEmpty && $0.match.matches(key) }
            let highest = matching.map(\.priority).max()
            return matching.filter { $0.priority == highest }
        }
        let hard = best(key)
        for priority in Set(rules.map(\.priority)).sorted(by: >) {
            if hard.first?.priority == priority { break }
            let parts = rules.filter { $0.priority == priority && $0.match.matches(key) }.flatMap(\.conjunctions)
            var found: Set<Int32> = []
            for id in Set(parts.map(\.id)) {
                let clauses = parts.first { $0.id == id }!.clauses
                guard Set(parts.filter { $0.id == id }.map(\.clause)).count == Int(clauses) else { continue }
                var probe = key
                probe[.conjunctionID] = FieldValue(id)
                found.formUnion(best(probe).map(\.index))
            }
            if !found.isEmpty { return found }
        }
        return Set(hard.map(\.index))
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>) func agreesWithTheDescription(seed: UInt64) {
        var random = FlowGenerator(seed: seed)
        var classifier = Classifier(seed: random.next())
        var rules: [Rule] = []
        var free = Array((0..<200 as Range<Int32>).reversed())
        var met = 0
        for step in 0..<800 {
            if rules.count < 60 && random.chance(60) {
                var rule = Rule(index: free.removeLast(), priority: Int32(random.below(4)), match: random.match())
                let ids = UInt32(1 + seed % 3)
                if random.chance(60) {
                    for _ in 0...random.below(3) {
                        let id = UInt32(random.below(Int(ids)) + 1)
                        // Each id has one number of clauses.
                        let clauses = UInt8(2 + id % 2)
                        rule.conjunctions.append(
                            Conjunction(id: id, clause: UInt8(random.below(Int(clauses))), clauses: clauses))
                    }
                } else if random.chance(50) {
                    rule.match.set(.conjunctionID, UInt32(random.below(Int(ids)) + 1))
                }
                let replaced = classifier.insert(
                    rule: rule.index, priority: rule.priority, match: rule.match, conjunctions: rule.conjunctions)
                if replaced >= 0 {
                    rules.removeAll { $0.index == replaced }
                    free.append(replaced)
                }
                rules.append(rule)
            } else if !rules.isEmpty && random.chance(40) {
                let gone = rules.remove(at: random.below(rules.count))
                classifier.remove(rule: gone.index)
                free.append(gone.index)
            } else if !rules.isEmpty && random.chance(20) {
                let place = random.below(rules.count)
                rules[place].conjunctions = []
                classifier.setConjunctions(of: rules[place].index, [])
            }
            let key = random.key()
            var mask = FlowMask()
            let found = classifier.lookup(key, unite: &mask)
            let expected = Self.winners(rules, key)
            #expect(expected.isEmpty ? found == -1 : expected.contains(found), "seed \(seed) step \(step)")
            if let rule = rules.first(where: { $0.index == found }), !rule.match.mask[.conjunctionID].isZero {
                met += 1
            }
            for _ in 0..<3 {
                var other = random.key(like: key, under: mask)
                other[.conjunctionID] = .zero
                var ignored = FlowMask()
                expectEqual(classifier.lookup(other, unite: &ignored), found, "seed \(seed) step \(step)")
            }
        }
        #expect(met > 10)
    }

    /// A megaflow goes when a flow that is part of its conjunction goes or comes.
    @Test func changesReachTheCaches() throws {
        let (lab, bridge, hosts) = DatapathHarness.star(2)
        try lab.flow(bridge, "ip,nw_src=10.0.0.1", "conjunction(7,1/2)")
        try lab.flow(bridge, "udp,tp_dst=53", "conjunction(7,2/2)")
        try lab.flow(bridge, "conj_id=7,ip", "output:2")
        let query = DatapathHarness.udp(to: 2, from: 1, destinationPort: 53)
        let other = DatapathHarness.udp(to: 2, from: 1, destinationPort: 54)
        for _ in 0..<2 {
            #expect(lab.send(query, from: hosts[0]).map(\.frame) == [query])
            #expect(lab.send(other, from: hosts[0]).isEmpty)
        }
        try lab.flow(bridge, "udp,tp_dst=54", "conjunction(7,2/2),conjunction(8,1/2)")
        #expect(lab.send(other, from: hosts[0]).map(\.frame) == [other])
        try lab.datapath.modify(
            bridge: bridge,
            FlowModification(
                .modifyStrict, priority: 10, match: try Match(parsing: "udp,tp_dst=54"),
                instructions: try Instructions(parsing: "conjunction(8,1/2)")), now: lab.now)
        #expect(lab.send(other, from: hosts[0]).isEmpty)
        #expect(lab.send(query, from: hosts[0]).map(\.frame) == [query])
        lab.datapath.removeFlow(
            bridge: bridge, table: 0, priority: 10, match: try Match(parsing: "ip,nw_src=10.0.0.1"))
        #expect(lab.send(query, from: hosts[0]).isEmpty)
    }
}
