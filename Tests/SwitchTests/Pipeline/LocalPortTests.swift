import Testing

@testable import Switch

private typealias H = DatapathHarness

/// The bridge's own port among those that packets go to.
@Suite struct LocalPortTests {
    @Test(arguments: ["all", "flood", "normal"]) func isFloodedTo(action: String) throws {
        let (lab, bridge, hosts) = H.star(2)
        let own = lab.datapath.addDevice(name: "own")
        let port = lab.datapath.addPort(bridge: bridge, number: PortNumber.local, name: "s")
        _ = lab.datapath.addLink(.device(own), .port(port), now: lab.now)
        try lab.flow(bridge, "", action)
        let frame = H.frame(to: H.broadcast, from: H.mac(1))
        #expect(Set(lab.send(frame, from: hosts[0]).map(\.device)) == [hosts[1], own])
        #expect(Set(lab.send(frame, from: own).map(\.device)) == Set(hosts))
        // Unless its settings say otherwise.
        lab.datapath.setPort(bridge: bridge, number: PortNumber.local, .noFlood, now: lab.now)
        let expected = action == "all" ? [hosts[1], own] : [hosts[1]]
        #expect(Set(lab.send(frame, from: hosts[0]).map(\.device)) == Set(expected))
    }
}
