// The classifier: which rule of a flow table has the highest priority among those that match a packet, and which bits
// of the packet had to be looked at to know.
//
// What: rules are the owner's indices (Int32, 0 or more, dense) with a priority and a match. Rules of one mask share a
// subtable, a hash table of masked keys; a lookup probes one subtable after the other (tuple-space search).
//
// Optimisations, each of which also keeps megaflows wide:
//  - Subtables are in the order of their highest priority; the search ends when no later one can win.
//  - Staged lookup: a subtable whose mask spans several stages of the key has an index of the hashes up to each stage. A
//    packet that is not in the index of an early stage leaves the later words unlooked at.
//  - Prefix tries over the IPv4 and IPv6 source and destination and the transport ports: a subtable whose prefix length
//    has no rule for the address or port is skipped, at the price of just the bits that show it. (Without the ports', one
//    rule for port 80 would give each ephemeral port a megaflow of its own.)
//
// Design of an entry: a bucket (distinct masked key) points to its rules, a list in falling order of priority.
// Conjunctive matches: Classifier+Conjunctions.swift. Options of tunnels: Classifier+Options.swift.
// Two rules of the same priority that both match are the owner's mistake (OpenFlow leaves the winner open); the winner
// is then either one, but always the same one for the packets of one megaflow.
// Thread-safety: none.

/// A flow table's rules, searchable by packet and by match.
public struct Classifier: ~Copyable {
    typealias SubtableRef = UnsafeMutablePointer<Subtable>

    /// The rules of one mask.
    struct Subtable {
        var table: MaskedTable
        /// No rule's priority is higher. After removals it may be more than the highest, until the next scan.
        var maxPriority: Int32
        /// Rules, and those removed since `maxPriority` was last exact.
        var ruleCount = 0
        var removedSinceScan = 0
        /// Words of the mask up to the end of stages 0, 1 and 2.
        var ends: [3 of Int] = [0, 0, 0]
        /// Stage index of the hashes up to its end; nil where the stage or what is behind it has no words.
        var indices: [3 of TagCounter?] = [nil, nil, nil]
        /// Prefix length of the mask in each trie's field; 0: none, or the mask there is no prefix.
        var prefixes: [6 of Int] = [0, 0, 0, 0, 0, 0]
        var hasAddressPrefixes = false
        var hasPortPrefixes = false
    }

    /// A place in the search order.
    struct Ranked {
        var maxPriority: Int32
        var subtable: SubtableRef
    }

    struct Rule {
        /// nil: the rule is not in the classifier.
        var subtable: SubtableRef?
        var priority: Int32
        /// The next rule of the same bucket, of lower priority; -1: none.
        var next: Int32
        var tag: UInt32
        /// Whether it is in `conjunctions`.
        var isSoft = false
    }

    static let trieFields: [6 of Field] = [
        .ipv4Destination, .ipv4Source, .ipv6Destination, .ipv6Source, .tcpDestination, .tcpSource,
    ]

    var order: UnsafeMutablePointer<Ranked>
    var orderCapacity = 16
    var rules: UnsafeMutablePointer<Rule>
    var ruleCapacity = 64
    var ipv4Destinations = PrefixTrie()
    var ipv4Sources = PrefixTrie()
    var ipv6Destinations = PrefixTrie()
    var ipv6Sources = PrefixTrie()
    var destinationPorts = PrefixTrie()
    var sourcePorts = PrefixTrie()
    let seed: UInt64
    /// Rules in the classifier.
    public internal(set) var count = 0
    /// Distinct masks.
    public internal(set) var subtableCount = 0
    /// The conjunctions of the rules that have some.
    var conjunctions: [Int32: [Conjunction]] = [:]
    /// The rules that look into options of tunnels, by mask and of falling priority, and their matches.
    var optionTables: [OptionTable] = []
    var optionMatches: [Int32: Match] = [:]
    /// Masks with `actset_output`.
    var actionSetMasks = 0
    /// Whether rules look at the output in the action set.
    var looksAtActionSet: Bool { actionSetMasks > 0 }

    /// - Parameter seed: keys the hash, so that nobody outside can choose rules or packets that collide.
    public init(seed: UInt64 = 0x1319_8a2e_0370_7344) {
        self.seed = seed
        order = .allocate(capacity: orderCapacity)
        rules = .allocate(capacity: ruleCapacity)
        rules.initialize(
            repeating: Rule(subtable: nil, priority: 0, next: -1, tag: 0), count: ruleCapacity)
    }

    deinit {
        for position in 0..<subtableCount { Self.free(order[position].subtable) }
        order.deallocate()
        rules.deallocate()
    }

    // MARK: Lookup

    /// The rule of the highest priority that matches `key`, or -1; `wildcards` gets the bits that were looked at besides
    /// those it had. Every key that agrees with this one in those bits has the same answer as long as no rule changes.
    /// - Parameter options: of the packet's tunnel.
    public func lookup(
        _ key: UnsafePointer<FlowKey>, _ options: [TunnelOption] = [], unite wildcards: inout FlowMask
    ) -> Int32 {
        withUnsafeMutablePointer(to: &wildcards) {
            if !conjunctions.isEmpty { return conjunctiveLookup(key, options, uniting: $0) }
            let best = lookup(key, uniting: $0, soft: nil)
            return optionTables.isEmpty ? best : bestOptionRule(key, options, over: best, uniting: $0, soft: nil)
        }
    }

