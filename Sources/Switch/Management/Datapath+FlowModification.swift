// Changes of flows (OpenFlow 1.5, 6.4 and 7.3.4.2; 1.0, 4.6 where it differs).
//
// Every change goes through `link`, `unlink` and `alter`: they keep classifier, timers, reference counts, caches, events
// and the running transaction's journal in step.

extension Datapath {
    /// Changes the flows of a bridge.
    ///
    /// - An add takes the place of a flow with the same match and priority, and takes over its counters unless
    ///   `resetCounts` is set (OpenFlow 1.0 and 1.1 clear them always: their agent sets the flag).
    /// - A modify that finds nothing is an add where `newCookie` is given and no cookie mask (OpenFlow 1.0 and 1.1).
    /// - `buffer` is the agent's business.
    public func modify(bridge: Int32, _ change: FlowModification, now: UInt64) throws(ModificationError) {
        let owner = bridges[Int(bridge)]
        if let table = change.table, table == 255 { throw .badTable }
        let stored = recentInstructions.store(change.instructions)
        if stored.usesOptions || change.match.usesOptions {
            var bound = change
            bound.match = try owner.tunnelOptions.bound(change.match)
            bound.instructions = try owner.tunnelOptions.bound(change.instructions)
            try perform(bound, recentInstructions.store(bound.instructions), of: owner, now: now)
        } else {
            try perform(change, stored, of: owner, now: now)
        }
        removeOrphans(of: owner, now: now)
    }

    /// - Parameter stored: the change's instructions.
    private func perform(
        _ change: borrowing FlowModification, _ stored: StoredInstructions, of owner: Bridge, now: UInt64
    ) throws(ModificationError) {
        switch change.command {
        case .add:
            try add(change, stored, to: owner, cookie: change.cookie, now: now)
        case .modify, .modifyStrict:
            let query = Self.query(of: change, isStrict: change.command == .modifyStrict)
            let found = try withoutCopies(select(owner, query), ofAllTables: change.table == nil, owner)
            if found.isEmpty {
                guard let cookie = change.newCookie, change.cookieMask == 0 else { return }
                return try add(change, stored, to: owner, cookie: cookie, now: now)
            }
            for table in Set(found.map(\.table)) { try check(stored, owner, table: table) }
            for rule in found { try checkFollowers(of: rule, stored, owner) }
            for rule in found {
                alter(rule, stored, change, now: now)
                for copy in copies(of: rule, in: owner) { alter(copy, stored, change, now: now) }
            }
        case .delete, .deleteStrict:
            let query = Self.query(of: change, isStrict: change.command == .deleteStrict)
            let found = try withoutCopies(select(owner, query), ofAllTables: change.table == nil, owner)
            for rule in found { remove(rule, reason: .delete, now: now) }
        }
    }

    private static func query(of change: borrowing FlowModification, isStrict: Bool) -> FlowQuery {
        let isDelete = change.command == .delete || change.command == .deleteStrict
        return FlowQuery(
            table: change.table, match: change.match, cookie: change.cookie, cookieMask: change.cookieMask,
            outPort: isDelete ? change.outPort : PortNumber.any, outGroup: isDelete ? change.outGroup : Group.any,
            isStrict: isStrict, priority: change.priority)
    }

    // MARK: Adding

    private func add(
        _ change: borrowing FlowModification, _ stored: StoredInstructions, to owner: Bridge, cookie: UInt64,
        now: UInt64
    ) throws(ModificationError) {
        let number = change.table ?? 0
        try check(stored, owner, table: number)
        try checkSynchronization(of: stored, match: change.match, priority: change.priority, table: number, owner)
        let home = owner.table(number)
        let isLimited = home.settings.maximumFlows.map { home.classifier.count >= Int($0) } ?? false
        if isLimited || change.flags.contains(.checkOverlap) {
            let present = home.classifier.find(match: change.match, priority: Int32(change.priority))
            if present < 0 {
                if change.flags.contains(.checkOverlap),
                    home.classifier.overlapping(change.match, priority: Int32(change.priority)) >= 0
                {
                    throw .overlap
                }
                if isLimited { try makeRoom(in: home, now: now) }
            }
        }
        let rule = FlowRule(
            home: home, priority: change.priority, cookie: cookie, instructions: stored, flags: change.flags,
            idleTimeout: change.idleTimeout, hardTimeout: change.hardTimeout, importance: change.importance, now: now)
        link(rule, match: change.match, keepsCounts: !change.flags.contains(.resetCounts))
        if owner.isMonitored {
            tell(.flowChanged(bridge: owner.index, rule: rule.snapshot(match: change.match, now: now), isNew: true))
        }
        noteVacancy(home)
        copy(rule, toFollowersIn: owner, now: now)
    }

