import Switch

/// What a round trip must take by the delays of the links alone: the expectation that a measurement is held against.
extension LabTopology {
    /// The least round-trip times in nanoseconds from a node to every node it can reach, over links that are up.
    ///
    /// - Parameters:
    ///   - source: the name of a node.
    ///   - active: indices into `links` that forward (a spanning tree's); nil: all, that is, the shortest path.
    /// - Returns: by node name; without the source. Hosts that do not forward are ends, not ways.
    public func roundTrips(from source: String, active: Set<Int>? = nil) -> [String: UInt64] {
        RoundTripGraph(self, active: active).from(source)
    }

    /// The least round-trip time in nanoseconds between two nodes; nil: no way.
    public func roundTrip(from source: String, to target: String, active: Set<Int>? = nil) -> UInt64? {
        source == target ? 0 : roundTrips(from: source, active: active)[target]
    }
}

/// The graph of round-trip delays, built once for many questions.
public struct RoundTripGraph: Sendable {
    private let names: [String]
    private let index: [String: Int]
    private let passes: [Bool]
    private var edges: [[(to: Int, cost: UInt64, link: Int)]]

    public init(_ topology: LabTopology, active: Set<Int>? = nil) {
        names = topology.nodes.map(\.name)
        index = topology.nodeIndex()
        passes = topology.nodes.map { $0.kind == .switch || $0.kind == .bridge || $0.host.forwarding }
        edges = Array(repeating: [], count: names.count)
        for (number, link) in topology.links.enumerated() where link.up && active?.contains(number) != false {
            guard let a = index[link.a.node], let b = index[link.b.node] else { continue }
            let cost = link.aToB.delay + link.bToA.delay
            edges[a].append((b, cost, number))
            edges[b].append((a, cost, number))
        }
    }

    public func from(_ source: String) -> [String: UInt64] {
        guard let start = index[source] else { return [:] }
        var result: [String: UInt64] = [:]
        for (node, cost) in search(start).cost.enumerated() where node != start {
            if let cost { result[names[node]] = cost }
        }
        return result
    }

    /// The links of the least path, from source to target; nil: no way.
    public func path(from source: String, to target: String) -> [Int]? {
        guard let start = index[source], var node = index[target] else { return nil }
        let found = search(start)
        guard found.cost[node] != nil else { return nil }
        var links: [Int] = []
        while node != start {
            guard let step = found.back[node] else { return nil }
            links.append(step.link)
            node = step.node
        }
        return links.reversed()
    }

    /// Dijkstra; of paths of equal delay the one with fewer links wins, so that ideal links give the sensible path.
    private func search(_ start: Int) -> (cost: [UInt64?], back: [(node: Int, link: Int)?]) {
        var cost = [UInt64?](repeating: nil, count: names.count)
        var hops = [Int](repeating: .max, count: names.count)
        var back = [(node: Int, link: Int)?](repeating: nil, count: names.count)
        var done = [Bool](repeating: false, count: names.count)
        var heap = Heap()
        cost[start] = 0
        hops[start] = 0
        heap.push(.init(cost: 0, hops: 0, node: start))
        while let entry = heap.pop() {
            let node = entry.node
            if done[node] { continue }
            done[node] = true
            guard node == start || passes[node] else { continue }
            for edge in edges[node] where !done[edge.to] {
                let (through, steps) = (entry.cost + edge.cost, entry.hops + 1)
                if let known = cost[edge.to], (known, hops[edge.to]) <= (through, steps) { continue }
                cost[edge.to] = through
                hops[edge.to] = steps
                back[edge.to] = (node, edge.link)
                heap.push(.init(cost: through, hops: steps, node: edge.to))
            }
        }
        return (cost, back)
    }

    private struct Heap {
        struct Entry {
            var cost: UInt64
            var hops: Int
            var node: Int
            static func < (a: Self, b: Self) -> Bool { (a.cost, a.hops, a.node) < (b.cost, b.hops, b.node) }
        }
        private var entries: [Entry] = []

        mutating func push(_ entry: Entry) {
            entries.append(entry)
            var child = entries.count - 1
            while child > 0, entries[child] < entries[(child - 1) / 2] {
                entries.swapAt(child, (child - 1) / 2)
                child = (child - 1) / 2
            }
        }

        mutating func pop() -> Entry? {
            guard let top = entries.first else { return nil }
            let last = entries.removeLast()
            if entries.isEmpty { return top }
            entries[0] = last
            var parent = 0
            while true {
                var least = parent
                for child in [2 * parent + 1, 2 * parent + 2]
                where child < entries.count && entries[child] < entries[least] {
                    least = child
                }
                if least == parent { return top }
                entries.swapAt(parent, least)
                parent = least
            }
        }
    }
}
