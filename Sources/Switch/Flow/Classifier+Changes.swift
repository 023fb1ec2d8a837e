// Rules that come and go.

extension Classifier {
    /// Adds `rule`, in the place of a rule with the same match and priority.
    /// - Parameter conjunctions: what it is a part of, where it is no match by itself.
    /// - Returns: the rule that was replaced, which is in the classifier no more, or -1.
    /// - Precondition: `rule` is 0 or more and not in the classifier.
    @discardableResult
    public mutating func insert(
        rule: Int32, priority: Int32, match: Match, conjunctions: [Conjunction] = []
    ) -> Int32 {
        reserve(rule)
        precondition(!contains(rule: rule), "a rule that is in the classifier")
        if !match.options.isEmpty {
            let replaced = insertOptionRule(rule, priority, match)
            if replaced >= 0 { self.conjunctions[replaced] = nil }
            if !conjunctions.isEmpty { setConjunctions(of: rule, conjunctions) }
            return replaced
        }
        let subtable = findSubtable(match.mask) ?? addSubtable(match.mask, priority: priority)
        let replaced = withUnsafePointer(to: match.key) { insert(rule, priority, $0, subtable) }
        if replaced >= 0 { self.conjunctions[replaced] = nil }
        if !conjunctions.isEmpty { setConjunctions(of: rule, conjunctions) }
        return replaced
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
        guard let subtable = self.subtable(of: rule), let slot = slot(of: rule, in: subtable) else {
            return !optionMatches.isEmpty && removeOptionRule(rule)
        }
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
        if removed.isSoft { conjunctions[rule] = nil }
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
        conjunctions = [:]
        optionTables = []
        optionMatches = [:]
        count = 0
    }
}
