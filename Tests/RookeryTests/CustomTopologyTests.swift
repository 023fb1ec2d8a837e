import Glibc
import Linux
import Switch
import Testbed
import Testing
import Topology
import Wire

@testable import rookery

@Suite(.enabled(if: Machine.has("python3"), "custom topologies need python3"))
struct CustomTopologyTests {
    private func load(_ source: String, topology: String) throws -> (CustomTopology, LabTopology?) {
        let directory = TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        let path = directory.path + "/custom.py"
        try File.write(path, source)
        let custom = try CustomTopology.load(files: [path], topology: topology)
        let link = try LinkClass(MininetChoice("default"))
        return (custom, try custom.topology?.labTopology(name: "t", link: link))
    }

    /// The file that Mininet ships as its example, in its own words.
    @Test func example() throws {
        let (custom, made) = try load(
            """
            from mininet.topo import Topo
            class MyTopo( Topo ):
                def build( self ):
                    left = self.addHost( 'h1' )
                    right = self.addHost( 'h2' )
                    s3 = self.addSwitch( 's3' )
                    s4 = self.addSwitch( 's4' )
                    self.addLink( left, s3 )
                    self.addLink( s3, s4 )
                    self.addLink( s4, right )
            topos = { 'mytopo': ( lambda: MyTopo() ) }
            """, topology: "mytopo")
        let topology = try #require(made)
        #expect(custom.tests.isEmpty && custom.notes.isEmpty)
        #expect(topology.nodes.map(\.name) == ["h1", "h2", "s3", "s4"])
        #expect(
            topology.links.map { "\($0.a) \($0.b)" } == [
                "h1:h1-eth0 s3:s3-eth1", "s3:s3-eth2 s4:s4-eth1", "s4:s4-eth2 h2:h2-eth0",
            ])
        #expect(topology.nodes[3].interfaces.map(\.port) == [1, 2])
    }

    @Test func parameters() throws {
        let (custom, made) = try load(
            """
            from mininet.topo import Topo
            from mininet.net import Mininet
            from mininet.node import CPULimitedHost, OVSController, RemoteController
            from mininet.nodelib import LinuxBridge
            from mininet.link import TCLink, Intf
            from mininet.util import dumpNodeConnections, irange
            from mininet.log import setLogLevel, info
            from mininet.cli import CLI
            setLogLevel('info')
            class T(Topo):
                def __init__(self, n=1, **opts):
                    Topo.__init__(self, **opts)
                    s = self.addSwitch('s1', dpid='000000000000000a', failMode='secure')
                    for i in irange(1, n):
                        h = self.addHost('h%d' % i, ip='192.168.0.%d/24' % i, mac='00:00:00:00:01:%02x' % i,
                                         defaultRoute='via 192.168.0.254', cpu=.25)
                        self.addLink(h, s, cls=TCLink, bw=i, delay='%dms' % i, port2=10 + i,
                                     params1={'loss': 1}, intfName1='eth%d' % i)
            topos = {'t': T}
            hosts = {'mine': CPULimitedHost}
            tests = {'mytest': lambda net: None}
            """, topology: "t,n=2")
        let topology = try #require(made)
        #expect(custom.tests == ["mytest"])
        #expect(custom.notes.count == 1 && custom.notes[0].contains("mine"))
        let h2 = topology.nodes[1]
        #expect(h2.interfaces[0].name == "eth2")
        #expect(h2.interfaces[0].ipv4.map(\.description) == ["192.168.0.2/24"])
        #expect(h2.interfaces[0].mac?.description == "00:00:00:00:01:02")
        #expect(h2.host.routes == [.init(destination: "default", via: "192.168.0.254")])
        #expect(topology.nodes[2].interfaces.map(\.port) == [11, 12])
        #expect(topology.nodes[2].bridge.datapathID == 10)
        #expect(topology.nodes[2].bridge.failMode == .secure)
        #expect(topology.links[1].aToB.rate == 2_000_000)
        #expect(topology.links[1].aToB.loss == .random(.init(probability: 0.01)))
        #expect(topology.links[1].bToA.loss == nil)
    }

    /// The topologies that a file may build upon are Mininet's.
    @Test(arguments: ["tree,2,3", "linear,3,2", "single,4", "reversed,3", "torus,3,3"])
    func librariesAgreeWithTheBuiltIns(text: String) throws {
        let names = [
            "tree": "TreeTopo", "linear": "LinearTopo", "single": "SingleSwitchTopo",
            "reversed": "SingleSwitchReversedTopo", "torus": "TorusTopo",
        ]
        let shape = String(text.prefix { $0 != "," })
        let (_, made) = try load(
            """
            from mininet.topo import *
            from mininet.topo import SingleSwitchTopo, SingleSwitchReversedTopo, LinearTopo
            from mininet.topolib import TreeTopo, TorusTopo
            topos = {'x': \(names[shape]!)}
            """, topology: "x" + text.dropFirst(shape.count))
        let topology = try #require(made)
        let builtin = try BuiltinTopology(text).topology(naming: .mininet)
        #expect(topology.nodes.map(\.name) == builtin.nodes.map(\.name))
        #expect(Set(topology.links.map { "\($0.a) \($0.b)" }) == Set(builtin.links.map { "\($0.a) \($0.b)" }))
    }

    @Test(arguments: [
        "x = 1/0", "this is not Python", "import nosuchmodule",
        "from mininet.net import Mininet\nMininet()", "topos = {'t': lambda: 1/0}",
        "from mininet.topo import Topo\nclass T(Topo):\n  def build(self): self.addHost('h1', ip='bla')\ntopos={'t': T}",
    ]) func brokenFilesSayWhere(source: String) {
        #expect(throws: CommandError.self) { try load(source, topology: "t") }
    }
}
