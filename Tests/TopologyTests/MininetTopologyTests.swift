import Testbed
import Testing
import Wire

@testable import Topology

/// One topology of the recording.
private struct MininetCase: CustomStringConvertible {
    var description = ""
    var hosts: [String] = []
    var switches: [String] = []
    var links: Set<Set<String>> = []

    static let all: [MininetCase] = {
        var cases: [MininetCase] = []
        for line in try! SourceTree.recordedLines("Tests/TopologyTests/Recordings/mininet.golden") {
            let words = line.split(separator: " ").map(String.init)
            switch words[0] {
            case "topo": cases.append(MininetCase(description: words[1]))
            case "hosts": cases[cases.count - 1].hosts += Array(words.dropFirst())
            case "switches": cases[cases.count - 1].switches += Array(words.dropFirst())
            default: cases[cases.count - 1].links.insert(Set(words.dropFirst()))
            }
        }
        return cases
    }()
}

@Suite struct MininetTopologyTests {
    @Test(arguments: MininetCase.all) fileprivate func sameAsMininet(expected: MininetCase) throws {
        let topology = try BuiltinTopology(expected.description).topology(naming: .mininet)
        #expect(topology.nodes.filter(\.isHost).map(\.name) == expected.hosts)
        #expect(topology.nodes.filter { $0.kind == .switch }.map(\.name) == expected.switches)
        #expect(topology.nodes.count == expected.hosts.count + expected.switches.count)
        #expect(Set(topology.links.map { Set([$0.a.interface, $0.b.interface]) }) == expected.links)
        #expect(topology.links.count == expected.links.count)
        for node in topology.nodes where node.kind == .switch {
            for interface in node.interfaces { #expect(interface.name == "\(node.name)-eth\(interface.port ?? 0)") }
        }
    }

    @Test func addressesAsMininet() throws {
        var topology = try BuiltinTopology("linear,2,11").topology(naming: .mininet)
        var plan = AddressPlan(numbering: .mininet, macStyle: .hostNumber)
        plan.ipv6 = false
        try plan.fill(&topology)
        // Mininet numbers hosts in natural order: h1s1, h1s2, h2s1, …
        #expect(topology.nodes[1].name == "h1s2")
        #expect(topology.nodes[1].interfaces[0].ipv4.map(\.description) == ["10.0.0.2/8"])
        #expect(topology.nodes[1].interfaces[0].mac?.description == "00:00:00:00:00:02")
        #expect(topology.nodes[21].name == "h11s2")
        #expect(topology.nodes[21].interfaces[0].ipv4.map(\.description) == ["10.0.0.22/8"])
        #expect(topology.nodes[21].interfaces[0].mac?.description == "00:00:00:00:00:16")
    }

    @Test func datapathIdentifiers() throws {
        let torus = try BuiltinTopology("torus,3,3").topology()
        #expect(torus.nodes.first { $0.name == "s2x3" }?.bridge.datapathID == 0x203)
        let linear = try BuiltinTopology("linear,12").topology()
        #expect(linear.nodes.first { $0.name == "s11" }?.bridge.datapathID == 11)
    }
}
