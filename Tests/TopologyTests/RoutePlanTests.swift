import Foundation
import Switch
import Testbed
import Testing
import Wire

@testable import Topology

@Suite struct RoutePlanTests {
    private func parse(_ text: String) throws -> LabTopology { try LabFile(file: "lab.yml").parse(text) }

    /// Follows the routes from node to node, as packets do; nil: no route or a loop.
    private func path(_ lab: LabTopology, from source: String, to target: IPv4Prefix) -> [String]? {
        var node = source
        var path = [source]
        let owners = Dictionary(
            lab.nodes.flatMap { node in
                node.interfaces.flatMap { $0.ipv4.map { ($0.address, node.name) } }
            }, uniquingKeysWith: { first, _ in first })
        while path.count <= lab.nodes.count {
            if owners[target.address] == node { return path }
            guard let here = lab.nodes.first(where: { $0.name == node }) else { return nil }
            if here.interfaces.contains(where: { $0.ipv4.contains { $0.contains(target.address) } }) {
                node = owners[target.address] ?? ""
            } else {
                let route =
                    here.host.routes.first { IPv4Prefix($0.destination)?.contains(target.address) ?? false }
                    ?? here.host.routes.first { $0.destination == "default" && !$0.isIPv6 }
                guard let via = route?.via.flatMap({ IPv4Address($0) }), let next = owners[via]
                else {
                    return nil
                }
                node = next
            }
            path.append(node)
        }
        return nil
    }

    @Test func everyRouterOfAWideAreaNetworkReachesEveryOther() throws {
        let text = try SourceTree.text("Examples/nsfnet.graphml")
        let lab = try LabFile(file: "lab.yml", open: { _ in text }).parse(
            "name: x\ntopology: {graphml: {file: nsfnet.graphml, cities: router}}\n")
        for source in lab.nodes {
            for target in lab.nodes where target.name != source.name {
                for interface in target.interfaces {
                    let address = try #require(interface.ipv4.first)
                    let hops = try #require(path(lab, from: source.name, to: address))
                    #expect(hops.last == target.name)
                    // The nearer end of the target's link by the way of least delay, then over the link if need be.
                    let end = LabTopology.Endpoint(target.name, interface.name)
                    let link = try #require(lab.links.first { $0.a == end || $0.b == end })
                    let other = link.a == end ? link.b.node : link.a.node
                    let near = lab.roundTrip(from: source.name, to: target.name)!
                    let far = lab.roundTrip(from: source.name, to: other)!
                    let least = near <= far ? near : far + link.aToB.delay + link.bToA.delay
                    var walked: UInt64 = 0
                    for (a, b) in zip(hops, hops.dropFirst()) {
                        let step = try #require(
                            lab.links.first { Set([$0.a.node, $0.b.node]) == Set([a, b]) })
                        walked += step.aToB.delay + step.bToA.delay
                    }
                    // A microsecond per hop keeps ideal links sensible and may decide between nearly equal ways.
                    #expect(walked <= least + UInt64(hops.count) * 1000)
                }
            }
        }
    }

    @Test func takesTheWayOfLeastDelay() throws {
        let lab = try parse(
            """
            name: x
            topology:
              nodes: {"r[1-3]": {kind: router}, h1: , h3: }
              links:
                - [h1, r1]
                - [h3, r3]
                - {endpoints: [r1, r3], delay: 50ms}
                - {endpoints: [r1, r2], delay: 10ms}
                - {endpoints: [r2, r3], delay: 10ms}
            """)
        let target = try #require(lab.nodes.first { $0.name == "h3" }?.interfaces[0].ipv4.first)
        #expect(path(lab, from: "h1", to: target) == ["h1", "r1", "r2", "r3", "h3"])
        let host = try #require(lab.nodes.first { $0.name == "h1" })
        #expect(host.host.routes.map(\.destination) == ["default", "default"])
        #expect(host.host.routes.map(\.isIPv6) == [false, true])
    }

    @Test func leavesFilesThatRouteThemselvesAlone() throws {
        let lab = try ExampleTests.load("routers.yml")
        #expect(lab.nodes.first { $0.name == "h1" }?.host.routes == [.init(destination: "default", via: "10.1.0.1")])
        let none = try parse(
            "name: x\nrouting: none\ntopology:\n  nodes: {r: {kind: router}, a: }\n  links: [[a, r]]\n")
        #expect(none.nodes.allSatisfy { $0.host.routes.isEmpty })
    }

    @Test func natIsEverybodysDefault() throws {
        let lab = try parse(
            """
            name: x
            topology:
              nodes: {a: , r: {kind: router}, out: {nat: true}, s: {kind: switch}}
              links: [[a, r], [r, s], [out, s]]
            """)
        let out = try #require(lab.nodes.first { $0.name == "out" }?.interfaces[0].ipv4.first)
        let router = try #require(lab.nodes.first { $0.name == "r" })
        #expect(router.host.routes.contains(.init(destination: "default", via: out.address.description)))
        #expect(lab.nodes.first { $0.name == "a" }?.host.routes.first?.destination == "default")
    }
}
