import Testbed
import Testing

@testable import Switch

/// The megaflow and exact-match caches against dictionaries, and behind a classifier whose answers they keep.
@Suite struct CacheOracleTests {
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func megaflowsAnswerAsTheClassifierDoes(seed: UInt64) {
        var random = FlowGenerator(seed: seed)
        var classifier = Classifier()
        var megaflows = MegaflowCache(seed: seed)
        var exact = ExactMatchCache()
        var answers: [Int32] = []
        var hits = (exact: 0, megaflow: 0, miss: 0)
        var keys: [FlowKey] = []
        for _ in 0..<40 { keys.append(random.key()) }
        for step in 0..<4000 {
            if step % 100 == 0 {
                // A flow change: everything that was cached may be stale.
                let rule = Int32(step / 100)
                classifier.insert(rule: rule, priority: Int32(random.below(50)), match: random.match())
                if rule > 20 { classifier.remove(rule: rule - 20) }
                megaflows.removeAll()
                exact.invalidateAll()
                answers = []
                expectEqual(megaflows.count, 0)
            }
            let key = random.chance(80) ? keys[random.below(keys.count)] : random.key()
            var mask = FlowMask()
            let expected = classifier.lookup(key, unite: &mask)
            let hash = key.exactHash(seed: 9)
            let fromExact = withUnsafePointer(to: key) { exact.lookup($0, hash: hash) }
            if fromExact >= 0 {
                #expect(answers[Int(fromExact)] == expected)
                hits.exact += 1
                continue
            }
            var id = withUnsafePointer(to: key) { megaflows.lookup($0) }
            if id >= 0 {
                #expect(answers[Int(id)] == expected)
                hits.megaflow += 1
            } else {
                hits.miss += 1
                id = Int32(answers.count)
                answers.append(expected)
                expectEqual(withUnsafePointer(to: key) { megaflows.insert(id: id, key: $0, mask: &mask) }, -1)
            }
            withUnsafePointer(to: key) { exact.insert($0, hash: hash, payload: id) }
        }
        #expect(hits.exact > 500 && hits.megaflow > 100 && hits.miss > 100)
    }

    @Test func megaflowsComeAndGoAsInAList() {
        var random = FlowGenerator(seed: 5)
        var cache = MegaflowCache()
        // Disjoint by construction: the input port, always looked at, is the entry's own.
        var list: [Int32: Match] = [:]
        var free = Array((0..<2000 as Range<Int32>).reversed())
        for _ in 0..<20_000 {
            if random.chance(55), let id = free.popLast() {
                let match = random.match().with(.inPort, UInt32(id) + 1)
                let answer = cache.insert(id: id, match)
                #expect(answer == -1)
                expectEqual(cache.insert(id: 5000, match), id)
                list[id] = match
            } else if let id = list.keys.randomElement(using: &random) {
                expectEqual(cache.match(of: id), list[id])
                expectEqual(cache.remove(id: id), true)
                expectEqual(cache.remove(id: id), false)
                list[id] = nil
                free.append(id)
            }
            expectEqual(cache.count, list.count)
            let id = Int32(random.below(2000))
            var key = random.key()
            if let match = list[id] {
                key = random.key(like: match.key, under: match.mask)
            } else {
                key[.inPort] = FieldValue(id + 1)
            }
            let found = withUnsafePointer(to: key) { cache.lookup($0) }
            #expect(found == (list[id] == nil ? -1 : id))
        }
        var all: Set<Int32> = []
        cache.forEach { all.insert($0) }
        #expect(all == Set(list.keys))
        expectEqual(cache.subtableCount <= Set(list.values.map(\.mask)).count, true)
    }

    @Test func exactMatchesCompareTheWholeKey() {
        var cache = ExactMatchCache()
        var random = FlowGenerator(seed: 6)
        var kept: [FlowKey: Int32] = [:]
        var keys: [FlowKey] = []
        for index in 0..<30_000 as Range<Int32> {
            var key = random.key()
            key[.inPort] = FieldValue(random.next() & 0xffff_ffff)
            // The same hash for many keys: only the comparison keeps them apart.
            let hash = key.exactHash(seed: 1) & 0xff
            withUnsafePointer(to: key) { cache.insert($0, hash: hash, payload: index) }
            kept[key] = index
            keys.append(key)
            let asked = keys[max(0, keys.count - 1 - random.below(20))]
            let found = withUnsafePointer(to: asked) { cache.lookup($0, hash: asked.exactHash(seed: 1) & 0xff) }
            #expect(found == -1 || found == kept[asked])
            let last = withUnsafePointer(to: key) { cache.lookup($0, hash: hash) }
            #expect(last == (key.occupied.nonzeroBitCount <= ExactMatchCache.maximumWords ? index : -1))
        }
        cache.invalidateAll()
        for key in keys {
            expectEqual(withUnsafePointer(to: key) { cache.lookup($0, hash: key.exactHash(seed: 1) & 0xff) }, -1)
        }
    }
}

extension MegaflowCache {
    /// For tests, which do not mind the copies.
    mutating func insert(id: Int32, _ match: Match) -> Int32 {
        let match = match
        return withUnsafePointer(to: match.key) { key in
            withUnsafePointer(to: match.mask) { insert(id: id, key: key, mask: $0) }
        }
    }
}
