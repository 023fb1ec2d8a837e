// What a translation tells a trace beside its actions.

extension Translation {
    /// ` 0. ip, priority 10, cookie 0x5`.
    func title(of rule: FlowRule) -> String {
        let match = rule.match.description
        var text = "\(Self.aligned(rule.table)). \(match.isEmpty ? "" : match + ", ")priority \(rule.priority)"
        if rule.cookie != 0 { text += ", cookie 0x\(String(rule.cookie, radix: 16))" }
        return text
    }

    static func miss(_ table: FlowTable) -> String {
        let more = table.settings.miss == .controller ? ", and a \"packet-in\" is called for." : "."
        return "\(aligned(table.number)). No match\(more)"
    }

    static func aligned(_ table: UInt8) -> String { table < 10 ? " \(table)" : "\(table)" }

    func tellActionSet(_ verb: String) {
        guard let recorder else { return }
        let actions = here.actionSet.ordered
        let text = actions.map(\.description).joined(separator: ",")
        recorder.detail(actions.isEmpty ? "action set \(verb) empty" : "action set \(verb): \(text)")
    }
}

extension TraceRecorder {
    /// Tells where a packet goes on that is looked up again.
    func thaw(_ steps: [FrozenStep]) {
        open(.thaw, "thaw")
        if case .instructions(let instructions, _)? = steps.first, let table = instructions.goTo {
            open(.thaw, "Resuming from table \(table)")
            close()
        } else if case .actions(_, let origin)? = steps.first {
            open(.thaw, "Resuming from table \(origin.table)")
            close()
        }
        close()
    }
}
