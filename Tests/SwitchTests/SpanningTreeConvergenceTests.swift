import Testbed
import Testing

@testable import Switch

@Suite("Spanning tree: convergence of networks")
struct SpanningTreeConvergenceTests {
    /// A topology by name, so that a failure says which.
    enum Topology: String, CaseIterable {
        case ring4, ring20, torus4x4, mesh6, random30

        func network(seed: UInt64) -> SpanningTreeNetwork {
            switch self {
            case .ring4: .make(bridges: 4, edges: SpanningTreeTopology.ring(4), seed: seed)
            case .ring20: .make(bridges: 20, edges: SpanningTreeTopology.ring(20), seed: seed)
            case .torus4x4: .make(bridges: 16, edges: SpanningTreeTopology.torus(4, 4), seed: seed)
            case .mesh6: .make(bridges: 6, edges: SpanningTreeTopology.mesh(6), seed: seed)
            case .random30:
                .make(bridges: 30, edges: SpanningTreeTopology.random(30, extra: 20, seed: seed), seed: seed)
            }
        }
    }

    static let second: UInt64 = 1_000_000_000

    @Test(arguments: Topology.allCases, UInt64(1)...3)
    func startsLinkFailsRootFails(topology: Topology, seed: UInt64) {
        var network = topology.network(seed: seed)
        network.startAll()
        network.run(for: Self.second)
        #expect(network.isConverged())
        #expect(network.loops == 0)

        let active = network.activeLinks()
        let link = active[network.random.below(active.count)]
        network.setLink(link, up: false)
        network.run(for: Self.second)
        #expect(network.isConverged())
        network.setLink(link, up: true)
        network.run(for: Self.second)
        #expect(network.isConverged())

        let root = network.bridges.indices.min { network.bridges[$0].bridgeID < network.bridges[$1].bridgeID }!
        network.fail(bridge: root)
        network.run(for: Self.second)
        #expect(network.isConverged())
        // And it stays so.
        let settled = network.lastChange
        network.run(for: 30 * Self.second)
        #expect(network.isConverged())
        #expect(network.lastChange == settled)
    }

    @Test func ringOfAHundredSwitchesIsOneTree() {
        var network = SpanningTreeNetwork.make(bridges: 100, edges: SpanningTreeTopology.ring(100), seed: 7)
        network.startAll()
        network.run(for: Self.second)
        #expect(network.isConverged())
        #expect(network.activeLinks().count == 99)
        network.setLink(network.activeLinks()[0], up: false)
        network.run(for: Self.second)
        #expect(network.isConverged())
        #expect(network.loops == 0)
    }

    @Test func standardAgeLimitsTheDiameter() {
        // Twenty hops of the standard do not reach round a ring of a hundred.
        var network = SpanningTreeNetwork.make(
            bridges: 100, edges: SpanningTreeTopology.ring(100), seed: 7, timing: .standard)
        network.startAll()
        network.run(for: 40 * Self.second)
        #expect(!network.isConverged())
    }

    @Test func partitionHasARootInEachPart() {
        var network = SpanningTreeNetwork.make(bridges: 6, edges: [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)], seed: 3)
        network.startAll()
        network.run(for: Self.second)
        network.setLink(2, up: false)
        network.run(for: Self.second)
        #expect(network.isConverged())
        #expect(Set(network.bridges.map(\.status.rootID)).count == 2)
    }

    @Test func sameSeedSameHistory() {
        func history() -> [UInt64] {
            var network = Topology.torus4x4.network(seed: 9)
            network.startAll()
            network.run(for: Self.second)
            return [network.lastChange, UInt64(network.transmitted), UInt64(network.processed)]
        }
        #expect(history() == history())
    }
}
