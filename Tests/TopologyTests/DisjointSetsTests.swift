import Testing
import Topology

@Suite struct DisjointSetsTests {
    @Test func joinsByWhatIsConnected() {
        var sets = DisjointSets(count: 6)
        // The fourth link closes a ring.
        #expect([(0, 1), (2, 3), (1, 3), (0, 2)].map { sets.join($0.0, $0.1) } == [true, true, true, false])
        let roots = (0..<6).map { sets.root(of: $0) }
        #expect(Set(roots[0..<4]).count == 1)
        #expect(Set(roots).count == 3)
    }
}
