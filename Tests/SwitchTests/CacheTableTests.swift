import Testbed
import Testing

@testable import Switch

/// The hash tables under the subtables, with hashes that collide far more often than chance would have it.
@Suite struct CacheTableTests {
    @Test(arguments: [1, 3, 16, 1 << 20] as [Int])
    func aTableAgreesWithADictionary(distinctHashes: Int) {
        var random = FlowGenerator(seed: UInt64(distinctHashes))
        var mask = FlowMask()
        mask.setExact(.ipv4Destination)
        mask.setPrefix(.ethDestination, length: 24)
        var table = MaskedTable(mask: mask)
        defer { table.deallocate() }
        #expect(table.mask == mask)
        var expected: [FlowKey: Int32] = [:]
        // High and low hashes, so that probes wrap around the end of the table.
        func tag(_ key: FlowKey) -> UInt32 {
            UInt32(truncatingIfNeeded: key[.ipv4Destination].low % UInt64(distinctHashes)) &- 2
        }
        for step in 0..<6000 as Range<Int32> {
            var key = FlowKey()
            key[.ipv4Destination] = FieldValue(random.below(200))
            key[.ethDestination] = FieldValue(random.below(2)) << 40
            var noisy = key
            noisy[.ethSource] = FieldValue(random.below(1000))
            let slot = withUnsafePointer(to: noisy) { table.find($0, tag: tag(key)) }
            #expect((slot >= 0 ? table.slots[slot].payload : -1) == expected[key] ?? -1)
            if slot >= 0 {
                #expect(table.key(at: slot) == key)
                if random.chance(step / 1000 % 2 == 0 ? 30 : 90) {
                    table.remove(at: slot)
                    expected[key] = nil
                }
            } else {
                withUnsafePointer(to: noisy) { table.insert($0, tag: tag(key), payload: step) }
                expected[key] = step
            }
            #expect(table.count == expected.count)
        }
        #expect(expected.count > 50)
    }

    @Test func tagsAreCounted() {
        var random = FlowGenerator(seed: 8)
        var counter = TagCounter()
        defer { counter.deallocate() }
        var expected: [UInt32: Int] = [:]
        for step in 0..<6000 {
            // Multiples of a power of two share their place in a small table.
            let tag = UInt32(random.below(60)) &* 64 &- 128
            if random.chance(step < 3000 ? 60 : 20) {
                counter.add(tag)
                expected[tag, default: 0] += 1
            } else if let count = expected[tag], count > 0 {
                counter.remove(tag)
                expected[tag] = count - 1
            }
            let asked = UInt32(random.below(60)) &* 64 &- 128
            #expect(counter.contains(asked) == (expected[asked] ?? 0 > 0))
        }
    }
}
