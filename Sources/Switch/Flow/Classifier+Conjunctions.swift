// Conjunctive matches (ovs-fields(7), "Conjunctive Match Fields").
//
// What: a flow whose actions are `conjunction(ID, K/N)` is no answer by itself. Where, among the flows of one priority that
// match a packet, one stands for each of the N clauses of an ID, the packet is looked up again with that ID in `conj_id`.
// Design: the ordinary search puts such rules aside (`SoftMatches`) and finds the best of the others; then the
// priorities above that one are tried from the top. A classifier without conjunctions pays one test a lookup.

/// A clause that a flow stands for.
public struct Conjunction: Equatable, Sendable {
    public var id: UInt32
    /// From 0.
    public var clause: UInt8
    public var clauses: UInt8

    public init(id: UInt32, clause: UInt8, clauses: UInt8) {
        self.id = id
        self.clause = clause
        self.clauses = clauses
    }
}

/// The rules with conjunctions that a lookup has met.
struct SoftMatches {
    var rules: [Int32] = []
    /// Whether they are wanted; they are passed over in any case.
    var collects = true
}

extension Classifier {
    /// Changes what a rule is a part of.
    mutating func setConjunctions(of rule: Int32, _ list: [Conjunction]) {
        conjunctions[rule] = list.isEmpty ? nil : list
        rules[Int(rule)].isSoft = !list.isEmpty
    }

    /// The first rule from `head` on in its bucket that has no conjunctions, or -1; those before it that are of a higher
    /// priority than `priority` are put aside.
    @inline(never)
    func firstHard(_ head: Int32, above priority: Int32, _ soft: UnsafeMutablePointer<SoftMatches>) -> Int32 {
        var rule = head
        while rule >= 0 && rules[Int(rule)].isSoft {
            if soft.pointee.collects && rules[Int(rule)].priority > priority { soft.pointee.rules.append(rule) }
            rule = rules[Int(rule)].next
        }
        return rule
    }

    @inline(never)
    func conjunctiveLookup(
        _ key: UnsafePointer<FlowKey>, _ options: [TunnelOption], uniting wildcards: UnsafeMutablePointer<FlowMask>
    ) -> Int32 {
        var soft = SoftMatches()
        var hard = lookup(key, uniting: wildcards, soft: &soft)
        if !optionTables.isEmpty { hard = bestOptionRule(key, options, over: hard, uniting: wildcards, soft: &soft) }
        let floor = hard < 0 ? Int32.min : rules[Int(hard)].priority
        let candidates = soft.rules.filter { rules[Int($0)].priority > floor }
            .sorted { (rules[Int($0)].priority, $1) > (rules[Int($1)].priority, $0) }
        var start = 0
        while start < candidates.count {
            let priority = rules[Int(candidates[start])].priority
            var end = start
            while end < candidates.count && rules[Int(candidates[end])].priority == priority { end += 1 }
            for id in fulfilled(candidates[start..<end]) {
                var probe = key.pointee
                probe[.conjunctionID] = FieldValue(id)
                soft = SoftMatches(collects: false)
                var rule = lookup(&probe, uniting: wildcards, soft: &soft)
                if !optionTables.isEmpty {
                    rule = bestOptionRule(&probe, options, over: rule, uniting: wildcards, soft: &soft)
                }
                if rule >= 0 { return rule }
            }
            start = end
        }
        return hard
    }

    /// The conjunctions all of whose clauses are among those of `candidates`, in their order.
    private func fulfilled(_ candidates: ArraySlice<Int32>) -> [UInt32] {
        var met: [UInt32: UInt64] = [:]
        var ids: [UInt32] = []
        for rule in candidates {
            for part in conjunctions[rule] ?? [] {
                let all: UInt64 = part.clauses >= 64 ? .max : 1 << UInt64(part.clauses) - 1
                let before = met[part.id, default: 0]
                let now = before | 1 << UInt64(part.clause & 63)
                met[part.id] = now
                if now & all == all && before & all != all { ids.append(part.id) }
            }
        }
        return ids
    }
}
