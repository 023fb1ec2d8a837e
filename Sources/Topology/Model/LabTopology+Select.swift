extension LabTopology {
    /// A link by what users type.
    public struct Selection: Equatable, Sendable {
        /// Index into `links`.
        public var index: Int
        /// The selector named the link's second endpoint first, so that its forward is the link's reverse.
        public var isReversed: Bool
    }

    /// The link that `h1:eth0` (node and interface), `h1:s1` (two nodes) or `h1:eth0-s1:eth3` (both) names.
    public func select(link text: String) throws(TopologyError) -> Selection {
        do { return try link(text) } catch { throw TopologyError(error.what, remedy: error.remedy) }
    }

    /// Every link that `text` names in one of these ways: by an interface it is one, by two nodes all between them.
    public func selections(link text: String) -> [Selection] {
        var between: [Selection] = []
        for (index, link) in links.enumerated() {
            for (near, far, isReversed) in [(link.a, link.b, false), (link.b, link.a, true)] {
                let selection = Selection(index: index, isReversed: isReversed)
                if text == "\(near)" || text == "\(near)-\(far)" { return [selection] }
                if text == "\(near.node):\(far.node)", between.last?.index != index { between.append(selection) }
            }
        }
        return between
    }

    func link(_ text: String) throws(ValueError) -> Selection {
        let text = text.trimmed
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 || parts.count == 3 else {
            throw ValueError(
                "“\(text)” does not name a link", "write h1:s1 (two nodes) or h1:eth0 (node and interface)")
        }
        let found = selections(link: text)
        if found.count == 1 { return found[0] }
        if found.count > 1 {
            let names = found.prefix(4).map { "\(links[$0.index].a)" }.joined(separator: ", ")
            throw ValueError(
                "\(parts[0]) and \(parts[1]) have \(found.count) links", "name one by its interface: \(names)")
        }
        guard nodes.contains(where: { $0.name == parts[0] }) else {
            throw ValueError("there is no node “\(parts[0])”", nearestHint(parts[0], among: nodes.map(\.name)))
        }
        let mine = links.flatMap { link in
            (link.a.node == parts[0] ? ["\(link.a)", "\(parts[0]):\(link.b.node)"] : [])
                + (link.b.node == parts[0] ? ["\(link.b)", "\(parts[0]):\(link.a.node)"] : [])
        }
        throw ValueError("there is no link “\(text)”", nearestHint(text, among: mine))
    }
}
