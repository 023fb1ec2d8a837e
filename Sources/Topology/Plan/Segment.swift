/// The interfaces that reach each other without a router.
struct Segment: Equatable, Sendable {
    struct Member: Hashable, Sendable {
        /// Index into `LabTopology.nodes`.
        var node: Int
        /// Index into the node's interfaces.
        var interface: Int
    }

    /// Interfaces of hosts and of the machine, in the order of the nodes (and of the link's ends, on a direct link).
    var members: [Member] = []
    /// A link without a switch.
    var isDirect = false
    /// An interface that exists outside the lab is one of the ends.
    var touchesPhysical = false

    /// Switched segments in the order of their first host, then direct links in the order of the file.
    static func all(of topology: LabTopology) -> [Segment] {
        let nodes = topology.nodes
        var interfaces: [LabTopology.Endpoint: Member] = [:]
        for (n, node) in nodes.enumerated() {
            for (i, interface) in node.interfaces.enumerated() {
                interfaces[.init(node.name, interface.name)] = Member(node: n, interface: i)
            }
        }
        func forwards(_ n: Int) -> Bool { nodes[n].kind == .switch || nodes[n].kind == .bridge }
        var joined = DisjointSets(count: nodes.count)
        var attached: [(member: Member, to: Int)] = []
        var direct: [Segment] = []
        for link in topology.links {
            guard let a = interfaces[link.a], let b = interfaces[link.b] else { continue }
            switch (forwards(a.node), forwards(b.node)) {
            case (true, true): joined.join(a.node, b.node)
            case (true, false): attached.append((b, a.node))
            case (false, true): attached.append((a, b.node))
            case (false, false):
                let physical = nodes[a.node].kind == .physical || nodes[b.node].kind == .physical
                direct.append(Segment(members: [a, b], isDirect: true, touchesPhysical: physical))
            }
        }
        attached.sort { ($0.member.node, $0.member.interface) < ($1.member.node, $1.member.interface) }
        var places: [Int: Int] = [:]
        var switched: [Segment] = []
        for (member, to) in attached {
            let key = joined.root(of: to)
            if places[key] == nil {
                places[key] = switched.count
                switched.append(Segment())
            }
            switched[places[key]!].members.append(member)
            if nodes[member.node].kind == .physical { switched[places[key]!].touchesPhysical = true }
        }
        return switched + direct
    }
}
