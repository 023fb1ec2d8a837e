import Switch
import Wire

// Static routes for labs with routers, so that a wide-area network of routers answers pings without a routing daemon:
// every router gets the way of least delay to every segment (Dijkstra among the routers), every other host a default
// route by the nearest router of its first segment that has one. Where a host does NAT, it is everybody's default.

/// Fills in routes of hosts that have none.
public struct RoutePlan: Sendable {
    /// More routers than this would make too many routes; they need a routing daemon.
    public static let routerLimit = 400

    public init() {}

    /// The same routes for the same topology every time. Addresses must be there already.
    public func fill(_ topology: inout LabTopology) throws(TopologyError) {
        let segments = Segment.all(of: topology)
        let routers = topology.nodes.indices.filter { topology.nodes[$0].isHost && topology.nodes[$0].host.forwarding }
        guard !routers.isEmpty else { return }
        guard routers.count <= Self.routerLimit else {
            throw TopologyError(
                "\(routers.count) routers are too many for static routes",
                remedy: "write routing: none and run a routing daemon on them")
        }
        var graph = RouterGraph(topology, segments, routers)
        let exit = routers.first { topology.nodes[$0].host.nat }
        var routes: [Int: [LabTopology.Route]] = [:]
        for node in topology.nodes.indices where topology.nodes[node].isHost && topology.nodes[node].host.routes.isEmpty
        {
            if topology.nodes[node].host.forwarding {
                routes[node] = graph.routes(of: node, exit: exit)
            } else {
                routes[node] = graph.defaultRoutes(of: node)
            }
        }
        for (node, all) in routes { topology.nodes[node].host.routes = all }
    }
}

private struct RouterGraph {
    private let topology: LabTopology
    private let segments: [Segment]
    private let routers: [Int]
    /// Segments of each node, with its member.
    private var attached: [[(segment: Int, member: Segment.Member)]]
    /// Routers on each segment.
    private var onSegment: [[Segment.Member]]
    /// Round-trip delay of the link of each interface.
    private var delays: [LabTopology.Endpoint: UInt64] = [:]

    /// Added per hop, so that ideal links give the path with the fewest.
    private static let hopCost: UInt64 = 1000

    init(_ topology: LabTopology, _ segments: [Segment], _ routers: [Int]) {
        self.topology = topology
        self.segments = segments
        self.routers = routers
        attached = Array(repeating: [], count: topology.nodes.count)
        onSegment = Array(repeating: [], count: segments.count)
        let isRouter = Set(routers)
        for (number, segment) in segments.enumerated() {
            for member in segment.members {
                attached[member.node].append((number, member))
                if isRouter.contains(member.node) { onSegment[number].append(member) }
            }
        }
        for link in topology.links {
            delays[link.a] = link.aToB.delay + link.bToA.delay
            delays[link.b] = delays[link.a]
        }
    }

    private func interface(_ member: Segment.Member) -> LabTopology.Interface {
        topology.nodes[member.node].interfaces[member.interface]
    }

    private func cost(_ segment: Int, _ a: Segment.Member, _ b: Segment.Member) -> UInt64 {
        func delay(_ member: Segment.Member) -> UInt64 {
            delays[.init(topology.nodes[member.node].name, interface(member).name)] ?? 0
        }
        // Both ends of a direct link are the same link.
        return Self.hopCost + delay(a) + (segments[segment].isDirect ? 0 : delay(b))
    }

    private struct Way {
        var cost: UInt64
        /// The neighbour through which the way starts; nil at the start itself.
        var first: Segment.Member?
    }

    private func ways(from start: Int) -> [Int: Way] {
        var ways: [Int: Way] = [start: Way(cost: 0, first: nil)]
        var open = Set([start])
        var done: Set<Int> = []
        while let node = open.min(by: { (ways[$0]!.cost, $0) < (ways[$1]!.cost, $1) }) {
            open.remove(node)
            done.insert(node)
            for (segment, member) in attached[node] {
                for other in onSegment[segment] where other.node != node && !done.contains(other.node) {
                    let through = ways[node]!.cost + cost(segment, member, other)
                    if let known = ways[other.node], known.cost <= through { continue }
                    ways[other.node] = Way(cost: through, first: ways[node]!.first ?? other)
                    open.insert(other.node)
                }
            }
        }
        return ways
    }

    mutating func routes(of router: Int, exit: Int?) -> [LabTopology.Route] {
        let ways = ways(from: router)
        let own = Set(attached[router].map(\.segment))
        var routes: [LabTopology.Route] = []
        for number in segments.indices where !own.contains(number) {
            let best = onSegment[number].compactMap { member in ways[member.node] }.min { $0.cost < $1.cost }
            guard let hop = best?.first else { continue }
            let members = segments[number].members.map(interface)
            if let prefix = members.lazy.compactMap(\.ipv4.first).first, let via = interface(hop).ipv4.first {
                routes.append(.init(destination: prefix.masked.description, via: via.address.description))
            }
            if let prefix = members.lazy.compactMap(\.ipv6.first).first, let via = interface(hop).ipv6.first {
                routes.append(.init(destination: prefix.masked.description, via: via.address.description))
            }
        }
        if let exit, exit != router, let hop = ways[exit]?.first { routes += defaults(by: hop) }
        // Several segments may share a subnet that the file gave them.
        var seen: Set<String> = []
        return routes.filter { seen.insert("\($0.destination) \($0.isIPv6)").inserted }
    }

    func defaultRoutes(of host: Int) -> [LabTopology.Route] {
        for (segment, member) in attached[host] {
            let nearest = onSegment[segment].min {
                (topology.nodes[$0.node].host.nat ? 0 : 1, cost(segment, member, $0), $0.node)
                    < (topology.nodes[$1.node].host.nat ? 0 : 1, cost(segment, member, $1), $1.node)
            }
            if let nearest { return defaults(by: nearest) }
        }
        return []
    }

    private func defaults(by hop: Segment.Member) -> [LabTopology.Route] {
        let interface = interface(hop)
        return [interface.ipv4.first?.address.description, interface.ipv6.first?.address.description].compactMap { $0 }
            .map {
                .init(destination: "default", via: $0)
            }
    }
}
