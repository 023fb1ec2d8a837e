import Testing

@testable import Topology

@Suite struct BuiltinTopologyTests {
    /// Hosts, switches and links of the shapes that Mininet lacks.
    @Test(arguments: [
        ("mesh,5", 5, 5, 5 + 10), ("ring,6", 6, 6, 12), ("star,7", 7, 8, 14), ("leafspine,4,2,3", 12, 6, 12 + 8),
        ("leafspine,hosts=0", 0, 6, 8), ("fattree,4", 16, 20, 16 + 16 + 16), ("fattree,6", 54, 45, 54 * 3),
        ("random,10,20,7", 10, 10, 30), ("random,5,10", 5, 5, 15), ("random,2,1", 2, 2, 3),
    ]) func counts(spec: String, hosts: Int, switches: Int, links: Int) throws {
        let topology = try BuiltinTopology(spec).topology()
        #expect(topology.nodes.filter(\.isHost).count == hosts)
        #expect(topology.nodes.filter { $0.kind == .switch }.count == switches)
        #expect(topology.links.count == links)
        #expect(Set(topology.links.map { Set([$0.a.node, $0.b.node]) }).count == links)
        #expect(topology.roundTrips(from: topology.nodes[0].name).count == topology.nodes.count - 1)
    }

    @Test(arguments: BuiltinTopology.Shape.allCases) func interfacesAndLinksAgree(shape: BuiltinTopology.Shape) throws {
        let topology = try BuiltinTopology(shape.rawValue).topology()
        var ends: [LabTopology.Endpoint: Int] = [:]
        for link in topology.links {
            ends[link.a, default: 0] += 1
            ends[link.b, default: 0] += 1
        }
        var interfaces: Set<LabTopology.Endpoint> = []
        for node in topology.nodes {
            for interface in node.interfaces { interfaces.insert(.init(node.name, interface.name)) }
        }
        #expect(ends.values.allSatisfy { $0 == 1 })
        #expect(Set(ends.keys) == interfaces)
        let identifiers = topology.nodes.compactMap(\.bridge.datapathID)
        #expect(Set(identifiers).count == topology.nodes.filter { $0.kind == .switch }.count)
    }

    @Test func randomIsSeeded() throws {
        let first = try BuiltinTopology("random,20,50,1").topology()
        #expect(try BuiltinTopology("random,20,50,1").topology() == first)
        #expect(try BuiltinTopology("random,20,50,2").topology() != first)
    }

    @Test(arguments: [
        ("tre,2,2", "did you mean “tree”?"), ("tree,2,2,2", "tree[,depth[,fanout]]"), ("tree,deep=2", "depth"),
        ("tree,x", "number"), ("tree,0", "from 1"), ("torus,2,3", "from 3"), ("tree,20,20", "smaller"),
        ("single,-1", "from 1"), ("fattree,3", "fattree,4"), ("random,4,9", "3 to 6"), ("random,4,2", "3 to 6"),
        ("linear,1000000,1000000", "smaller"), ("", "known"), ("tree,depth=", "from 1"),
    ]) func refused(spec: String, remedy: String) {
        let error = #expect(throws: TopologyError.self) { try BuiltinTopology(spec) }
        #expect(error?.description.contains(remedy) == true, "\(error.debugDescription)")
    }

    @Test func parametersByName() throws {
        #expect(try BuiltinTopology("tree,fanout=3,depth=2") == BuiltinTopology("tree,2,3"))
        #expect(try BuiltinTopology("tree") == BuiltinTopology("tree,1,2"))
    }
}
