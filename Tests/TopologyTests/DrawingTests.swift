import Foundation
import Testing

@testable import Topology

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite struct DrawingTests {
    /// Element counts of a well-formed document.
    private final class Counter: NSObject, XMLParserDelegate {
        var counts: [String: Int] = [:]
        var classes: [String: Int] = [:]

        func parser(
            _ parser: XMLParser, didStartElement element: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            counts[element, default: 0] += 1
            if let style = attributes["class"] { classes["\(element).\(style)", default: 0] += 1 }
        }
    }

    private func count(_ svg: String) -> Counter? {
        let counter = Counter()
        let parser = XMLParser(data: Data(svg.utf8))
        parser.delegate = counter
        return parser.parse() ? counter : nil
    }

    @Test(arguments: BuiltinTopology.Shape.allCases) func everyShapeIsDrawnWhole(shape: BuiltinTopology.Shape) throws {
        let topology = try BuiltinTopology(shape.rawValue).topology()
        let counter = try #require(count(topology.svg()))
        let switches = topology.nodes.filter { $0.kind == .switch }.count
        // One more of each in the legend.
        #expect(counter.classes["rect.switch"] == switches + 1)
        #expect(counter.classes["circle.host"] == topology.nodes.count - switches + 1)
        #expect((counter.classes["line.link"] ?? 0) + (counter.classes["path.link"] ?? 0) == topology.links.count)
    }

    @Test(arguments: [
        "tree,3,3", "leafspine,4,2,4", "fattree,4", "linear,8", "torus,4,4", "ring,8", "random,12,18", "star,6",
    ])
    func nodesDoNotCoverEachOther(spec: String) throws {
        let layout = DrawingLayout(try BuiltinTopology(spec).topology())
        for (i, a) in layout.points.enumerated() {
            #expect(a.x.isFinite && a.y.isFinite)
            #expect(a.x >= 0 && a.x <= layout.size.x && a.y >= 0 && a.y <= layout.size.y)
            for b in layout.points[(i + 1)...] { #expect((a - b).length > 12) }
        }
    }

    @Test func stylesOfLayout() throws {
        #expect(DrawingLayout(try BuiltinTopology("tree,2,2").topology()).style == .layers)
        #expect(DrawingLayout(try BuiltinTopology("fattree,4").topology()).style == .layers)
        #expect(DrawingLayout(try BuiltinTopology("torus").topology()).style == .grid)
        #expect(DrawingLayout(try BuiltinTopology("ring,5").topology()).style == .free)
        #expect(DrawingLayout(try ExampleTests.load("abilene.yml")).style == .map)
    }

    @Test func mapKeepsDirections() throws {
        let lab = try ExampleTests.load("abilene.yml")
        let layout = DrawingLayout(lab)
        let index = lab.nodeIndex()
        let seattle = layout.points[try #require(index["seattle"])]
        let houston = layout.points[try #require(index["houston"])]
        let newYork = layout.points[try #require(index["new-york"])]
        #expect(seattle.y < houston.y && seattle.x < houston.x && houston.x < newYork.x)
    }

    @Test func annotations() throws {
        let lab = try ExampleTests.load("abilene.yml")
        let svg = lab.svg(
            .init(
                title: "a <b> & c", links: [20: "RTT 8.4ms"], nodes: ["denver": "3 hops"], down: [21], highlighted: [22]
            ))
        let counter = try #require(count(svg))
        #expect(svg.contains("a &lt;b&gt; &amp; c"))
        #expect(svg.contains("RTT 8.4ms") && svg.contains("3 hops"))
        #expect(counter.classes["line.link down"] == 2)
        #expect(counter.classes["line.link path"] == 2)
        #expect(svg.contains("prefers-color-scheme: dark"))
    }

    @Test func emptyAndLonely() {
        #expect(count(LabTopology(name: "x").svg()) != nil)
        #expect(count(LabTopology(name: "x", nodes: [.init(name: "h", kind: .process)]).svg()) != nil)
    }

    @Test func graphviz() throws {
        let lab = try LabFile(file: "lab.yml").parse(
            "name: x\ntopology:\n  nodes: {a: , s: {kind: switch}}\n  links: [{endpoints: [a, s], rate: 1mbit, up: false}]\n"
        )
        #expect(
            lab.dot() == """
                graph "x" {
                    "a" [shape=ellipse];
                    "s" [shape=box];
                    "a" -- "s" [taillabel="eth0", headlabel="eth1", label="1mbit", style=dashed, color=red];
                }

                """)
    }

    @Test func adjacencyAsMininetsNet() throws {
        let lab = try BuiltinTopology("minimal").topology(naming: .mininet)
        #expect(
            lab.adjacency() == """
                h1 h1-eth0:s1-eth1
                h2 h2-eth0:s1-eth2
                s1 s1-eth1:h1-eth0 s1-eth2:h2-eth0

                """)
    }
}
