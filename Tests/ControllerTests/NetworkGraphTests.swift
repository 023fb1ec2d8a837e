import Switch
import Testing

@testable import Controller

@Suite struct NetworkGraphTests {
    typealias Place = NetworkGraph.Place

    /// A ring of four with a chord's worth of two equally short ways.
    private func ring() -> NetworkGraph {
        var graph = NetworkGraph()
        for (a, b) in [(1, 2), (2, 3), (3, 4), (4, 1)] as [(UInt64, UInt64)] {
            let isNew = graph.join(Place(datapathID: a, port: UInt32(b)), Place(datapathID: b, port: UInt32(a)))
            #expect(isNew)
        }
        return graph
    }

    @Test func allShortestWaysAreFound() {
        let hops = ring().nextHops(to: 3)
        #expect(hops == [1: [2, 4], 2: [3], 3: [], 4: [3]])
    }

    @Test func aCutLinkLeavesTheOtherWay() {
        var graph = ring()
        let wasThere = graph.cut(Place(datapathID: 2, port: 3))
        #expect(wasThere)
        #expect(graph.nextHops(to: 3) == [1: [4], 2: [1], 3: [], 4: [3]])
        let isThere = graph.cut(Place(datapathID: 3, port: 2))
        #expect(!isThere)
    }

    @Test func aSwitchThatGoesTakesItsLinksAlong() {
        var graph = ring()
        graph.remove(4)
        #expect(graph.nextHops(to: 3) == [1: [2], 2: [3], 3: []])
        graph.remove(2)
        #expect(graph.nextHops(to: 3) == [3: []])
    }

    @Test func aCableThatMovesReplacesItsLink() {
        var graph = ring()
        let isNew = graph.join(Place(datapathID: 1, port: 2), Place(datapathID: 2, port: 1))
        #expect(!isNew)
        let moves = graph.join(Place(datapathID: 1, port: 2), Place(datapathID: 3, port: 9))
        #expect(moves)
        // Over switch 3 now, which is at the other end.
        #expect(graph.nextHops(to: 2) == [1: [2], 2: [], 3: [2], 4: [3]])
        #expect(graph.nextHops(to: 3)[1] == [2])
    }
}

@Suite struct DiscoveryFrameTests {
    @Test func aFrameNamesItsSender() {
        let place = NetworkGraph.Place(datapathID: 0xab00_0000_0000_0001, port: 65_000)
        #expect(DiscoveryFrame.sender(DiscoveryFrame.make(place, source: 0x0200_0000_0001)) == place)
    }

    @Test func othersFramesAreNoSenders() {
        var frame = DiscoveryFrame.make(.init(datapathID: 1, port: 1), source: 2)
        #expect(DiscoveryFrame.sender(Array(frame[..<20])) == nil)
        frame[17] = UInt8(ascii: "x")
        #expect(DiscoveryFrame.sender(frame) == nil)
    }
}

@Suite struct FirewallRuleTests {
    @Test func readsLines() throws {
        let rules = try FirewallRule.parse("# telnet\ndeny tcp,tp_dst=23\n\nallow ip  # the rest\n")
        #expect(rules.map(\.allows) == [false, true])
        #expect(rules[0].match.description == "tcp,tp_dst=23")
    }

    @Test(arguments: [
        ("forbid ip", "line 1: “forbid ip”: a rule begins with allow or deny"), ("deny nosuch=1", "line 1: "),
    ])
    func namesTheLine(text: String, expected: String) {
        do {
            _ = try FirewallRule.parse(text)
            Issue.record("accepted")
        } catch {
            #expect(error.description.hasPrefix(expected))
        }
    }
}
