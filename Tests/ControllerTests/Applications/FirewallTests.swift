import OpenFlow
import Switch
import Testing

@testable import Controller

@Suite struct FirewallTests {
    typealias Network = ControlledNetwork

    @Test(arguments: OpenFlowVersion.allCases.filter { $0 > .v10 })
    func blocksWhatItsRulesSay(version: OpenFlowVersion) throws {
        let rules = try FirewallRule.parse(
            """
            allow tcp,nw_src=10.0.0.3,tp_dst=23   # the administrator
            deny tcp,tp_dst=23
            deny ip,nw_src=10.0.0.2,nw_dst=10.0.0.1
            """)
        let network = Network(Firewall(rules), version: version, switches: 1, hosts: [0, 0, 0])
        for host in 0..<3 { network.send(Network.arpRequest(from: host, for: 9), from: host) }
        for host in 0..<3 { _ = network.take(host) }
        network.send(Network.packet(from: 0, to: 1, port: 23, tcp: true), from: 0)
        #expect(network.take(1).isEmpty)
        network.send(Network.packet(from: 2, to: 1, port: 23, tcp: true), from: 2)
        #expect(network.take(1).count == 1)
        network.send(Network.packet(from: 0, to: 1, port: 80, tcp: true), from: 0)
        #expect(network.take(1).count == 1)
        network.send(Network.packet(from: 1, to: 0), from: 1)
        #expect(network.take(0).isEmpty)
        #expect(network.refusals.isEmpty, "\(version): \(network.refusals)")
    }

    @Test func everyRuleHasAPriority() throws {
        #expect(try FirewallRule.parse("deny\ndeny\n", limit: 2).count == 2)
        #expect(throws: FirewallError.self) { try FirewallRule.parse("deny\ndeny\ndeny", limit: 2) }
    }

    @Test func standsBeforeAnyApplication() throws {
        let paths = ShortestPath()
        let network = Network(
            Firewall(try FirewallRule.parse("deny udp,tp_dst=9"), before: paths), switches: 4,
            links: [(0, 1), (0, 3), (1, 2), (2, 3)], hosts: [0, 2])
        #expect(paths.linkCount == 4)
        network.send(Network.arpRequest(from: 0, for: 1), from: 0)
        network.send(Network.arpRequest(from: 1, for: 0), from: 1)
        _ = (network.take(0), network.take(1))
        network.send(Network.packet(from: 0, to: 1, port: 9), from: 0)
        #expect(network.take(1).isEmpty)
        network.send(Network.packet(from: 0, to: 1, port: 10), from: 0)
        #expect(network.take(1).count == 1)
    }
}
