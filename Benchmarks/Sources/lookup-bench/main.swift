import Switch

// Prints the nanoseconds of one operation: the best of several rounds, so that a busy machine disturbs little.

@inline(never)
func keep(_ value: some Any) {}

func measure(_ name: String, target: Double?, operations: Int, rounds: Int = 15, _ body: () -> Int) {
    let clock = ContinuousClock()
    var best = Double.infinity
    var sum = 0
    for _ in 0..<rounds {
        let elapsed = clock.measure { sum &+= body() }
        let (seconds, attoseconds) = elapsed.components
        best = min(best, (Double(seconds) * 1e9 + Double(attoseconds) / 1e9) / Double(operations))
    }
    keep(sum)
    let value = Double(Int(best * 10 + 0.5)) / 10
    let verdict = target.map { "at most \(Int($0)): \(best <= $0 ? "reached" : "MISSED")" } ?? ""
    print("\(name): \(value) ns  \(verdict)")
}

// Extraction of a TCP/IPv4 frame.
do {
    let frame = tcpFrame(source: 0x0a00_0001, destination: 0x0a00_0002, sourcePort: 40000, destinationPort: 80)
    let key = UnsafeMutablePointer<FlowKey>.allocate(capacity: 1)
    key.initialize(to: FlowKey())
    frame.withUnsafeBytes { bytes in
        measure("key extraction, TCP/IPv4", target: nil, operations: 1_000_000) {
            var sum = 0
            for port in 0..<1_000_000 as Range<UInt32> {
                sum &+= Int(extract(frame: bytes, inPort: port & 7, into: key).l4)
            }
            return sum
        }
    }
    key.deallocate()
}

func exactMatch(flows: Int) {
    var random = SeededGenerator(seed: 1)
    var cache = ExactMatchCache()
    let keys = UnsafeMutablePointer<FlowKey>.allocate(capacity: flows)
    var cached = 0
    for index in 0..<flows {
        (keys + index).initialize(to: tcpKey(&random, inPort: 1))
        cache.insert(keys + index, hash: (keys + index).exactHash(seed: 7), payload: Int32(index))
    }
    for index in 0..<flows where cache.lookup(keys + index, hash: (keys + index).exactHash(seed: 7)) >= 0 {
        cached += 1
    }
    measure(
        "exact-match lookup with hash, \(flows) flows (\(cached) cached)", target: 40,
        operations: 1_000_000 / flows * flows
    ) {
        var sum = 0
        for _ in 0..<1_000_000 / flows {
            for index in 0..<flows {
                let key = keys + index
                sum &+= Int(cache.lookup(key, hash: key.exactHash(seed: 7)))
            }
        }
        return sum
    }
    keys.deallocate()
}
exactMatch(flows: 1)
exactMatch(flows: 100)
exactMatch(flows: 4000)

func megaflows(_ flows: Int) {
    var random = SeededGenerator(seed: 1)
    var cache = MegaflowCache()
    let keys = UnsafeMutablePointer<FlowKey>.allocate(capacity: flows)
    for index in 0..<flows {
        let group = index % megaflowMasks.count
        var mask = mask(megaflowMasks[group])
        // Disjoint: each mask has its own ports.
        (keys + index).initialize(to: tcpKey(&random, inPort: UInt32(index) * 16 + UInt32(group)))
        keep(cache.insert(id: Int32(index), key: keys + index, mask: &mask))
    }
    let repeats = max(1, 1_000_000 / flows)
    measure(
        "megaflow hit, \(flows) flows over \(cache.subtableCount) masks", target: flows == 1000 ? 150 : nil,
        operations: repeats * flows
    ) {
        var sum = 0
        for _ in 0..<repeats { for index in 0..<flows { sum &+= Int(cache.lookup(keys + index)) } }
        return sum
    }
    keys.deallocate()
}
megaflows(1000)
megaflows(300_000)

func rules(_ wanted: Int) {
    var random = SeededGenerator(seed: 1)
    var classifier = Classifier()
    var count: Int32 = 0
    let clock = ContinuousClock()
    let elapsed = clock.measure {
        while classifier.count < wanted {
            for rule in ruleTable(&random)
            where classifier.count < wanted && classifier.find(match: rule.match, priority: rule.priority) < 0 {
                classifier.insert(rule: count, priority: rule.priority, match: rule.match)
                count += 1
            }
        }
    }
    print("insertion of \(count) rules, generation included: \(elapsed)")
    let packets = 4096
    let keys = UnsafeMutablePointer<FlowKey>.allocate(capacity: packets)
    for index in 0..<packets { (keys + index).initialize(to: tcpKey(&random, inPort: 1)) }
    var hits = 0
    var mask = FlowMask()
    for index in 0..<packets where classifier.lookup(keys + index, unite: &mask) >= 0 { hits += 1 }
    measure(
        "classifier lookup, \(classifier.count) rules, \(classifier.subtableCount) masks, \(hits * 100 / packets) % hits",
        target: 5000, operations: packets, rounds: 60
    ) {
        var sum = 0
        for index in 0..<packets {
            mask.clear()
            sum &+= Int(classifier.lookup(keys + index, unite: &mask))
        }
        return sum
    }
    keys.deallocate()
}
rules(10_000)
rules(100_000)
