import Switch
import Testing
import Topology
import Wire

@testable import rookery

@Suite struct MininetTopologyTests {
    private func topology(_ arguments: String...) throws -> LabTopology {
        try MininetTopology(try MininetOptions(arguments), custom: nil).topology
    }

    @Test func namesAndAddresses() throws {
        let made = try topology("--topo", "tree,2,2", "--mac")
        #expect(made.nodes.map(\.name) == ["h1", "h2", "h3", "h4", "s1", "s2", "s3"])
        let h3 = made.nodes[2]
        #expect(h3.interfaces[0].name == "h3-eth0")
        #expect(h3.interfaces[0].ipv4.map(\.description) == ["10.0.0.3/8"])
        #expect(h3.interfaces[0].mac?.description == "00:00:00:00:00:03")
        #expect(made.nodes[4].interfaces.map(\.name) == ["s1-eth1", "s1-eth2"])
    }

    @Test(arguments: [
        ("10.0.0.0/8", ["10.0.0.1/8", "10.0.0.2/8"]), ("192.168.5.0/24", ["192.168.5.1/24", "192.168.5.2/24"]),
        ("10.0.0.100/8", ["10.0.0.100/8", "10.0.0.101/8"]),
    ]) func ipBase(base: String, addresses: [String]) throws {
        let made = try topology("--ipbase", base)
        #expect(made.nodes.prefix(2).map { $0.interfaces[0].ipv4[0].description } == addresses)
    }

    @Test func refusesAnIPBaseThatIsNone() {
        for base in ["10.0.0.0", "bla", "10.0.0.0/33", "300.0.0.0/8"] where base != "10.0.0.0" {
            #expect(throws: CommandError.self) { try topology("--ipbase", base) }
        }
        #expect(throws: (any Error).self) { try topology("--ipbase", "10.0.0.0/30", "--topo", "single,4") }
    }

    @Test func shapedLinks() throws {
        let made = try topology(
            "--link", "tc,bw=10,delay=5ms,jitter=1ms,loss=2,max_queue_size=50", "--topo", "single,1")
        let profile = made.links[0].aToB
        #expect(profile.rate == 10_000_000)
        #expect(profile.delay == 5_000_000)
        #expect(profile.jitter?.spread == 1_000_000)
        #expect(profile.loss == .random(.init(probability: 0.02)))
        #expect(profile.queue == .packets(50))
        #expect(made.links[0].bToA == profile)
    }

    @Test func plainLinksIgnoreParameters() throws {
        #expect(try topology("--link", "default,bw=10").links.allSatisfy { $0.aToB.isIdeal })
    }

    /// tc counts a time without a unit in microseconds.
    @Test func timesAreTCs() throws {
        #expect(try LinkClass.time("5", "delay") == 5_000)
        #expect(try LinkClass.time("5ms", "delay") == 5_000_000)
        #expect(try LinkClass.time("1.5s", "delay") == 1_500_000_000)
        #expect(throws: CommandError.self) { try LinkClass.time("-1ms", "delay") }
        #expect(throws: CommandError.self) { try LinkClass.time("five", "delay") }
    }

    @Test(arguments: ["tc,bw=-1", "tc,bw=x", "tc,loss=101", "tc,delay=-3", "tc,max_queue_size=0", "tc,10", "wifi"])
    func refusesLinks(text: String) {
        #expect(throws: CommandError.self) { try topology("--link", text) }
    }

    @Test func linkTextsAreMininets() throws {
        let options = try MininetOptions(["--link", "tc,bw=10,delay=5ms,loss=1", "--topo", "linear,2"])
        let texts = try MininetTopology(options, custom: nil).linkTexts
        let end = "(10.00Mbit 5ms delay 1.00000% loss) "
        #expect(texts == ["\(end)\(end)(h1, s1) ", "\(end)\(end)(h2, s2) ", "\(end)\(end)(s2, s1) "])
    }

    @Test func natIsADefaultRoute() throws {
        let made = try topology("--nat", "--topo", "single,2")
        let nat = try #require(made.nodes.first { $0.host.nat })
        #expect(nat.name == "nat0")
        #expect(nat.interfaces[0].ipv4.map(\.description) == ["10.0.0.3/8"])
        #expect(made.nodes[0].host.routes == [.init(destination: "default", via: "10.0.0.3")])
        #expect(made.links.last?.b.description == "s1:s1-eth3")
    }

    @Test func namesSortNaturally() {
        let names = ["h10", "h2", "s1x10", "s1x2", "h1", "a"]
        #expect(names.sorted(by: isNaturallyBefore) == ["a", "h1", "h2", "h10", "s1x2", "s1x10"])
    }
}
