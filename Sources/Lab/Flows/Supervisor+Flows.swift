import OpenFlow
import Ports
import Switch
import Topology
import VirtualSwitch

// Flows and traces of a lab's switches, in ovs-ofctl's text.

extension Supervisor {
    /// What the text of flows calls a switch's ports.
    private func names(of node: String) -> FlowNames {
        let ports = fabric.ports
        return FlowNames(portNumber: { ports[.init(node, $0)]?.number })
    }

    func addFlow(_ text: String, to node: String) throws(LabError) {
        let bridge = try bridge(node)
        let names = names(of: node)
        try change(bridge, try labelled { () throws(FlowSyntaxError) in try FlowText.parse(text, names: names) })
    }

    /// Removes the flows that the text selects: those that match nothing else than it does, in its table if it has one.
    /// With a priority it is the flow of just this match and priority.
    func removeFlows(_ text: String, of node: String) throws(LabError) {
        let bridge = try bridge(node)
        let names = names(of: node)
        var items = KeyValueScanner(Substring(text))
        var command = FlowModification.Command.delete
        while let item = items.next() { if item.name == "priority" { command = .deleteStrict } }
        let deletion = command
        try change(
            bridge,
            try labelled { () throws(FlowSyntaxError) in try FlowText.parse(text, command: deletion, names: names) })
    }

    private func change(_ bridge: Int32, _ change: FlowModification) throws(LabError) {
        let answer = fabric.poller.run { datapath, now in
            Result { () throws(ModificationError) in try datapath.modify(bridge: bridge, change, now: now) }
        }
        guard case .failure(let error) = answer else { return }
        throw LabError("the switch refuses the flow (\(error.openFlowError.name))")
    }

    func trace(_ packet: String, at node: String) throws(LabError) -> String {
        let bridge = try bridge(node)
        let names = names(of: node)
        let match = try labelled { () throws(MatchSyntaxError) in
            try Match(parsing: packet, portNumber: names.portNumber)
        }
        let answer = fabric.poller.run { datapath, now in
            datapath.trace(bridge: bridge, key: match.key, options: match, now: now)
        }
        guard let answer else {
            throw LabError("\(node) has no port \(match.key[.inPort].low): begin the packet with in_port=1 or so")
        }
        return answer
    }
}
