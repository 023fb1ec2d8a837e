import Lab
import Switch
import Topology

// What the lab forwards over at this moment: the topology says which links there are and which are up, the switches say
// which of their ports the spanning tree lets forward.

extension LabClient {
    /// The links that are up and forward at both ends, as indices into `topology.links`.
    func activeLinks(of topology: LabTopology) throws(LabError) -> Set<Int> {
        var blocked: Set<LabTopology.Endpoint> = []
        for node in topology.nodes where node.kind == .switch {
            guard case .switchReport(let report) = try request(.inspectSwitch(node: node.name)) else {
                throw Self.misunderstood
            }
            for port in report.ports where port.state != "forwarding" {
                blocked.insert(LabTopology.Endpoint(node.name, port.name))
            }
        }
        var active: Set<Int> = []
        for (index, link) in topology.links.enumerated() where link.up {
            if !blocked.contains(link.a) && !blocked.contains(link.b) { active.insert(index) }
        }
        return active
    }
}
