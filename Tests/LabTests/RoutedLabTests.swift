import Lab
import Switch
import Testbed
import Testing
import Topology
import Wire

@Suite(.serialized, .enabled(if: LabMeans.areThere, Comment(rawValue: LabMeans.missing ?? "")))
struct RoutedLabTests {
    private func interface(_ name: String, _ address: String, _ address6: String) throws -> LabTopology.Interface {
        .init(
            name: name, ipv4: [try #require(IPv4Prefix(address))],
            ipv6: [try #require(IPv6Prefix(address6))])
    }

    @Test func aRouterJoinsThreeSubnets() throws {
        var topology = LabTopology(name: "unnamed")
        var router = LabTopology.Node(name: "r1", kind: .process)
        router.host.forwarding = true
        for n in 1...3 {
            router.interfaces.append(try interface("eth\(n)", "10.0.\(n).254/24", "fd00:0:0:\(n)::fe/64"))
            var host = LabTopology.Node(name: "h\(n)", kind: .process)
            host.interfaces = [try interface("eth0", "10.0.\(n).1/24", "fd00:0:0:\(n)::1/64")]
            host.host.routes = [
                .init(destination: "default", via: "10.0.\(n).254"),
                .init(destination: "default", via: "fd00:0:0:\(n)::fe"),
            ]
            topology.nodes.append(host)
            topology.links.append(.init(a: .init("h\(n)", "eth0"), b: .init("r1", "eth\(n)")))
        }
        topology.nodes.append(router)
        let lab = try TestLab("minimal", name: "router") { made in
            let name = made.name
            made = topology
            made.name = name
        }
        let results = try lab.ping()
        #expect(results.count == 12)
        #expect(results.allSatisfy { $0.received == 1 })
        let results6 = try lab.ping(PingRequest(ipv6: true))
        #expect(results6.allSatisfy { $0.received == 1 }, "\(results6)")
    }

    @Test func accessPortsKeepVLANsApart() throws {
        let lab = try TestLab("single,4", name: "vlans") { topology in
            for n in topology.nodes.indices where topology.nodes[n].kind == .switch {
                for i in topology.nodes[n].interfaces.indices {
                    topology.nodes[n].interfaces[i].vlan = .access(i < 2 ? 10 : 20)
                }
            }
        }
        let results = try lab.ping(PingRequest(timeout: 500_000_000))
        let reached = Set(results.filter { $0.received == 1 }.map { "\($0.source)-\($0.destination)" })
        #expect(reached == ["h1-h2", "h2-h1", "h3-h4", "h4-h3"])
    }

    @Test func aLoopOfSwitchesDoesNotMelt() throws {
        let lab = try TestLab("ring,4", name: "ring")
        #expect(try lab.ping(PingRequest(timeout: 3_000_000_000)).allSatisfy { $0.received == 1 })
        guard case .switchReport(let report) = try lab.client().request(.inspectSwitch(node: "s1")) else { return }
        #expect(report.spanningTree != nil)
        try lab.client().request(.setLink(link: "s1:s2", change: LinkChange(up: false)))
        #expect(try eventually { try lab.ping(PingRequest(timeout: 300_000_000)).allSatisfy { $0.received == 1 } })
    }

    @Test func anAddressChanges() throws {
        let lab = try TestLab("single,2", name: "address")
        try lab.client().request(.setAddress(node: "h2", interface: "eth0", prefix: "10.0.0.77/8"))
        #expect(try lab.ping(PingRequest(pairs: [["h1", "h2"]])).first?.received == 1)
        #expect(try lab.exec("h1", "ping", "-4", "-c1", "-W2", "h2").output.contains("10.0.0.77"))
        #expect(throws: LabError.self) {
            try lab.client().request(.setAddress(node: "h2", interface: "eth9", prefix: "10.0.0.77/8"))
        }
    }

    @Test func aStoppedSwitchCarriesNothing() throws {
        let lab = try TestLab("single,2", name: "stopped")
        try lab.client().request(.setSwitch(node: "s1", running: false))
        #expect(try lab.ping(PingRequest(timeout: 200_000_000)).allSatisfy { $0.received == 0 })
        try lab.client().request(.setSwitch(node: "s1", running: true))
        #expect(try lab.ping(PingRequest(timeout: 3_000_000_000)).allSatisfy { $0.received == 1 })
    }
}
