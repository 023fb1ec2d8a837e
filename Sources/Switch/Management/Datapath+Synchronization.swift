// Synchronised tables (OpenFlow 1.4, 6.5; 1.5, 6.6): a table that has the flows of others besides its own.
//
// What the specification leaves to the switch is the simplest here: the copies are what their originals are, and come,
// change and go with them in the same call. They have no timeouts of their own, and counters of their own. Where tables
// follow each other both ways, flows are changed in either; else copies are changed in the table that they come from.

extension Datapath {
    /// Lets a table have the flows of other tables too. Copies of those that it followed before stay, as flows of its own.
    ///
    /// Throws `cannotSynchronize` where a flow of theirs cannot be in this table or in one that follows it: because its
    /// `goto_table` would lead back, or for want of room. Then nothing has changed.
    public func synchronize(bridge: Int32, table: UInt8, from sources: [UInt8], now: UInt64) throws(ModificationError) {
        let owner = bridges[Int(bridge)]
        let before = owner.sources[table]
        guard (before ?? []) != sources else { return }
        owner.sources[table] = sources.isEmpty ? nil : sources
        var originals: [FlowRule] = []
        for source in sources where Int(source) < owner.tables.count {
            owner.tables[Int(source)].classifier.forEach { if let rule = rules[Int($0)] { originals.append(rule) } }
        }
        do throws(ModificationError) {
            var arrivals: [UInt8: Int] = [:]
            for rule in originals {
                for follower in followers(of: rule.table, in: owner) {
                    try checkInstructions(rule.stored, follow: follower, owner)
                    if counterpart(of: rule, in: owner.table(follower)) == nil { arrivals[follower, default: 0] += 1 }
                }
            }
            for (follower, count) in arrivals {
                let home = owner.table(follower)
                guard let maximum = home.settings.maximumFlows, !home.settings.evicts else { continue }
                guard home.classifier.count + count <= Int(maximum) else { throw .cannotSynchronize }
            }
        } catch {
            owner.sources[table] = before
            throw error
        }
        for rule in originals { copy(rule, toFollowersIn: owner, now: now) }
    }

    /// The tables that each table of the bridge has the flows of.
    public func synchronizedTables(bridge: Int32) -> [UInt8: [UInt8]] { bridges[Int(bridge)].sources }

    // MARK: What changes of flows ask

    /// Whether a flow with that match and priority could be added to a table, and its copies to those that follow it.
    func checkSynchronization(
        of stored: StoredInstructions, match: borrowing Match, priority: UInt16, table: UInt8, _ owner: Bridge
    ) throws(ModificationError) {
        guard !owner.sources.isEmpty else { return }
        if isCopy(match, priority: priority, in: table, owner) { throw .isSynchronized }
        for follower in followers(of: table, in: owner) {
            try checkInstructions(stored, follow: follower, owner)
            let home = owner.table(follower)
            guard let maximum = home.settings.maximumFlows, home.classifier.count >= Int(maximum) else { continue }
            if home.settings.evicts { continue }
            guard home.classifier.find(match: match, priority: Int32(priority)) >= 0 else { throw .cannotSynchronize }
        }
    }

    /// Of flows that are to be changed, those that may be: copies go with their originals. A change of one table that
    /// means a copy is refused; one of all tables means the originals.
    func withoutCopies(_ found: [FlowRule], ofAllTables: Bool, _ owner: Bridge) throws(ModificationError) -> [FlowRule]
    {
        guard !owner.sources.isEmpty else { return found }
        var own: [FlowRule] = []
        for rule in found {
            guard let match = rule.home.classifier.match(of: rule.number) else { continue }
            if !isCopy(match, priority: rule.priority, in: rule.table, owner) {
                own.append(rule)
            } else if !ofAllTables {
                throw .isSynchronized
            }
        }
        return own
    }

    /// Whether instructions can stand in the tables that follow that of a flow.
    func checkFollowers(of rule: FlowRule, _ stored: StoredInstructions, _ owner: Bridge) throws(ModificationError) {
        guard !owner.sources.isEmpty else { return }
        for follower in followers(of: rule.table, in: owner) { try checkInstructions(stored, follow: follower, owner) }
    }

