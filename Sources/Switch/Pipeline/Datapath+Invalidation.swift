// Exact invalidation: which megaflows a change removes.
//
// A change of a rule can matter only to megaflows that asked its table and hold some packet that the rule matches. Those
// whose look-up saw the packet as it came are found through the megaflow cache itself: where the rule looks at all bits
// that a subtable's mask looks at, one probe tells. The others (behind changed headers or registers, or in a later
// bridge) are gone through one by one; words that were changed on the way are then left out of the comparison.
//
// No burst of changes may cost more than starting with an empty cache: once a table's changes have made as many tests
// as building its megaflows anew would cost, its megaflows go all at once.

extension Datapath {
    /// Tests of a megaflow against a rule that cost as much as translating one packet.
    private static var testsOfTranslation: Int { 64 }

    /// Removes every megaflow whose translation asked about `subject`.
    func changed(_ subject: Subject) {
        while true {
            let megaflow = dependencies.first(subject)
            if megaflow < 0 { return }
            remove(megaflow: megaflow)
        }
    }

    /// Removes every megaflow that asked a table and may hold a packet that `match` matches.
    func changed(_ table: FlowTable, match: borrowing Match) {
        let plain = Subject.table(bridge: table.bridge, table: table.number)
        let derived = Subject.changedTable(bridge: table.bridge, table: table.number)
        let dependents = dependencies.count(plain) + dependencies.count(derived)
        guard dependents > 0 else { return }
        if table.invalidationWork > dependents * Self.testsOfTranslation {
            table.invalidationWork = 0
            changed(plain)
            changed(derived)
            return
        }
        for megaflow in megaflows(of: table, overlapping: match) { remove(megaflow: megaflow) }
    }

    /// Pays what the megaflows owe that may hold packets of a rule.
    func payCredits(of rule: FlowRule) {
        guard let match = rule.home.classifier.match(of: rule.number) else { return }
        // Those that keep it young, where packets have defined it.
        dependencies.forEach(.learned(rule: rule.number)) { megaflow, _ in pay(megaflow) }
        let table = rule.home
        if table.invalidationWork > flows.liveCount * Self.testsOfTranslation {
            table.invalidationWork = 0
            return payCredits()
        }
        for megaflow in megaflows(of: table, overlapping: match) { pay(megaflow) }
    }

    private func megaflows(of table: FlowTable, overlapping match: borrowing Match) -> [Int32] {
        let plain = Subject.table(bridge: table.bridge, table: table.number)
        let derived = Subject.changedTable(bridge: table.bridge, table: table.number)
        var found: [Int32] = []
        let plainCount = dependencies.count(plain)
        if plainCount > 0 {
            // The cache knows ports by their numbers in the data path.
            let inPort = match.mask[.inPort].low
            var entries: [Int32] = []
            let bridge = bridges[Int(table.bridge)]
            if inPort == 0xffff_ffff {
                if let port = bridge.ports[UInt32(truncatingIfNeeded: match.key[.inPort].low)] { entries = [port] }
            } else {
                for index in bridge.ordered
                where (UInt64(ports[Int(index)].number) ^ match.key[.inPort].low) & inPort == 0 {
                    entries.append(index)
                }
            }
            let probes = megaflows.probeCost(match, entries: entries.count)
            if probes < plainCount {
                table.invalidationWork += probes
                megaflows.forEachOverlapping(match, entries: entries) { megaflow in
                    if dependencies.contains(plain, head: flows.flows[Int(megaflow)].dependencies) {
                        found.append(megaflow)
                    }
                }
            } else {
                table.invalidationWork += plainCount
                collect(plain, match, into: &found)
            }
        }
        let derivedCount = dependencies.count(derived)
        if derivedCount > 0 {
            table.invalidationWork += derivedCount
            collect(derived, match, into: &found)
        }
        return found
    }

    private func collect(_ subject: Subject, _ match: borrowing Match, into found: inout [Int32]) {
        let match = copy match
        let portValue = match.key[.inPort].low
        let portMask = match.mask[.inPort].low
        dependencies.forEach(subject) { megaflow, view in
            if view.changedWords & NotedLookups.manyPorts == 0 && (UInt64(view.inPort) ^ portValue) & portMask != 0 {
                return
            }
            if megaflows.overlaps(megaflow, match, ignoring: view.changedWords) { found.append(megaflow) }
        }
    }

    func remove(megaflow: Int32) {
        pay(megaflow)
        megaflows.remove(id: megaflow)
        dependencies.remove(head: flows.flows[Int(megaflow)].dependencies)
        flows.flows[Int(megaflow)].dependencies = -1
        flows.remove(megaflow)
    }

    /// Notes in the index what a new megaflow's translation asked about.
    func noteDependencies(of megaflow: Int32, _ translation: Translation) {
        var head: Int32 = -1
        for subject in translation.subjects { dependencies.add(megaflow, subject: subject, head: &head) }
        for lookup in translation.tableLookups.list {
            let subject: Subject
            if lookup.view.changedWords == 0 {
                subject = .table(bridge: lookup.bridge, table: lookup.table)
            } else {
                subject = .changedTable(bridge: lookup.bridge, table: lookup.table)
            }
            dependencies.add(megaflow, subject: subject, view: lookup.view, head: &head)
        }
        flows.flows[Int(megaflow)].dependencies = head
    }

    /// Removes every megaflow that may cross a link: those that asked about the ports at its ends.
    func linkChanged(_ link: Int32) {
        for direction in [link * 2, link * 2 + 1] {
            if case .port(let port) = directions[Int(direction)].far {
                changed(.ports(bridge: ports[Int(port)].bridge))
            }
        }
    }
}
