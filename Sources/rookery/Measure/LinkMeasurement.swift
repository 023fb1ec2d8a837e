import Lab
import Topology

/// Measures the links of a running lab for its drawing: the round trip between hosts at the two ends of each link that forwards.
struct LinkMeasurement {
    let client: LabClient
    let topology: LabTopology

    func annotate(_ annotations: inout DrawingAnnotations) throws {
        let active = try client.activeLinks(of: topology)
        // What was asked stands beside each link anyway.
        annotations.links = [:]
        // A host beside each node: itself, or one on a link to the switch.
        var nearest: [String: String] = [:]
        for node in topology.nodes where node.isHost { nearest[node.name] = node.name }
        let hosts = Set(nearest.keys)
        for link in topology.links where link.up {
            if hosts.contains(link.a.node), nearest[link.b.node] == nil { nearest[link.b.node] = link.a.node }
            if hosts.contains(link.b.node), nearest[link.a.node] == nil { nearest[link.a.node] = link.b.node }
        }
        var pairs: [[String]] = []
        var measured: [Int] = []
        for (index, link) in topology.links.enumerated() where active.contains(index) {
            if hosts.contains(link.a.node) != hosts.contains(link.b.node) { continue }
            guard let a = nearest[link.a.node], let b = nearest[link.b.node], a != b else { continue }
            pairs.append([a, b])
            measured.append(index)
        }
        guard !pairs.isEmpty else { return }
        var results: [[String]: UInt64] = [:]
        try client.request(.ping(PingRequest(pairs: pairs, count: 3, timeout: 2_000_000_000))) { reply in
            guard case .pinged(let more) = reply else { return }
            for result in more { results[[result.source, result.destination]] = result.minimum }
        }
        for (pair, index) in zip(pairs, measured) {
            guard let roundTrip = results[pair] else { continue }
            annotations.links[index] = "RTT \(Readable.time(roundTrip))"
            annotations.highlighted.insert(index)
        }
        for (index, link) in topology.links.enumerated() where link.up && !active.contains(index) {
            annotations.links[index] = "standby"
        }
    }
}
