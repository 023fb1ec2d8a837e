import Foundation
import Switch
import Testbed
import Testing
import Wire

@testable import Topology

@Suite struct ExampleTests {
    static let folder = SourceTree.path("Examples")

    static let files = try! FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yml") }
        .sorted()

    static func load(_ name: String) throws -> LabTopology {
        try LabFile.load(path: "\(folder)/\(name)")
    }

    @Test(arguments: files) func loads(file: String) throws {
        let topology = try Self.load(file)
        #expect(topology.nodes.count >= 3)
        #expect(!topology.links.isEmpty)
        let copy = try JSONDecoder().decode(LabTopology.self, from: JSONEncoder().encode(topology))
        #expect(copy == topology)
    }

    @Test func addressesAreTextInJSON() throws {
        let interface = try #require(try Self.load("two-hosts.yml").nodes.first { $0.isHost }?.interfaces.first)
        let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(interface))
        let fields = try #require(object as? [String: Any])
        #expect(fields["mac"] as? String == interface.mac?.description)
        #expect(fields["ipv4"] as? [String] == interface.ipv4.map(\.description))
        #expect(fields["ipv6"] as? [String] == interface.ipv6.map(\.description))
        #expect(!interface.ipv4.isEmpty && !interface.ipv6.isEmpty && interface.mac != nil)
    }

    @Test func allAreThere() {
        #expect(
            Set(Self.files).isSuperset(of: [
                "two-hosts.yml", "two-racks.yml", "abilene.yml", "nsfnet.yml", "routers.yml", "lossy.yml",
                "containerlab.clab.yml",
            ]))
    }

    @Test func abilene() throws {
        let lab = try Self.load("abilene.yml")
        #expect(lab.nodes.filter { $0.kind == .switch }.count == 11)
        #expect(lab.links.count == 14 + 11)
        #expect(lab.nodes.filter { $0.kind == .switch }.allSatisfy { $0.bridge.spanningTree == .auto })
        // New York to Washington is 328 km: 1.64 ms at 2/3 of the speed of light.
        let short = try #require(lab.roundTrip(from: "h-new-york", to: "h-washington-dc"))
        #expect((3_250_000...3_320_000).contains(short))
        // Seattle to Los Angeles goes by Sunnyvale.
        let graph = RoundTripGraph(lab)
        #expect(graph.path(from: "h-seattle", to: "h-los-angeles")?.count == 4)
        #expect(lab.links.allSatisfy { $0.aToB.rate == nil || $0.aToB.rate == 1_000_000_000 })
        #expect(lab.links.filter { $0.aToB.rate == 1_000_000_000 }.count == 14)
    }

    @Test func lossy() throws {
        let lab = try Self.load("lossy.yml")
        #expect(lab.links[2].aToB.rate == 10_000_000)
        #expect(lab.links[2].bToA.rate == 1_000_000)
        #expect(lab.links[2].bToA.loss == .gilbertElliott(p: 0.001, r: 0.2, lossBad: 1, lossGood: 0))
        #expect(lab.links[2].aToB.loss == nil)
        #expect(lab.schedule.map(\.at) == [10, 20, 25, 25, 30].map { $0 * 1_000_000_000 })
        #expect(lab.schedule[1].action == .link(index: 2, change: LinkChange(up: false)))
    }

    @Test func containerlabAsItIs() throws {
        let lab = try Self.load("containerlab.clab.yml")
        let router = try #require(lab.nodes.first { $0.name == "router2" })
        #expect(router.host.commands.first == "sysctl -w net.ipv4.ip_forward=1")
        #expect(router.host.commands.count == 4)
        #expect(router.interfaces.map(\.name) == ["eth2"])
        #expect(router.interfaces[0].mac?.description == "02:00:00:00:12:02")
        // Its own commands set the addresses.
        #expect(router.interfaces[0].ipv4.isEmpty)
        #expect(lab.nodes.first { $0.name == "br-clients" }?.kind == .switch)
        #expect(lab.notes.contains { $0.hasPrefix("mgmt:") })
    }

    @Test func routers() throws {
        let lab = try Self.load("routers.yml")
        let second = try #require(lab.nodes.first { $0.name == "r2" })
        #expect(second.host.forwarding)
        #expect(second.host.routes.count == 2)
        #expect(second.interfaces.flatMap { $0.ipv4.map(\.description) } == ["192.168.12.2/30", "192.168.23.1/30"])
        #expect(lab.roundTrip(from: "h1", to: "h2") == 50_000_000)
    }

    @Test func twoRacks() throws {
        let lab = try Self.load("two-racks.yml")
        let hosts = lab.nodes.filter(\.isHost)
        #expect(hosts.map(\.name) == (1...8).map { "h\($0)" } + ["web"])
        #expect(hosts.map { $0.interfaces[0].ipv4[0].description } == (1...9).map { "10.0.0.\($0)/8" })
        #expect(hosts[8].host.memory == 128 << 20)
        #expect(hosts[0].host.cpuLimit == 0.5)
    }
}
