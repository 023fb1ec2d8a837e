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
    private struct Ranked {
        var maxPriority: Int32
        var subtable: SubtableRef
    }

    private struct Rule {
        /// nil: the rule is not in the classifier.
        var subtable: SubtableRef?
        var priority: Int32
        /// The next rule of the same bucket, of lower priority; -1: none.
        var next: Int32
        var tag: UInt32
    }

    private static let trieFields: [6 of Field] = [
        .ipv4Destination, .ipv4Source, .ipv6Destination, .ipv6Source, .tcpDestination, .tcpSource,
    ]

    private var order: UnsafeMutablePointer<Ranked>
    private var orderCapacity = 16
    private var rules: UnsafeMutablePointer<Rule>
    private var ruleCapacity = 64
    private var ipv4Destinations = PrefixTrie()
    private var ipv4Sources = PrefixTrie()
    private var ipv6Destinations = PrefixTrie()
    private var ipv6Sources = PrefixTrie()
    private var destinationPorts = PrefixTrie()
    private var sourcePorts = PrefixTrie()
    private let seed: UInt64
    /// Rules in the classifier.
    public private(set) var count = 0
    /// Distinct masks.
    public private(set) var subtableCount = 0
    /// Masks with `actset_output`.
    private var actionSetMasks = 0
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
    public func lookup(_ key: UnsafePointer<FlowKey>, unite wildcards: inout FlowMask) -> Int32 {
        withUnsafeMutablePointer(to: &wildcards) { lookup(key, uniting: $0) }
    }

    private func lookup(_ key: UnsafePointer<FlowKey>, uniting wildcards: UnsafeMutablePointer<FlowMask>) -> Int32 {
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
                let rule = table.slots[slot].payload
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

    // MARK: Changes

    /// Adds `rule`, in the place of a rule with the same match and priority.
    /// - Returns: the rule that was replaced, which is in the classifier no more, or -1.
    /// - Precondition: `rule` is 0 or more and not in the classifier.
    @discardableResult
    public mutating func insert(rule: Int32, priority: Int32, match: Match) -> Int32 {
        reserve(rule)
        precondition(rules[Int(rule)].subtable == nil, "a rule that is in the classifier")
        let subtable = findSubtable(match.mask) ?? addSubtable(match.mask, priority: priority)
        return withUnsafePointer(to: match.key) { insert(rule, priority, $0, subtable) }
    }

    private mutating func insert(
        _ rule: Int32, _ priority: Int32, _ key: UnsafePointer<FlowKey>, _ subtable: SubtableRef
    ) -> Int32 {
        let tag = hash(key, subtable)
        let slot = subtable.pointee.table.find(key, tag: tag)
        var replaced: Int32 = -1
        var next: Int32 = -1
        if slot < 0 {
            subtable.pointee.table.insert(key, tag: tag, payload: rule)
            index(key, subtable, adding: true)
        } else {
            var previous: Int32 = -1
            next = subtable.pointee.table.slots[slot].payload
            while next >= 0 && rules[Int(next)].priority > priority {
                previous = next
                next = rules[Int(next)].next
            }
            if next >= 0 && rules[Int(next)].priority == priority {
                replaced = next
                next = rules[Int(next)].next
                rules[Int(replaced)].subtable = nil
            }
            if previous >= 0 {
                rules[Int(previous)].next = rule
            } else {
                subtable.pointee.table.setPayload(rule, at: slot)
            }
        }
        rules[Int(rule)] = Rule(subtable: subtable, priority: priority, next: next, tag: tag)
        if replaced >= 0 { return replaced }
        count += 1
        subtable.pointee.ruleCount += 1
        if priority > subtable.pointee.maxPriority {
            subtable.pointee.maxPriority = priority
            reorder(subtable)
        }
        return -1
    }

    /// Removes `rule`; false: it is not in the classifier.
    @discardableResult
    public mutating func remove(rule: Int32) -> Bool {
        guard let subtable = self.subtable(of: rule), let slot = slot(of: rule, in: subtable) else { return false }
        let removed = rules[Int(rule)]
        let head = subtable.pointee.table.slots[slot].payload
        if head != rule {
            var previous = head
            while rules[Int(previous)].next != rule { previous = rules[Int(previous)].next }
            rules[Int(previous)].next = removed.next
        } else if removed.next >= 0 {
            subtable.pointee.table.setPayload(removed.next, at: slot)
        } else {
            let key = subtable.pointee.table.key(at: slot)
            withUnsafePointer(to: key) { index($0, subtable, adding: false) }
            subtable.pointee.table.remove(at: slot)
        }
        rules[Int(rule)].subtable = nil
        count -= 1
        subtable.pointee.ruleCount -= 1
        subtable.pointee.removedSinceScan += 1
        if subtable.pointee.ruleCount == 0 {
            drop(subtable)
        } else if subtable.pointee.removedSinceScan > subtable.pointee.ruleCount / 2 {
            rescan(subtable)
        }
        return true
    }

    /// Removes every rule.
    public mutating func removeAll() {
        while subtableCount > 0 {
            Self.free(order[subtableCount - 1].subtable)
            subtableCount -= 1
        }
        actionSetMasks = 0
        rules.update(repeating: Rule(subtable: nil, priority: 0, next: -1, tag: 0), count: ruleCapacity)
        ipv4Destinations = PrefixTrie()
        ipv4Sources = PrefixTrie()
        ipv6Destinations = PrefixTrie()
        ipv6Sources = PrefixTrie()
        destinationPorts = PrefixTrie()
        sourcePorts = PrefixTrie()
        count = 0
    }

    // MARK: Questions about rules

    /// The rule with exactly this match and priority, or -1.
    public func find(match: Match, priority: Int32) -> Int32 {
        guard let subtable = findSubtable(match.mask) else { return -1 }
        let slot = withUnsafePointer(to: match.key) { subtable.pointee.table.find($0, tag: hash($0, subtable)) }
        guard slot >= 0 else { return -1 }
        var rule = subtable.pointee.table.slots[slot].payload
        while rule >= 0 && rules[Int(rule)].priority > priority { rule = rules[Int(rule)].next }
        return rule >= 0 && rules[Int(rule)].priority == priority ? rule : -1
    }

    /// Whether `rule` is in the classifier.
    public func contains(rule: Int32) -> Bool { subtable(of: rule) != nil }

    /// The priority of `rule`, or nil when it is not in the classifier.
    public func priority(of rule: Int32) -> Int32? { subtable(of: rule) == nil ? nil : rules[Int(rule)].priority }

    /// The match of `rule`, or nil when it is not in the classifier.
    public func match(of rule: Int32) -> Match? {
        guard let subtable = subtable(of: rule), let slot = slot(of: rule, in: subtable) else { return nil }
        return Match(key: subtable.pointee.table.key(at: slot), mask: subtable.pointee.table.mask)
    }

    /// Calls `body` with each rule, in no order. The classifier must not be changed meanwhile.
    public func forEach(_ body: (Int32) -> Void) {
        for position in 0..<subtableCount { forEachBucket(order[position].subtable, where: { _ in true }, body) }
    }

    /// Calls `body` with each rule that matches some packet that `match` matches too, of any priority, in no order. The
    /// classifier must not be changed meanwhile.
    public func forEachOverlapping(_ match: Match, _ body: (Int32) -> Void) {
        for position in 0..<subtableCount {
            let subtable = order[position].subtable
            forEachBucket(subtable, where: { subtable.pointee.table.overlaps(match, at: $0) }, body)
        }
    }

    /// Calls `body` with each rule whose packets `match` matches all: those that a non-strict modification or deletion
    /// selects. In no order. The classifier must not be changed meanwhile.
    public func forEachIncluded(in match: Match, _ body: (Int32) -> Void) {
        for position in 0..<subtableCount {
            let subtable = order[position].subtable
            guard subtable.pointee.table.mask.covers(match.mask) else { continue }
            forEachBucket(subtable, where: { subtable.pointee.table.overlaps(match, at: $0) }, body)
        }
    }

    /// A rule of the same priority that overlaps with `match` without being the same match, or -1: what OpenFlow's
    /// CHECK_OVERLAP refuses.
    public func overlapping(_ match: Match, priority: Int32) -> Int32 {
        let same = find(match: match, priority: priority)
        var result: Int32 = -1
        forEachOverlapping(match) { rule in
            if rule != same && rules[Int(rule)].priority == priority { result = rule }
        }
        return result
    }

    private func forEachBucket(_ subtable: SubtableRef, where holds: (Int) -> Bool, _ body: (Int32) -> Void) {
        let table = subtable.pointee.table
        for slot in 0...table.capacityMask where table.slots[slot].payload >= 0 && holds(slot) {
            var rule = table.slots[slot].payload
            while rule >= 0 {
                body(rule)
                rule = rules[Int(rule)].next
            }
        }
    }

    // MARK: Upkeep

    private func subtable(of rule: Int32) -> SubtableRef? {
        rule >= 0 && Int(rule) < ruleCapacity ? rules[Int(rule)].subtable : nil
    }

    private func slot(of rule: Int32, in subtable: SubtableRef) -> Int? {
        let table = subtable.pointee.table
        var slot = table.nextSlot(tag: rules[Int(rule)].tag, after: nil)
        while slot >= 0 {
            var at = table.slots[slot].payload
            while at >= 0 && at != rule { at = rules[Int(at)].next }
            if at == rule { return slot }
            slot = table.nextSlot(tag: rules[Int(rule)].tag, after: slot)
        }
        return nil
    }

    private func hash(_ key: UnsafePointer<FlowKey>, _ subtable: SubtableRef) -> UInt32 {
        let table = subtable.pointee.table
        return MaskedTable.tag(table.hash(key, from: 0, to: table.wordCount, state: seed))
    }

    private func findSubtable(_ mask: FlowMask) -> SubtableRef? {
        let occupied = mask.exactlyOccupied
        for position in 0..<subtableCount
        where order[position].subtable.pointee.table.hasMask(mask, occupied: occupied) {
            return order[position].subtable
        }
        return nil
    }

    /// Adds or removes a bucket's key to or from the stage indices and the tries.
    private mutating func index(_ key: UnsafePointer<FlowKey>, _ subtable: SubtableRef, adding: Bool) {
        let table = subtable.pointee.table
        for stage in 0..<3 where subtable.pointee.indices[stage] != nil {
            let state = table.hash(key, from: 0, to: subtable.pointee.ends[stage], state: seed)
            if adding {
                subtable.pointee.indices[stage]!.add(MaskedTable.tag(state))
            } else {
                subtable.pointee.indices[stage]!.remove(MaskedTable.tag(state))
            }
        }
        for field in 0..<6 where subtable.pointee.prefixes[field] > 0 {
            let width = Self.trieFields[field].width
            let address = key.pointee[Self.trieFields[field]] << (128 - width)
            let length = subtable.pointee.prefixes[field]
            switch (field, adding) {
            case (0, true): ipv4Destinations.insert(address, length: length)
            case (0, false): ipv4Destinations.remove(address, length: length)
            case (1, true): ipv4Sources.insert(address, length: length)
            case (1, false): ipv4Sources.remove(address, length: length)
            case (2, true): ipv6Destinations.insert(address, length: length)
            case (2, false): ipv6Destinations.remove(address, length: length)
            case (3, true): ipv6Sources.insert(address, length: length)
            case (3, false): ipv6Sources.remove(address, length: length)
            case (4, true): destinationPorts.insert(address, length: length)
            case (4, false): destinationPorts.remove(address, length: length)
            case (_, true): sourcePorts.insert(address, length: length)
            case (_, false): sourcePorts.remove(address, length: length)
            }
        }
    }

    private mutating func addSubtable(_ mask: FlowMask, priority: Int32) -> SubtableRef {
        var subtable = Subtable(table: MaskedTable(mask: mask), maxPriority: priority)
        if !mask[.actionSetOutput].isZero { actionSetMasks += 1 }
        let total = subtable.table.wordCount
        for stage in 0..<3 {
            var end = 0
            while end < total && subtable.table.words[end].index < FlowKey.stageWords[stage + 1] { end += 1 }
            subtable.ends[stage] = end
            let before = stage > 0 ? subtable.ends[stage - 1] : 0
            if end > before && end < total { subtable.indices[stage] = TagCounter() }
        }
        for field in 0..<6 {
            let width = Self.trieFields[field].width
            let bits = mask[Self.trieFields[field]]
            let length = bits.high.nonzeroBitCount + bits.low.nonzeroBitCount
            if length > 0 && bits == .prefix(length, of: width) {
                subtable.prefixes[field] = length
                if field < 4 { subtable.hasAddressPrefixes = true } else { subtable.hasPortPrefixes = true }
            }
        }
        if subtableCount == orderCapacity {
            let grown = UnsafeMutablePointer<Ranked>.allocate(capacity: orderCapacity * 2)
            grown.moveInitialize(from: order, count: subtableCount)
            order.deallocate()
            order = grown
            orderCapacity *= 2
        }
        let reference = SubtableRef.allocate(capacity: 1)
        reference.initialize(to: subtable)
        (order + subtableCount).initialize(to: Ranked(maxPriority: priority, subtable: reference))
        subtableCount += 1
        reorder(reference)
        return reference
    }

    /// Moves `subtable` to its place after its highest priority changed.
    private mutating func reorder(_ subtable: SubtableRef) {
        var position = 0
        while order[position].subtable != subtable { position += 1 }
        let moving = Ranked(maxPriority: subtable.pointee.maxPriority, subtable: subtable)
        while position > 0 && order[position - 1].maxPriority < moving.maxPriority {
            order[position] = order[position - 1]
            position -= 1
        }
        while position + 1 < subtableCount && order[position + 1].maxPriority > moving.maxPriority {
            order[position] = order[position + 1]
            position += 1
        }
        order[position] = moving
    }

    /// Makes `maxPriority` exact. Done after as many removals as there are rules left to scan, so that a removal
    /// costs the same on average however many rules share a mask.
    private mutating func rescan(_ subtable: SubtableRef) {
        let table = subtable.pointee.table
        var highest = Int32.min
        for slot in 0...table.capacityMask where table.slots[slot].payload >= 0 {
            highest = max(highest, rules[Int(table.slots[slot].payload)].priority)
        }
        subtable.pointee.removedSinceScan = 0
        if highest != subtable.pointee.maxPriority {
            subtable.pointee.maxPriority = highest
            reorder(subtable)
        }
    }

    private mutating func drop(_ subtable: SubtableRef) {
        var kept = 0
        for position in 0..<subtableCount where order[position].subtable != subtable {
            order[kept] = order[position]
            kept += 1
        }
        subtableCount = kept
        if !subtable.pointee.table.mask[.actionSetOutput].isZero { actionSetMasks -= 1 }
        Self.free(subtable)
    }

    private static func free(_ subtable: SubtableRef) {
        for stage in 0..<3 { subtable.pointee.indices[stage]?.deallocate() }
        subtable.pointee.table.deallocate()
        subtable.deinitialize(count: 1)
        subtable.deallocate()
    }

    private mutating func reserve(_ rule: Int32) {
        precondition(rule >= 0, "a negative rule index")
        guard Int(rule) >= ruleCapacity else { return }
        let capacity = max(ruleCapacity * 2, Int(rule) + 1)
        let grown = UnsafeMutablePointer<Rule>.allocate(capacity: capacity)
        grown.initialize(repeating: Rule(subtable: nil, priority: 0, next: -1, tag: 0), count: capacity)
        grown.update(from: rules, count: ruleCapacity)
        rules.deallocate()
        rules = grown
        ruleCapacity = capacity
    }
}
