import Topology

/// Where a lab's switches form loops, so that they need a spanning tree.
enum SwitchLoops {
    /// The names of the switches that are joined, over any number of others, to a loop of switches.
    ///
    /// A component of the graph has a loop exactly when it has no fewer links than switches.
    static func members(of topology: LabTopology) -> Set<String> {
        let switches = topology.nodes.filter { $0.kind == .switch }.map(\.name)
        let index = Dictionary(uniqueKeysWithValues: switches.enumerated().map { ($1, $0) })
        var joined = DisjointSets(count: switches.count)
        var closing: [Int] = []
        for link in topology.links {
            guard let a = index[link.a.node], let b = index[link.b.node] else { continue }
            if !joined.join(a, b) { closing.append(a) }
        }
        let looped = Set(closing.map { joined.root(of: $0) })
        return Set(switches.indices.filter { looped.contains(joined.root(of: $0)) }.map { switches[$0] })
    }
}
