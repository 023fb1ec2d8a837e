// Rules that look into tunnels' options, which are not in the flow key.
//
// Design: they are few. So they stand apart from the others, in one dictionary for each mask (of the key, and of the options
// that are looked into), and are searched behind them. What a packet's options hold is not part of a megaflow's mask: no
// device brings options along yet, so that they are what the pipeline has written, the same for each packet.

extension Classifier {
    /// The rules of one mask of the key and the same bits of options.
    struct OptionTable {
        /// What the mask looks at: a match of zeros.
        let shape: Match
        /// Rules by their match, of falling priority.
        var rules: [Match: [Int32]] = [:]
        var maxPriority: Int32

        init(shape: Match, priority: Int32) {
            self.shape = shape
            maxPriority = priority
        }

        /// The match that a packet would have in this table; nil: it lacks an option.
        func probe(_ key: borrowing FlowKey, _ present: [TunnelOption]) -> Match? {
            var probe = Match(key: key, mask: shape.mask)
            for bits in shape.options {
                guard let option = present.first(where: { $0.index == bits.index }) else { return nil }
                guard let mask = bits.mask else {
                    probe.set(option.shortened)
                    continue
                }
                guard let wide = TunnelOption.resized(mask, to: option.value.count) else { return nil }
                probe.set(TunnelOption(index: option.index, value: option.value, mask: wide).shortened)
            }
            return probe
        }
    }

    /// The rule's place in `optionTables`: what its mask looks at, and its match in the fewest bytes.
    private static func place(_ match: Match) -> (shape: Match, match: Match) {
        var shape = Match(key: FlowKey(), mask: match.mask)
        var short = Match(key: match.key, mask: match.mask)
        for option in match.options {
            let zeros = [UInt8](repeating: 0, count: option.mask?.count ?? 0)
            shape.set(TunnelOption(index: option.index, value: zeros, mask: option.mask).shortened)
            short.set(option.shortened)
        }
        return (shape, short)
    }

    private func rules(_ match: Match) -> (table: Int, match: Match, rules: [Int32])? {
        let (shape, match) = Self.place(match)
        guard let table = optionTables.firstIndex(where: { $0.shape == shape }) else { return nil }
        return (table, match, optionTables[table].rules[match] ?? [])
    }

    /// - Returns: the rule that was replaced, or -1.
    mutating func insertOptionRule(_ rule: Int32, _ priority: Int32, _ match: Match) -> Int32 {
        let (shape, short) = Self.place(match)
        let table: Int
        if let present = optionTables.firstIndex(where: { $0.shape == shape }) {
            table = present
        } else {
            table = optionTables.count
            optionTables.append(OptionTable(shape: shape, priority: priority))
            if !match.mask[.actionSetOutput].isZero { actionSetMasks += 1 }
        }
        var list = optionTables[table].rules[short] ?? []
        var replaced: Int32 = -1
        if let same = list.firstIndex(where: { rules[Int($0)].priority == priority }) {
            replaced = list[same]
            optionMatches[replaced] = nil
            list[same] = rule
        } else {
            list.insert(rule, at: list.firstIndex { rules[Int($0)].priority < priority } ?? list.endIndex)
            count += 1
        }
        rules[Int(rule)] = Rule(subtable: nil, priority: priority, next: -1, tag: 0)
        optionTables[table].rules[short] = list
        optionMatches[rule] = match
        orderOptionTables(table)
        return replaced
    }

    mutating func removeOptionRule(_ rule: Int32) -> Bool {
        guard let match = optionMatches.removeValue(forKey: rule), let place = rules(match) else { return false }
        let rest = place.rules.filter { $0 != rule }
        optionTables[place.table].rules[place.match] = rest.isEmpty ? nil : rest
        if rules[Int(rule)].isSoft { conjunctions[rule] = nil }
        rules[Int(rule)] = Rule(subtable: nil, priority: 0, next: -1, tag: 0)
        count -= 1
        guard optionTables[place.table].rules.isEmpty else {
            orderOptionTables(place.table)
            return true
        }
        if !match.mask[.actionSetOutput].isZero { actionSetMasks -= 1 }
        optionTables.remove(at: place.table)
        return true
    }

    /// Makes a table's highest priority exact, and puts the tables in its order.
    private mutating func orderOptionTables(_ table: Int) {
        let highest = optionTables[table].rules.values.map { rules[Int($0[0])].priority }.max()
        optionTables[table].maxPriority = highest ?? Int32.min
        optionTables.sort { $0.maxPriority > $1.maxPriority }
    }

    func findOptionRule(_ match: Match, _ priority: Int32) -> Int32 {
        rules(match)?.rules.first { rules[Int($0)].priority == priority } ?? -1
    }

    /// The rule of the highest priority above `best`'s that matches, or `best`.
    @inline(never)
    func bestOptionRule(
        _ key: UnsafePointer<FlowKey>, _ present: [TunnelOption], over best: Int32,
        uniting wildcards: UnsafeMutablePointer<FlowMask>, soft: UnsafeMutablePointer<SoftMatches>?
    ) -> Int32 {
        var best = best
        var bestPriority = best < 0 ? Int32.min : rules[Int(best)].priority
        for table in optionTables {
            if table.maxPriority <= bestPriority { break }
            wildcards.pointee.unite(table.shape.mask)
            guard let probe = table.probe(key.pointee, present), let found = table.rules[probe] else { continue }
            for rule in found where rules[Int(rule)].priority > bestPriority {
                if rules[Int(rule)].isSoft {
                    if let soft, soft.pointee.collects { soft.pointee.rules.append(rule) }
                    continue
                }
                best = rule
                bestPriority = rules[Int(rule)].priority
                break
            }
        }
        return best
    }

    func forEachOptionRule(_ body: (Int32) -> Void, where holds: (Match) -> Bool) {
        for (rule, match) in optionMatches where holds(match) { body(rule) }
    }
}