    /// Adds a flow that a packet defines.
    /// - Returns: the flow, or nil where it was refused.
    func add(learned change: FlowModification, bridge: Bridge, now: UInt64) -> FlowRule? {
        let stored = recentInstructions.store(change.instructions)
        guard (try? add(change, stored, to: bridge, cookie: change.cookie, now: now)) != nil else { return nil }
        let number = bridge.table(change.table ?? 0).classifier.find(
            match: change.match, priority: Int32(change.priority))
        return number >= 0 ? rules[Int(number)] : nil
    }

    /// Whether instructions may stand in a table of the bridge as it is now.
    private func check(_ stored: StoredInstructions, _ owner: Bridge, table: UInt8) throws(ModificationError) {
        for id in stored.groups where owner.groups[id] == nil { throw .badOutGroup }
        for id in stored.meters where owner.meters[id] == nil && id <= Meter.maximum { throw .unknownMeter }
        if let next = stored.value.goTo, next <= table || next == 255 { throw .badTableOfGoTo }
    }

    /// Adds a flow, or replaces the one with the same match and priority. The instructions are taken as they are.
    public func addFlow(
        bridge: Int32, table: UInt8, priority: UInt16, match: Match, instructions: Instructions, cookie: UInt64 = 0,
        now: UInt64
    ) {
        let owner = bridges[Int(bridge)]
        let rule = FlowRule(
            home: owner.table(table), priority: priority, cookie: cookie,
            instructions: recentInstructions.store(instructions), flags: [], idleTimeout: 0, hardTimeout: 0,
            importance: 0, now: now)
        link(rule, match: match, keepsCounts: false)
        if owner.isMonitored {
            tell(.flowChanged(bridge: bridge, rule: rule.snapshot(match: match, now: now), isNew: true))
        }
    }

    /// The rule of a bridge that learning switches without a controller have.
    func addStandaloneFlow(_ bridge: Bridge, now: UInt64) {
        addFlow(
            bridge: bridge.index, table: 0, priority: 0, match: Match(),
            instructions: Instructions(apply: [.output(PortNumber.normal)]), now: now)
    }

    /// Removes the flow with this match and priority; false where there is none.
    @discardableResult
    public func removeFlow(bridge: Int32, table: UInt8, priority: UInt16, match: Match, now: UInt64 = 0) -> Bool {
        let owner = bridges[Int(bridge)]
        guard Int(table) < owner.tables.count else { return false }
        let number = owner.tables[Int(table)].classifier.find(match: match, priority: Int32(priority))
        guard number >= 0, let rule = rules[Int(number)] else { return false }
        remove(rule, reason: .delete, now: now)
        return true
    }

    // MARK: The primitives

    /// Puts a rule into its table, in the place of one with the same match and priority.
    func link(_ rule: FlowRule, match: borrowing Match, keepsCounts: Bool) {
        let home = rule.home
        // Megaflows go first: they pay what they owe to rules that still stand under their numbers.
        changed(home, match: match)
        let number: Int32
        if let free = freeRules.popLast() {
            number = free
            rules[Int(free)] = rule
        } else {
            number = Int32(rules.count)
            rules.append(rule)
        }
        rule.number = number
        let replaced = home.classifier.insert(
            rule: number, priority: Int32(rule.priority), match: match, conjunctions: rule.stored.conjunctions)
        if replaced >= 0, let old = rules[Int(replaced)] {
            if keepsCounts {
                rule.packets = old.packets
                rule.bytes = old.bytes
            }
            if journal != nil { journal!.append(.removed(old, match: PackedMatch(match))) }
            forget(old)
        }
        countReferences(of: rule.stored, bridge: home.bridge, by: 1)
        scheduleTimeouts(rule)
        if journal != nil { journal!.append(.added(rule)) }
    }

    /// Takes a rule out of its table, and tells those who want to know.
    func remove(_ rule: FlowRule, reason: FlowRemovedReason, now: UInt64) {
        guard rule.number >= 0 else { return }
        let home = rule.home
        let owner = bridges[Int(home.bridge)]
        let isTold = rule.flags.contains(.sendFlowRemoved) || owner.isMonitored
        let original = owner.sources.isEmpty ? nil : home.classifier.match(of: rule.number)
        if isTold || journal != nil || hasDependents(home) {
            guard let match = home.classifier.match(of: rule.number) else { return }
            changed(home, match: match)
            if isTold {
                tell(
                    .flowRemoved(
                        FlowRemoval(
                            bridge: home.bridge, reason: reason, rule: rule.snapshot(match: match, now: now))))
            }
            if journal != nil { journal!.append(.removed(rule, match: PackedMatch(match))) }
        }
        unlink(rule)
        noteVacancy(home)
        if let original {
            removeCopies(
                of: original, priority: rule.priority, from: home.number, owner, reason: reason, now: now)
        }
        removeOrphans(of: owner, now: now)
    }