    private func checkInstructions(_ stored: StoredInstructions, follow table: UInt8, _ owner: Bridge)
        throws(ModificationError)
    {
        if let next = stored.value.goTo, next <= table { throw .cannotSynchronize }
    }

    // MARK: Copies

    /// Puts copies of a flow into the tables that follow its own.
    func copy(_ rule: FlowRule, toFollowersIn owner: Bridge, now: UInt64) {
        guard !owner.sources.isEmpty, let match = rule.home.classifier.match(of: rule.number) else { return }
        for follower in followers(of: rule.table, in: owner) {
            let home = owner.table(follower)
            let isNew = home.classifier.find(match: match, priority: Int32(rule.priority)) < 0
            if isNew, let maximum = home.settings.maximumFlows, home.classifier.count >= Int(maximum) {
                guard (try? makeRoom(in: home, now: now)) != nil else { continue }
            }
            let copy = FlowRule(
                home: home, priority: rule.priority, cookie: rule.cookie, instructions: rule.stored, flags: rule.flags,
                idleTimeout: 0, hardTimeout: 0, importance: rule.importance, now: now)
            link(copy, match: match, keepsCounts: !rule.flags.contains(.resetCounts))
            if owner.isMonitored {
                tell(.flowChanged(bridge: owner.index, rule: copy.snapshot(match: match, now: now), isNew: true))
            }
            noteVacancy(home)
        }
    }

    /// The flows in other tables that follow a flow.
    func copies(of rule: FlowRule, in owner: Bridge) -> [FlowRule] {
        guard !owner.sources.isEmpty else { return [] }
        return followers(of: rule.table, in: owner).compactMap { counterpart(of: rule, in: owner.table($0)) }
    }

    /// Takes away the copies of a flow that has left its table, but for those that another table has the flow for.
    func removeCopies(
        of match: borrowing Match, priority: UInt16, from table: UInt8, _ owner: Bridge, reason: FlowRemovedReason,
        now: UInt64
    ) {
        for (follower, sources) in owner.sources where sources.contains(table) {
            guard !contains(match, priority: priority, anyOf: sources, owner) else { continue }
            let number = owner.table(follower).classifier.find(match: match, priority: Int32(priority))
            guard number >= 0, let copy = rules[Int(number)] else { continue }
            remove(copy, reason: reason, now: now)
        }
    }

    private func counterpart(of rule: FlowRule, in table: FlowTable) -> FlowRule? {
        guard let match = rule.home.classifier.match(of: rule.number) else { return nil }
        let number = table.classifier.find(match: match, priority: Int32(rule.priority))
        return number >= 0 ? rules[Int(number)] : nil
    }

    /// Whether a flow of the table is there because another table has it, which does not follow this one in turn.
    private func isCopy(_ match: borrowing Match, priority: UInt16, in table: UInt8, _ owner: Bridge) -> Bool {
        guard let sources = owner.sources[table] else { return false }
        let back = followers(of: table, in: owner)
        return contains(match, priority: priority, anyOf: sources.filter { !back.contains($0) }, owner)
    }

    private func contains(_ match: borrowing Match, priority: UInt16, anyOf tables: [UInt8], _ owner: Bridge) -> Bool {
        for table in tables where Int(table) < owner.tables.count {
            if owner.tables[Int(table)].classifier.find(match: match, priority: Int32(priority)) >= 0 { return true }
        }
        return false
    }

    /// The tables that follow a table, straight or through others; not itself.
    private func followers(of table: UInt8, in owner: Bridge) -> [UInt8] {
        var found: [UInt8] = []
        var open = [table]
        while let next = open.popLast() {
            for (follower, sources) in owner.sources
            where sources.contains(next) && follower != table && !found.contains(follower) {
                found.append(follower)
                open.append(follower)
            }
        }
        return found.sorted()
    }
}
