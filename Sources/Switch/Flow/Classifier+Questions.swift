// What management asks about rules.

extension Classifier {
    /// The rule with exactly this match and priority, or -1.
    public func find(match: Match, priority: Int32) -> Int32 {
        if !match.options.isEmpty { return findOptionRule(match, priority) }
        guard let subtable = findSubtable(match.mask) else { return -1 }
        let slot = withUnsafePointer(to: match.key) { subtable.pointee.table.find($0, tag: hash($0, subtable)) }
        guard slot >= 0 else { return -1 }
        var rule = subtable.pointee.table.slots[slot].payload
        while rule >= 0 && rules[Int(rule)].priority > priority { rule = rules[Int(rule)].next }
        return rule >= 0 && rules[Int(rule)].priority == priority ? rule : -1
    }

    /// Whether `rule` is in the classifier.
    public func contains(rule: Int32) -> Bool {
        subtable(of: rule) != nil || !optionMatches.isEmpty && optionMatches.index(forKey: rule) != nil
    }

    /// The priority of `rule`, or nil when it is not in the classifier.
    public func priority(of rule: Int32) -> Int32? { contains(rule: rule) ? rules[Int(rule)].priority : nil }

    /// The match of `rule`, or nil when it is not in the classifier.
    public func match(of rule: Int32) -> Match? {
        guard let subtable = subtable(of: rule), let slot = slot(of: rule, in: subtable) else {
            return optionMatches[rule]
        }
        return Match(key: subtable.pointee.table.key(at: slot), mask: subtable.pointee.table.mask)
    }

    /// Calls `body` with each rule, in no order. The classifier must not be changed meanwhile.
    public func forEach(_ body: (Int32) -> Void) {
        for position in 0..<subtableCount { forEachBucket(order[position].subtable, where: { _ in true }, body) }
        forEachOptionRule(body) { _ in true }
    }

    /// Calls `body` with each rule that matches some packet that `match` matches too, of any priority, in no order. The
    /// classifier must not be changed meanwhile.
    public func forEachOverlapping(_ match: Match, _ body: (Int32) -> Void) {
        for position in 0..<subtableCount {
            let subtable = order[position].subtable
            forEachBucket(subtable, where: { subtable.pointee.table.overlaps(match, at: $0) }, body)
        }
        forEachOptionRule(body) { $0.overlaps(match) }
    }

    /// Calls `body` with each rule whose packets `match` matches all: those that a non-strict modification or deletion
    /// selects. In no order. The classifier must not be changed meanwhile.
    public func forEachIncluded(in match: Match, _ body: (Int32) -> Void) {
        forEachOptionRule(body) { match.includes($0) }
        if !match.options.isEmpty { return }
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
}
