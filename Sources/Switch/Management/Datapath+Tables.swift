// Flow tables as a whole: settings, what they hold, eviction (OpenFlow 1.5, 5.6.2), vacancy events (5.6.3).

extension Datapath {
    /// The number of tables of a bridge: 0 to 253.
    public static var tableCount: Int { 254 }
    /// The flows that a table without a limit says it takes.
    public static var tableCapacity: UInt32 { 1_000_000 }

    /// Sets what a table does when it is full or nothing matches. Flows above a new limit go if it evicts.
    public func setTable(bridge: Int32, table: UInt8, _ settings: TableSettings, now: UInt64) {
        let owner = bridges[Int(bridge)]
        let home = owner.table(table)
        let before = home.settings
        home.settings = settings
        if before.miss != settings.miss { changed(home, match: Match()) }
        if let maximum = settings.maximumFlows, settings.evicts {
            while home.classifier.count > Int(maximum), let victim = victim(of: home) {
                remove(victim, reason: .eviction, now: now)
            }
        }
        if before.vacancy != settings.vacancy {
            home.isVacancyDown = settings.vacancy.map { vacancy(of: home) < $0.down } ?? false
        }
        noteVacancy(home)
    }

    public func tableSettings(bridge: Int32, table: UInt8) -> TableSettings {
        let owner = bridges[Int(bridge)]
        return Int(table) < owner.tables.count ? owner.tables[Int(table)].settings : TableSettings()
    }

    /// What the tables of a bridge hold and have done; of all tables up to the last that was ever used or set.
    public func tableStatistics(bridge: Int32) -> [TableStatistics] {
        payCredits()
        return bridges[Int(bridge)].tables.map { table in
            TableStatistics(
                table: table.number, settings: table.settings, active: UInt32(table.classifier.count),
                lookups: table.lookups, matches: table.matches,
                maximum: table.settings.maximumFlows ?? Self.tableCapacity, vacancy: UInt8(vacancy(of: table)))
        }
    }

    /// Says which tables packets pass on their way out of a port (OpenFlow 1.5, 5.1.2): those from `table` on; nil: none.
    public func setFirstEgressTable(bridge: Int32, _ table: UInt8?, now: UInt64) {
        let owner = bridges[Int(bridge)]
        guard owner.firstEgressTable != table else { return }
        owner.firstEgressTable = table
        changed(.ports(bridge: bridge))
    }

    // MARK: Vacancy

    /// How much of a table is free, in percent.
    private func vacancy(of table: FlowTable) -> Int {
        let maximum = Int(table.settings.maximumFlows ?? Self.tableCapacity)
        guard maximum > 0 else { return 0 }
        return max(0, maximum - table.classifier.count) * 100 / maximum
    }

    /// Tells of a passed threshold. Only the other threshold's event can come next (OpenFlow 1.4, 7.4.5).
    func noteVacancy(_ table: FlowTable) {
        guard let thresholds = table.settings.vacancy else { return }
        let vacancy = vacancy(of: table)
        if !table.isVacancyDown && vacancy < Int(thresholds.down) {
            table.isVacancyDown = true
        } else if table.isVacancyDown && vacancy > Int(thresholds.up) {
            table.isVacancyDown = false
        } else {
            return
        }
        tell(.vacancy(bridge: table.bridge, table: table.number, isDown: table.isVacancyDown))
    }

    // MARK: Eviction

    /// Makes room for one more flow in a table that is full.
    func makeRoom(in table: FlowTable, now: UInt64) throws(ModificationError) {
        guard table.settings.evicts, let victim = victim(of: table) else { throw .tableFull }
        remove(victim, reason: .eviction, now: now)
    }

    /// The flow that is to go first: of the largest group, the least important, with the shortest life left.
    private func victim(of table: FlowTable) -> FlowRule? {
        payCredits()
        let settings = table.settings
        var sizes: [[FieldValue]: Int] = [:]
        var groups: [Int32: [FieldValue]] = [:]
        if !settings.evictionGroups.isEmpty {
            table.classifier.forEach { number in
                guard let match = table.classifier.match(of: number) else { return }
                let group = settings.evictionGroups.map { part -> FieldValue in
                    (match.key[part.field] >> part.start) & .ones(part.count)
                }
                groups[number] = group
                sizes[group, default: 0] += 1
            }
        }
        var best: (rule: FlowRule, size: Int, importance: UInt16, expiry: UInt64)?
        table.classifier.forEach { number in
            guard let rule = rules[Int(number)] else { return }
            let expiry = expiry(of: rule)?.at ?? .max
            if settings.evictsMortalFlowsOnly && expiry == .max { return }
            let size = groups[number].flatMap { sizes[$0] } ?? 0
            let importance = settings.evictionFlags.contains(.importance) ? rule.importance : 0
            let life = settings.evictionFlags.contains(.lifetime) || settings.evictsMortalFlowsOnly ? expiry : 0
            guard let present = best else {
                best = (rule, size, importance, life)
                return
            }
            // Among equals, the one that has been idle for longest.
            if (present.size, importance, life, rule.lastUsed)
                < (size, present.importance, present.expiry, present.rule.lastUsed)
            {
                best = (rule, size, importance, life)
            }
        }
        return best?.rule
    }
}
