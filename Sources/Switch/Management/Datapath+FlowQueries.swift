// Questions about flows. Counters are brought up to date first.

extension Datapath {
    /// The flows of a bridge that a query means, by table, falling priority and age.
    public func flowSnapshots(bridge: Int32, _ query: FlowQuery = FlowQuery(), now: UInt64) -> [FlowSnapshot] {
        var listing = flowListing(bridge: bridge, query)
        return next(of: &listing, limit: .max, now: now)
    }

    /// The flows that a query means, to be read in parts.
    public func flowListing(bridge: Int32, _ query: FlowQuery = FlowQuery()) -> FlowListing {
        payCredits()
        return FlowListing(rules: sorted(select(bridges[Int(bridge)], query)))
    }

    /// The next flows of a listing, at most `limit`, as they are now.
    public func next(of listing: inout FlowListing, limit: Int, now: UInt64) -> [FlowSnapshot] {
        var result: [FlowSnapshot] = []
        result.reserveCapacity(min(limit, listing.rules.count - listing.position))
        while listing.position < listing.rules.count && result.count < limit {
            let rule = listing.rules[listing.position]
            listing.position += 1
            guard let match = rule.home.classifier.match(of: rule.number) else { continue }
            result.append(rule.snapshot(match: match, now: now))
        }
        return result
    }

    /// What the flows that a query means have counted together.
    public func aggregate(bridge: Int32, _ query: FlowQuery = FlowQuery(), now: UInt64)
        -> (packets: UInt64, bytes: UInt64, flows: Int)
    {
        payCredits()
        var sum: (packets: UInt64, bytes: UInt64, flows: Int) = (0, 0, 0)
        for rule in select(bridges[Int(bridge)], query) {
            if !rule.flags.contains(.noPacketCounts) { sum.packets &+= rule.packets }
            if !rule.flags.contains(.noByteCounts) { sum.bytes &+= rule.bytes }
            sum.flows += 1
        }
        return sum
    }

    /// The flows of a bridge, by table and falling priority, with their counters brought up to date.
    public func flows(bridge: Int32) -> [FlowRule] {
        payCredits()
        return sorted(select(bridges[Int(bridge)], FlowQuery()))
    }

    private func sorted(_ rules: [FlowRule]) -> [FlowRule] {
        rules.sorted { a, b in
            if a.home.number != b.home.number { return a.home.number < b.home.number }
            if a.priority != b.priority { return a.priority > b.priority }
            return (a.created, a.number) < (b.created, b.number)
        }
    }

    /// The rules that a query means, in no order.
    func select(_ owner: Bridge, _ query: FlowQuery) -> [FlowRule] {
        var found: [FlowRule] = []
        let first = query.table.map(Int.init) ?? 0
        let last = query.table.map(Int.init) ?? owner.tables.count - 1
        guard first < owner.tables.count else { return [] }
        for number in first...last {
            let table = owner.tables[number]
            if query.isStrict {
                let number = table.classifier.find(match: query.match, priority: Int32(query.priority))
                if number >= 0, let rule = rules[Int(number)], fits(rule, query) { found.append(rule) }
            } else if query.match.isCatchAll {
                table.classifier.forEach { if let rule = rules[Int($0)], fits(rule, query) { found.append(rule) } }
            } else {
                table.classifier.forEachIncluded(in: query.match) {
                    if let rule = rules[Int($0)], fits(rule, query) { found.append(rule) }
                }
            }
        }
        return found
    }

    private func fits(_ rule: FlowRule, _ query: FlowQuery) -> Bool {
        (rule.cookie ^ query.cookie) & query.cookieMask == 0
            && (query.outPort == PortNumber.any || rule.stored.outputs(to: query.outPort))
            && (query.outGroup == Group.any || rule.stored.groups.contains(query.outGroup))
    }

    /// Whether somebody follows the changes of the bridge's flows: each is told then (`DatapathEvent.flowChanged`, and
    /// `flowRemoved` of every flow).
    public func setFlowMonitoring(bridge: Int32, _ on: Bool) { bridges[Int(bridge)].isMonitored = on }
}