    /// Flows that were learned go when the last flow has gone that could learn them (`delete_learned`, ovs-actions(7)).
    private func removeOrphans(of owner: Bridge, now: UInt64) {
        while let orphan = owner.orphans.popLast() {
            guard owner.learners[orphan] == nil else { continue }
            let query = FlowQuery(table: orphan.table, cookie: orphan.cookie, cookieMask: .max)
            for rule in select(owner, query) { remove(rule, reason: .delete, now: now) }
        }
    }

    /// Takes a rule out of its table. Its megaflows have gone already.
    func unlink(_ rule: FlowRule) {
        rule.home.classifier.remove(rule: rule.number)
        forget(rule)
    }

    /// Forgets a rule that is in the classifier no more.
    private func forget(_ rule: FlowRule) {
        changed(.learned(rule: rule.number))
        rules[Int(rule.number)] = nil
        freeRules.append(rule.number)
        rule.number = -1
        if let timer = rule.timer {
            wheel.cancel(timer)
            rule.timer = nil
        }
        countReferences(of: rule.stored, bridge: rule.home.bridge, by: -1)
    }

    private func alter(
        _ rule: FlowRule, _ stored: StoredInstructions, _ change: borrowing FlowModification, now: UInt64
    ) {
        guard let match = rule.home.classifier.match(of: rule.number) else { return }
        changed(rule.home, match: match)
        changed(.learned(rule: rule.number))
        if journal != nil { journal!.append(.altered(rule, before: rule.alterableState)) }
        countReferences(of: rule.stored, bridge: rule.home.bridge, by: -1)
        countReferences(of: stored, bridge: rule.home.bridge, by: 1)
        setInstructions(of: rule, stored)
        if let cookie = change.newCookie { rule.cookie = cookie }
        if change.flags.contains(.resetCounts) {
            rule.packets = 0
            rule.bytes = 0
        }
        rule.modified = now
        if bridges[Int(rule.home.bridge)].isMonitored {
            tell(
                .flowChanged(bridge: rule.home.bridge, rule: rule.snapshot(match: match, now: now), isNew: false))
        }
    }

    private func setInstructions(of rule: FlowRule, _ stored: StoredInstructions) {
        if !(rule.stored.conjunctions.isEmpty && stored.conjunctions.isEmpty) {
            rule.home.classifier.setConjunctions(of: rule.number, stored.conjunctions)
        }
        rule.stored = stored
    }

    /// Puts a rule back as it was.
    func restore(_ rule: FlowRule, _ state: JournalEntry.AlterableState) {
        countReferences(of: rule.stored, bridge: rule.home.bridge, by: -1)
        countReferences(of: state.stored, bridge: rule.home.bridge, by: 1)
        rule.cookie = state.cookie
        setInstructions(of: rule, state.stored)
        rule.packets = state.packets
        rule.bytes = state.bytes
        rule.modified = state.modified
        guard let match = rule.home.classifier.match(of: rule.number) else { return }
        changed(rule.home, match: match)
    }

    private func hasDependents(_ table: FlowTable) -> Bool {
        dependencies.count(.table(bridge: table.bridge, table: table.number)) > 0
            || dependencies.count(.changedTable(bridge: table.bridge, table: table.number)) > 0
    }

    /// Counts the flows that use groups and meters.
    private func countReferences(of stored: StoredInstructions, bridge: Int32, by step: Int32) {
        guard !(stored.groups.isEmpty && stored.meters.isEmpty && stored.learned.isEmpty) else { return }
        let owner = bridges[Int(bridge)]
        for cookie in stored.learned {
            let count = owner.learners[cookie, default: 0] + Int(step)
            owner.learners[cookie] = count > 0 ? count : nil
            if count <= 0 { owner.orphans.append(cookie) }
        }
        for id in stored.groups { owner.groups[id]?.referenceCount += step }
        for id in stored.meters {
            if let number = owner.meters[id] { meters.count(flows: step, of: number) }
        }
    }

    /// Tells what happened, or keeps it until the running transaction stands.
    func tell(_ event: DatapathEvent) {
        if journal != nil {
            heldEvents.append(event)
        } else {
            onEvent?(event)
        }
    }
}

extension FlowRule {
    var alterableState: JournalEntry.AlterableState {
        JournalEntry.AlterableState(
            cookie: cookie, stored: stored, packets: packets, bytes: bytes, modified: modified)
    }
}