    /// - Parameter soft: takes the rules that match, are of a higher priority than the answer and have conjunctions, which
    ///   are no answers themselves; nil where there are none.
    func lookup(
        _ key: UnsafePointer<FlowKey>, uniting wildcards: UnsafeMutablePointer<FlowMask>,
        soft: UnsafeMutablePointer<SoftMatches>?
    ) -> Int32 {
        var best: Int32 = -1
        var bestPriority = Int32.min
        var known: UInt8 = 0
        var found: [6 of PrefixTrie.Result] = InlineArray(repeating: PrefixTrie.Result())
        var position = 0
        search: while position < subtableCount {
            let ranked = order[position]
            position &+= 1
            if ranked.maxPriority <= bestPriority { break }
            let subtable = ranked.subtable
            let table = subtable.pointee.table
            var state = seed
            var hashed = 0
            var stage = 0
            while stage < 3 {
                if stage == 2 && subtable.pointee.hasAddressPrefixes
                    && excludes(subtable, fields: 0..<4, key, &known, &found, wildcards)
                {
                    continue search
                }
                let end = subtable.pointee.ends[unchecked: stage]
                if end > hashed {
                    state = table.hash(key, from: hashed, to: end, state: state)
                    hashed = end
                    if let index = subtable.pointee.indices[unchecked: stage],
                        !index.contains(MaskedTable.tag(state))
                    {
                        Self.unite(table, upTo: end, wildcards)
                        continue search
                    }
                }
                stage &+= 1
            }
            if subtable.pointee.hasPortPrefixes && excludes(subtable, fields: 4..<6, key, &known, &found, wildcards) {
                continue
            }
            state = table.hash(key, from: hashed, to: table.wordCount, state: state)
            Self.unite(table, upTo: table.wordCount, wildcards)
            let slot = table.find(key, tag: MaskedTable.tag(state))
            if slot >= 0 {
                var rule = table.slots[slot].payload
                if let soft {
                    rule = firstHard(rule, above: bestPriority, soft)
                    if rule < 0 { continue }
                }
                let priority = rules[Int(rule)].priority
                if priority > bestPriority {
                    bestPriority = priority
                    best = rule
                }
            }
        }
        return best
    }

    /// Whether the tries of `fields` show that the subtable has no rule for the packet; if so, the bits that show it are
    /// looked at. Each trie is asked once in a lookup, when the first subtable needs it.
    @inline(__always)
    private func excludes(
        _ subtable: SubtableRef, fields: Range<Int>, _ key: UnsafePointer<FlowKey>, _ known: inout UInt8,
        _ found: inout [6 of PrefixTrie.Result], _ wildcards: UnsafeMutablePointer<FlowMask>
    ) -> Bool {
        var field = fields.lowerBound
        while field < fields.upperBound {
            let length = subtable.pointee.prefixes[unchecked: field]
            if length > 0 {
                if known & (1 &<< UInt8(truncatingIfNeeded: field)) == 0 {
                    known |= 1 &<< UInt8(truncatingIfNeeded: field)
                    found[unchecked: field] = trieLookup(field, key)
                }
                if !found[unchecked: field].has(length) {
                    Self.unite(prefixOf: min(length, found[unchecked: field].checked), field: field, wildcards)
                    return true
                }
            }
            field &+= 1
        }
        return false
    }

    @inline(__always)
    private static func unite(
        _ table: MaskedTable, upTo end: Int, _ wildcards: UnsafeMutablePointer<FlowMask>
    ) {
        var position = 0
        while position < end {
            let word = table.words[position]
            wildcards.pointee.unite(word: word.index, with: word.mask)
            position &+= 1
        }
    }

    private static func unite(
        prefixOf length: Int, field: Int, _ wildcards: UnsafeMutablePointer<FlowMask>
    ) {
        let place = trieFields[unchecked: field].place
        let bits = FieldValue.prefix(length, of: place.width)
        if place.width < 64 {
            wildcards.pointee.unite(word: place.word, with: bits.low &<< UInt64(place.shift))
        } else {
            wildcards.pointee.unite(word: place.word, with: bits.high)
            wildcards.pointee.unite(word: place.word + 1, with: bits.low)
        }
    }

    private func trieLookup(_ field: Int, _ key: UnsafePointer<FlowKey>) -> PrefixTrie.Result {
        let place = Self.trieFields[unchecked: field].place
        // What follows a short field in its word is behind the end of every path in the trie.
        let address = FieldValue(
            high: key.pointee.load(place.word) << UInt64(place.width < 64 ? 64 - place.width - place.shift : 0),
            low: place.width < 64 ? 0 : key.pointee.load(place.word + 1))
        switch field {
        case 0: return ipv4Destinations.lookup(address)
        case 1: return ipv4Sources.lookup(address)
        case 2: return ipv6Destinations.lookup(address)
        case 3: return ipv6Sources.lookup(address)
        case 4: return destinationPorts.lookup(address)
        default: return sourcePorts.lookup(address)
        }
    }
}
