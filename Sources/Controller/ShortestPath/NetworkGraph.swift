/// The switches of a network and the links between them, as their controller has discovered them.
struct NetworkGraph {
    /// A port of a switch.
    struct Place: Hashable {
        var datapathID: UInt64
        var port: UInt32
    }

    /// Each link twice, once from either end.
    private(set) var links: [Place: Place] = [:]

    /// Notes a link from `a` to `b`, and back.
    /// - Returns: whether it is new.
    mutating func join(_ a: Place, _ b: Place) -> Bool {
        if links[a] == b && links[b] == a { return false }
        cut(a)
        cut(b)
        links[a] = b
        links[b] = a
        return true
    }

    /// Forgets the link at a port; whether there was one.
    @discardableResult
    mutating func cut(_ place: Place) -> Bool {
        guard let other = links.removeValue(forKey: place) else { return false }
        if links[other] == place { links[other] = nil }
        return true
    }

    /// Forgets a switch.
    mutating func remove(_ datapathID: UInt64) {
        for place in links.keys where place.datapathID == datapathID { cut(place) }
    }

    /// For each switch that can reach `destination`, the ports by which the way is shortest, in their order; none for
    /// the destination itself.
    func nextHops(to destination: UInt64) -> [UInt64: [UInt32]] {
        var arriving: [UInt64: [(from: Place, to: Place)]] = [:]
        for (from, to) in links { arriving[to.datapathID, default: []].append((from, to)) }
        var distance: [UInt64: Int] = [destination: 0]
        var hops: [UInt64: [UInt32]] = [destination: []]
        var frontier = [destination]
        var length = 0
        while !frontier.isEmpty {
            length += 1
            var next: [UInt64] = []
            for node in frontier {
                for (from, _) in arriving[node] ?? [] {
                    let known = distance[from.datapathID]
                    if known == nil {
                        distance[from.datapathID] = length
                        next.append(from.datapathID)
                    }
                    if known == nil || known == length { hops[from.datapathID, default: []].append(from.port) }
                }
            }
            frontier = next
        }
        return hops.mapValues { $0.sorted() }
    }
}
