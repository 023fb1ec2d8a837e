// Flows that packets define (`NXAST_LEARN`).

extension Subject {
    /// That a flow is still there, which a packet has defined.
    static func learned(rule: Int32) -> Subject { Subject(key: 7 << 56 | UInt64(UInt32(bitPattern: rule))) }
}

/// A flow that a packet defined; what megaflows share to keep it young (`PipelineState.learnings`).
struct LearnedRule: Hashable {
    var bridge: Int32
    var table: UInt8
    var priority: UInt16
    var match: Match
}

extension Translation {
    func learn(_ flow: LearnedFlow) {
        var match = Match()
        var actions: [Action] = []
        for specification in flow.specifications {
            switch specification {
            case .match(let source, let target):
                guard let value = value(of: source) else { return }
                match.add(value, target)
            case .load(let source, let target):
                guard let value = value(of: source) else { return }
                actions.append(.loading(value, into: target))
            case .output(let source):
                guard let value = read(source) else { return }
                var port = UInt32(truncatingIfNeeded: value.low)
                if source.count <= 16 && port >= 0xff00 { port |= 0xffff_0000 }
                actions.append(.output(port))
            }
        }
        if flow.finIdleTimeout != 0 || flow.finHardTimeout != 0 {
            actions.insert(.finTimeout(idle: flow.finIdleTimeout, hard: flow.finHardTimeout), at: 0)
        }
        guard let bound = try? here.bridge.tunnelOptions.bound(match) else { return }
        guard learns else {
            recorder?.warning("suppressing side effects, so learn action ignored")
            return
        }
        let change = FlowModification(
            .add, table: flow.table, priority: flow.priority, match: bound, cookie: flow.cookie,
            idleTimeout: flow.idleTimeout, hardTimeout: flow.hardTimeout,
            flags: flow.sendFlowRemoved ? .sendFlowRemoved : [], instructions: Instructions(apply: actions))
        recorder?.detail(change.learnedText)
        // Whether there is room changes with the table's flows.
        if flow.limit > 0 { tableLookups.noteAll(bridge: here.bridge.index, table: flow.table) }
        if let bit = flow.resultBit {
            let fits = datapath.mayLearn(change, limit: flow.limit, bridge: here.bridge)
            write(FieldValue(fits ? 1 : 0), to: bit)
        }
        learned.append((here.bridge, change, flow.limit))
    }

    /// Adds the flows that a traced packet has defined; no megaflow keeps them young.
    func addTracedFlows() {
        for (bridge, change, limit) in learned { _ = datapath.learn(change, limit: limit, bridge: bridge, now: now) }
        learned.removeAll()
    }

    /// Adds the flows that the packet has defined. The packet itself does not see them (as in Open vSwitch).
    func addLearnedFlows() {
        for (bridge, change, limit) in learned {
            let result = datapath.learn(change, limit: limit, bridge: bridge, now: now)
            guard result != .refused else { continue }
            let rule = LearnedRule(
                bridge: bridge.index, table: change.table ?? 0, priority: change.priority, match: change.match)
            if result == .added { learnedRules.append(rule) }
            // When the flow goes, the next packet learns it anew.
            if let number = datapath.number(of: rule) { note(.learned(rule: number)) }
            credits.append(.learned(datapath.pipeline.learnings.intern(rule)))
        }
        learned.removeAll(keepingCapacity: true)
    }

    private func value(of source: LearnedFlow.Source) -> FieldValue? {
        switch source {
        case .field(let bits): read(bits)
        case .immediate(let value, _): value
        }
    }
}

extension Action {
    /// Writes the low bits of a value to some bits of a field.
    static func loading(_ value: FieldValue, into target: Subfield) -> Action {
        if let index = target.field.tunnelOption {
            return .setTunnelOption(TunnelOption(index: index, value, start: target.start, count: target.count))
        }
        if target.count <= 64 { return .load(value.low, target) }
        let mask = FieldValue.ones(target.count) << target.start
        return .setField(target.field, value: value << target.start & mask, mask: mask)
    }
}

extension Datapath {
    /// What became of a flow that a packet defined.
    enum Learning { case added, refreshed, refused }

    /// Adds a flow that a packet defines, or makes it young again.
    /// - Parameter limit: the most flows of the table with the flow's cookie; 0: any number.
    func learn(_ change: FlowModification, limit: UInt32, bridge: Bridge, now: UInt64) -> Learning {
        let table = change.table ?? 0
        if let rule = rule(bridge: bridge, table: table, priority: change.priority, match: change.match),
            rule.instructions == change.instructions, rule.cookie == change.cookie
        {
            refresh(rule, at: now)
            return .refreshed
        }
        guard mayLearn(change, limit: limit, bridge: bridge) else { return .refused }
        do throws(ModificationError) { try modify(bridge: bridge.index, change, now: now) } catch { return .refused }
        return .added
    }

    /// Whether the limit leaves room for the flow, or it is there already.
    func mayLearn(_ change: FlowModification, limit: UInt32, bridge: Bridge) -> Bool {
        let table = change.table ?? 0
        return limit == 0
            || rule(bridge: bridge, table: table, priority: change.priority, match: change.match) != nil
            || countFlows(bridge: bridge, table: table, cookie: change.cookie) < limit
    }

    /// Packets have met a megaflow that defines the flow.
    func refresh(_ learned: LearnedRule, at time: UInt64) {
        let bridge = bridges[Int(learned.bridge)]
        guard let rule = rule(bridge: bridge, table: learned.table, priority: learned.priority, match: learned.match)
        else { return }
        refresh(rule, at: time)
    }

    /// The hard timeout counts from now; the idle timeout is for packets that meet the flow itself.
    private func refresh(_ rule: FlowRule, at time: UInt64) { rule.modified = max(rule.modified, time) }

    func number(of learned: LearnedRule) -> Int32? {
        rule(
            bridge: bridges[Int(learned.bridge)], table: learned.table, priority: learned.priority,
            match: learned.match)?.number
    }

    private func rule(bridge: Bridge, table: UInt8, priority: UInt16, match: Match) -> FlowRule? {
        guard Int(table) < bridge.tables.count else { return nil }
        let number = bridge.tables[Int(table)].classifier.find(match: match, priority: Int32(priority))
        return number >= 0 ? rules[Int(number)] : nil
    }

    private func countFlows(bridge: Bridge, table: UInt8, cookie: UInt64) -> UInt32 {
        guard Int(table) < bridge.tables.count else { return 0 }
        var count: UInt32 = 0
        bridge.tables[Int(table)].classifier.forEach { number in
            if rules[Int(number)]?.cookie == cookie { count += 1 }
        }
        return count
    }
}

extension FlowModification {
    /// A learned flow in the words of a trace.
    fileprivate var learnedText: String {
        let conditions = match.description
        var text = "table=\(table ?? 0) \(conditions)\(conditions.isEmpty ? "" : " ")priority=\(priority)"
        if cookie != 0 { text += " cookie=0x" + String(cookie, radix: 16) }
        if idleTimeout != 0 { text += " idle=\(idleTimeout)" }
        if hardTimeout != 0 { text += " hard=\(hardTimeout)" }
        if flags.contains(.sendFlowRemoved) { text += " send_flow_rem" }
        return "\(text) actions=\(instructions)"
    }
}
