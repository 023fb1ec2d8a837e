import Switch

extension LabTopology {
    /// The topology in Graphviz's language: `rookery graph --dot | neato -Tpng`.
    public func dot() -> String {
        func quoted(_ text: String) -> String {
            "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
        }
        var out = "graph \(quoted(name)) {\n"
        for node in nodes {
            let shape = node.isHost ? (node.host.forwarding ? "doublecircle" : "ellipse") : "box"
            var attributes = "shape=\(shape)"
            if let place = node.coordinates { attributes += ", pos=\"\(place.longitude),\(place.latitude)!\"" }
            out += "    \(quoted(node.name)) [\(attributes)];\n"
        }
        for link in links {
            var attributes = ["taillabel=\(quoted(link.a.interface))", "headlabel=\(quoted(link.b.interface))"]
            var parts: [String] = []
            if let rate = link.aToB.rate { parts.append(Units.describe(rate: rate)) }
            if link.aToB.delay > 0 { parts.append(Units.describe(time: link.aToB.delay)) }
            if !parts.isEmpty { attributes.append("label=\(quoted(parts.joined(separator: " ")))") }
            if !link.up { attributes.append("style=dashed, color=red") }
            out += "    \(quoted(link.a.node)) -- \(quoted(link.b.node)) [\(attributes.joined(separator: ", "))];\n"
        }
        return out + "}\n"
    }

    /// One line per node with its links, as Mininet's `net` prints them: `s1 s1-eth1:h1-eth0 s1-eth2:h2-eth0`.
    public func adjacency() -> String {
        var ends: [Endpoint: Endpoint] = [:]
        for link in links {
            ends[link.a] = link.b
            ends[link.b] = link.a
        }
        return nodes.map { node in
            let words = node.interfaces.map { interface -> String in
                guard let peer = ends[Endpoint(node.name, interface.name)] else { return "\(interface.name):–" }
                // Names as Mininet makes them hold the node already.
                let other = peer.interface.hasPrefix("\(peer.node)-") ? peer.interface : "\(peer)"
                return "\(interface.name):\(other)"
            }
            return ([node.name] + words).joined(separator: " ")
        }.joined(separator: "\n") + "\n"
    }
}
