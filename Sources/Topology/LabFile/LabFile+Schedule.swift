extension LabFile {
    mutating func readSchedule(_ root: Fields) {
        guard let schedule = root["schedule"] else { return }
        guard case .list(let items) = schedule.content else {
            problems.add(schedule.place, "schedule is \(schedule.kindName)", "write a list of - {at: 10s, …}")
            return
        }
        var all: [LabTopology.ScheduledChange] = []
        for item in items {
            let fields = Fields(item, LabFileKeys.schedule, "an entry of the schedule", problems)
            guard let at = fields.parse("at", { text throws(ValueError) in try Units.timeValue(text) }) else {
                if fields["at"] == nil { problems.add(item.place, "the entry has no time", "write at: 10s") }
                continue
            }
            all += readActions(fields).map { .init(at: at, action: $0) }
        }
        // Swift's sort is stable, so entries of one time keep their order.
        topology.schedule = all.sorted { $0.at < $1.at }
    }

    private func readActions(_ fields: Fields) -> [LabTopology.ScheduledChange.Action] {
        switch (fields["link"], fields["node"]) {
        case (let link?, nil):
            guard let set = fields["set"] else {
                problems.add(fields.place, "the entry changes nothing", "write set: {loss: 5%}, set: down or set: up")
                return []
            }
            if let exec = fields["exec"] {
                problems.add(exec.place, "exec needs a node", "write node: instead of link:")
            }
            guard let change = readChange(set),
                let text = problems.attempt(link, { value throws(ValueError) in try value.text("link") })
            else { return [] }
            do throws(ValueError) {
                var actions: [LabTopology.ScheduledChange.Action] = []
                for selector in try NameRange.expand(text) {
                    let found = try topology.link(selector)
                    actions.append(.link(index: found.index, change: found.isReversed ? change.reversed : change))
                }
                return actions
            } catch {
                problems.add(link.place, error)
                return []
            }
        case (nil, let node?):
            guard let commands = fields.texts("exec") else {
                if fields["exec"] == nil {
                    problems.add(fields.place, "nothing to do on the node", "write exec: COMMAND")
                }
                return []
            }
            if let set = fields["set"] { problems.add(set.place, "set needs a link", "write link: instead of node:") }
            guard let text = problems.attempt(node, { value throws(ValueError) in try value.text("node") }) else {
                return []
            }
            do throws(ValueError) {
                var actions: [LabTopology.ScheduledChange.Action] = []
                for name in try NameRange.expand(text) {
                    guard let place = places[name] else {
                        throw ValueError(
                            "there is no node “\(name)”", nearestHint(name, among: topology.nodes.map(\.name)))
                    }
                    guard topology.nodes[place].isHost else {
                        throw ValueError("\(name) runs no programs", "name a host")
                    }
                    actions += commands.map { .exec(node: name, command: $0) }
                }
                return actions
            } catch {
                problems.add(node.place, error)
                return []
            }
        default:
            problems.add(fields.place, "an entry has either link or node", "write link: h1:s1 or node: h1")
            return []
        }
    }

    private func readChange(_ value: YAMLValue) -> LinkChange? {
        switch value.content {
        case .text(let text):
            do { return try LinkChange(arguments: [text]) } catch {
                for problem in error.problems { problems.add(value.place, problem.what, problem.remedy) }
                return nil
            }
        default:
            let change = change(Fields(value, LabFileKeys.change, "set", problems))
            if change.isEmpty { problems.add(value.place, "set changes nothing", "write loss: 5%, for example") }
            return change
        }
    }
}
