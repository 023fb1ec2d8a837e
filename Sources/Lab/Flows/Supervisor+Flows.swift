import Ports
import Switch
import Topology

// Flows and traces of a lab's switches, in text.

extension Supervisor {
    /// The number of a switch's port by its name.
    private func portNumbers(of node: String) -> (String) -> UInt32? {
        let ports = fabric.ports
        return { name in ports[.init(node, name)]?.number }
    }

    private func parse(_ text: String, _ node: String) throws(LabError) -> FlowText {
        try labelled { () throws(FlowSyntaxError) in
            try FlowText(parsing: text, portNumber: self.portNumbers(of: node))
        }
    }

    func addFlow(_ text: String, to node: String) throws(LabError) {
        let bridge = try bridge(node)
        let flow = try parse(text, node)
        guard let instructions = flow.instructions else {
            throw LabError("the flow has no actions (actions=drop drops what it matches)")
        }
        if let goTo = instructions.goTo, goTo <= flow.table ?? 0 {
            throw LabError("goto_table:\(goTo) leads back; a table leads only to later ones")
        }
        fabric.poller.run { datapath, now in
            datapath.addFlow(
                bridge: bridge, table: flow.table ?? 0, priority: flow.priority ?? 32768, match: flow.match,
                instructions: instructions, cookie: flow.cookie ?? 0, now: now)
        }
    }

    /// Removes the flows that the text selects: those that match nothing else than it does, in its table if it has one.
    func removeFlows(_ text: String, of node: String) throws(LabError) {
        let bridge = try bridge(node)
        let wanted = try parse(text, node)
        fabric.poller.run { datapath, _ in
            for rule in datapath.flows(bridge: bridge)
            where (wanted.table ?? rule.table) == rule.table && (wanted.priority ?? rule.priority) == rule.priority
                && (wanted.cookie ?? rule.cookie) == rule.cookie && wanted.match.includes(rule.match)
            {
                datapath.removeFlow(bridge: bridge, table: rule.table, priority: rule.priority, match: rule.match)
            }
        }
    }

    func trace(_ packet: String, at node: String) throws(LabError) -> String {
        let bridge = try bridge(node)
        let match = try labelled { () throws(MatchSyntaxError) in
            try Match(parsing: packet, portNumber: self.portNumbers(of: node))
        }
        let answer = fabric.poller.run { datapath, now in datapath.trace(bridge: bridge, key: match.key, now: now) }
        guard let answer else {
            throw LabError("\(node) has no port \(match.key[.inPort].low): begin the packet with in_port=1 or so")
        }
        return answer
    }
}
