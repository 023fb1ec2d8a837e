import Foundation
import Switch
import Testbed
import Testing

@testable import Topology

@Suite struct GraphMLTests {
    private func file(_ name: String) throws -> String {
        try SourceTree.text("Examples/\(name)")
    }

    @Test func distances() {
        let london = LabTopology.Coordinates(latitude: 51.5074, longitude: -0.1278)
        let newYork = LabTopology.Coordinates(latitude: 40.7128, longitude: -74.0060)
        #expect(abs(GreatCircle.distance(london, newYork) - 5570) < 5)
        #expect(GreatCircle.distance(london, london) == 0)
        #expect(abs(Double(GreatCircle.delay(london, newYork)) - 27.87e6) < 0.05e6)
        let antipodes = GreatCircle.distance(
            .init(latitude: 0, longitude: 0), .init(latitude: 0, longitude: 180))
        #expect(abs(antipodes - Double.pi * GreatCircle.earthRadius) < 0.001)
    }

    @Test func switches() throws {
        let lab = try GraphML.topology(try file("nsfnet.graphml"))
        #expect(lab.name == "nsfnet")
        #expect(lab.nodes.filter { $0.kind == .switch }.count == 14)
        #expect(lab.nodes.filter(\.isHost).count == 14)
        #expect(lab.links.filter { $0.aToB.rate == 1_544_000 }.count == 21)
        #expect(lab.nodes.first { $0.name == "palo-alto" }?.labels["city"] == "Palo Alto")
    }

    @Test func routersWithCap() throws {
        let options = GraphML.Options(city: .router, maximumRate: 1_000_000)
        let lab = try GraphML.topology(try file("abilene.graphml"), options: options)
        #expect(lab.nodes.count == 11)
        #expect(lab.nodes.allSatisfy { $0.isHost && $0.host.forwarding })
        #expect(lab.links.count == 14)
        #expect(lab.links.allSatisfy { $0.aToB.rate == 1_000_000 && $0.aToB.delay > 0 })
    }

    @Test func missingCoordinatesAndOddNames() throws {
        let lab = try GraphML.topology(
            """
            <graphml><key attr.name="label" for="node" id="d1"/><graph>
            <node id="0"><data key="d1">São Paulo</data></node><node id="1"><data key="d1">Sao Paulo</data></node>
            <node id="2"/><edge source="0" target="1"/><edge source="2" target="2"/></graph></graphml>
            """)
        #expect(lab.nodes.filter { $0.kind == .switch }.map(\.name) == ["sao-paulo", "sao-paulo-2", "2"])
        #expect(lab.links.count == 4)
        #expect(lab.notes.count == 3)
    }

    @Test(arguments: [
        ("", "not GraphML"), ("<graphml>", "not GraphML"), ("<html></html>", "starts with <graphml>"),
        ("<graphml><graph/></graphml>", "no nodes"),
        ("<graphml><graph><edge source='1' target='2'/></graph></graphml>", "no node"),
        ("<graphml><graph><node id='1'/><node id='1'/></graph></graphml>", "twice"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><graphml/>", "entities"),
    ]) func refused(text: String, says: String) {
        let error = #expect(throws: TopologyError.self) { try GraphML.topology(text) }
        #expect(error?.description.contains(says) == true, "\(error.debugDescription)")
    }
}
