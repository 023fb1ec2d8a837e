import Glibc
import HostNetwork
import Lab
import Linux
import Testbed
import Testing
import Topology
import Wire

/// Nodes that reach into the machine's own network. The machine's network is here one that the test makes: the thread
/// moves into a fresh namespace, and the lab that it starts with it.
@Suite(.serialized, .enabled(if: LabMeans.areThere, Comment(rawValue: LabMeans.missing ?? "")))
struct MachineNetworkTests {
    private func inFreshNetwork(_ body: () throws -> Void) throws {
        let home = try Namespace.current(.network)
        try Namespace.unshare(.network)
        defer {
            // A thread that cannot go home must not run other tests.
            do { try Namespace.enter(home, .network) } catch { fatalError("\(error)") }
        }
        try shell("ip link set lo up")
        try body()
    }

    @discardableResult
    private func shell(_ script: String) throws -> String {
        let run = try ProgramRun("sh", "-c", script)
        #expect(run.status == 0, "\(script): \(run.errors)")
        return run.output
    }

    /// h1 with an address, joined to a node by a link.
    private func lab(_ name: String, _ address: String, _ node: LabTopology.Node) throws -> TestLab {
        try TestLab("minimal", name: name) { topology in
            let name = topology.name
            topology = LabTopology(name: name)
            var host = LabTopology.Node(name: "h1", kind: .process)
            host.interfaces = [.init(name: "eth0", ipv4: [try #require(.init(address))])]
            topology.nodes = [host, node]
            topology.links = [.init(a: .init("h1", "eth0"), b: .init(node.name, node.interfaces[0].name))]
        }
    }

    private func reaches(_ lab: TestLab, _ address: String) throws -> Bool {
        try lab.exec("h1", "ping", "-c1", "-W3", address).status == 0
    }

    @Test func aBridgeOfTheMachinesGetsAPort() throws {
        try inFreshNetwork {
            try shell("ip link add br7 type bridge && ip addr add 10.9.0.1/24 dev br7 && ip link set br7 up")
            let node = LabTopology.Node(name: "br7", kind: .bridge, interfaces: [.init(name: "eth1")])
            let lab = try lab("bridge", "10.9.0.2/24", node)
            #expect(try reaches(lab, "10.9.0.1"))
            let port = try shell("ls /proc/sys/net/ipv4/conf").split(separator: "\n").filter { $0.hasPrefix("br7-") }
            #expect(port.count == 1)
            // The state file tells whose it is.
            #expect(try File.readText(lab.paths.state).contains(#""name":"\#(port.first ?? "")""#))
            try LabLauncher.down(lab.name)
            #expect(try shell("ip -o link").split(separator: "\n").count == 2)
        }
    }

    @Test func aMissingBridgeIsNamedAndSoIsTheWayToMakeIt() throws {
        try inFreshNetwork {
            let node = LabTopology.Node(name: "br8", kind: .bridge, interfaces: [.init(name: "eth1")])
            let error = #expect(throws: LabError.self) { try lab("nobridge", "10.9.0.2/24", node) }
            #expect(error?.description.contains("ip link add br8 type bridge") == true)
        }
    }

    @Test func anInterfaceIsMadeOnTheMachine() throws {
        try inFreshNetwork {
            let interface = LabTopology.Interface(name: "lab0", ipv4: [try #require(.init("10.8.0.1/24"))])
            let node = LabTopology.Node(name: "machine", kind: .machine, interfaces: [interface])
            let lab = try lab("machine", "10.8.0.2/24", node)
            #expect(try shell("ip -br addr show lab0").contains("10.8.0.1/24"))
            #expect(try reaches(lab, "10.8.0.1"))
            // A second lab may not have it.
            let error = #expect(throws: LabError.self) { try self.lab("machine2", "10.8.0.3/24", node) }
            #expect(error?.description.contains("“lab0” already") == true)
            #expect(try reaches(lab, "10.8.0.1"))
        }
    }

    @Test func anInterfaceThatExistsIsAttached() throws {
        try inFreshNetwork {
            try shell(
                """
                ip link add p0 type veth peer name p1 && ip addr add 10.7.0.1/24 dev p1 && ip link set p0 up \
                && ip link set p1 up
                """)
            let node = LabTopology.Node(name: "physical", kind: .physical, interfaces: [.init(name: "p0")])
            let lab = try lab("physical", "10.7.0.2/24", node)
            #expect(try reaches(lab, "10.7.0.1"))
            try LabLauncher.down(lab.name)
            #expect(try shell("ip -o link show p0").contains("p0"))
        }
    }

    /// The outside is a namespace that knows no way back to the lab: only a translated address is answered.
    @Test func aHostLeadsOutside() throws {
        try inFreshNetwork {
            var outside = Spawn("sleep", ["sleep", "60"])
            outside.freshNamespaces = [.network]
            let holder = try outside.start()
            defer { _ = try? (holder.signal(SIGKILL), holder.wait()) }
            try shell(
                """
                ip link add up0 type veth peer name out0 netns \(holder.pid) && ip addr add 192.0.2.1/24 dev up0 \
                && ip link set up0 up \
                && nsenter -t \(holder.pid) -n sh -c 'ip addr add 192.0.2.2/24 dev out0 && ip link set out0 up'
                """)
            var gateway = LabTopology.Node(name: "gw", kind: .process)
            gateway.interfaces = [.init(name: "eth0", ipv4: [try #require(.init("10.6.0.1/24"))])]
            gateway.host.nat = true
            let lab = try TestLab("minimal", name: "nat") { topology in
                let name = topology.name
                topology = LabTopology(name: name)
                var host = LabTopology.Node(name: "h1", kind: .process)
                host.interfaces = [.init(name: "eth0", ipv4: [try #require(.init("10.6.0.2/24"))])]
                host.host.routes = [.init(destination: "default", via: "10.6.0.1")]
                topology.nodes = [host, gateway]
                topology.links = [.init(a: .init("h1", "eth0"), b: .init("gw", "eth0"))]
            }
            #expect(try reaches(lab, "192.0.2.2"))
            #expect(try lab.exec("gw", "hostname").output == "gw\n")
            #expect(try lab.exec("gw", "ping", "-c1", "-W3", "h1").status == 0)
            #expect(try lab.status().nodes.first { $0.name == "gw" }?.interfaces.first?.addresses == ["10.6.0.1/24"])
            try LabLauncher.down(lab.name)
            #expect(try shell("cat /proc/sys/net/ipv4/ip_forward") == "0\n")
            #expect(try shell("if command -v nft > /dev/null; then nft list tables; fi") == "")
        }
    }
}
