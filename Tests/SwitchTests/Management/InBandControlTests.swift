import Testing

@testable import Switch

private typealias H = DatapathHarness

/// What passes between a bridge and controllers that are reached through it.
@Suite struct InBandControlTests {
    private let lab: H
    private let bridge: Int32
    private let hosts: [Int32]
    private let controller: UInt32 = 0x0a00_0002

    init() {
        (lab, bridge, hosts) = H.star(3)
        var settings = lab.datapath.settings(bridge: bridge)
        settings.inBand = InBandControl(remotes: [.init(address: controller, port: 6653)], nextHops: [0x77])
        lab.datapath.setSettings(bridge: bridge, settings, now: lab.now)
    }

    private func trace(_ packet: String) throws -> String {
        let match = try Match(parsing: packet)
        return try #require(lab.datapath.trace(bridge: bridge, key: match.key, now: lab.now))
    }

    @Test(arguments: [
        ("tcp,in_port=1,nw_src=10.0.0.2,tp_src=6653", 180_008), ("tcp,in_port=1,nw_dst=10.0.0.2,tp_dst=6653", 180_007),
        ("arp,in_port=1,arp_op=1,arp_spa=10.0.0.2", 180_006), ("arp,in_port=1,arp_op=2,arp_tpa=10.0.0.2", 180_005),
        ("arp,in_port=1,arp_op=1,dl_src=00:00:00:00:00:77", 180_004),
        ("arp,in_port=1,arp_op=2,dl_dst=00:00:00:00:00:77", 180_003),
        ("arp,in_port=1,arp_op=1,dl_src=02:00:00:00:00:01", 180_002),
        ("arp,in_port=1,arp_op=2,dl_dst=02:00:00:00:00:01", 180_001),
    ])
    func controlPassesBeforeAllFlows(packet: String, priority: Int) throws {
        try lab.flow(bridge, "", "drop", priority: 65535)
        let text = try trace(packet)
        #expect(text.contains("priority \(priority)"), "\(text)")
        #expect(text.contains("NORMAL"), "\(text)")
    }

    @Test(arguments: [
        "tcp,in_port=1,nw_src=10.0.0.2,tp_src=6654", "tcp,in_port=1,nw_dst=10.0.0.3,tp_dst=6653",
        "udp,in_port=1,nw_dst=10.0.0.2,tp_dst=6653", "arp,in_port=1,arp_op=1,arp_tpa=10.0.0.2",
        "udp,in_port=1,tp_src=68,tp_dst=67",
    ])
    func allElseIsTheFlows(packet: String) throws {
        #expect(try trace(packet).contains("No match"))
    }

    @Test func whatHasPassedIsCountedAndEndsWithTheSetting() throws {
        let frame = H.frame(to: H.broadcast, from: 0x77, type: 0x0806)
        func arp() -> [UInt8] {
            var bytes = frame
            bytes.replaceSubrange(14..<22, with: [0, 1, 8, 0, 6, 4, 0, 1])
            return bytes
        }
        for _ in 0..<3 { #expect(lab.send(arp(), from: hosts[0]).map(\.device) == [hosts[1], hosts[2]]) }
        let rules = lab.datapath.hiddenFlows(bridge: bridge, now: lab.now)
        #expect(rules.first { $0.priority == 180_004 }?.traffic.packets == 3)
        #expect(rules.map(\.traffic.packets).reduce(0, +) == 3)
        #expect(lab.datapath.flows(bridge: bridge).isEmpty)
        var settings = lab.datapath.settings(bridge: bridge)
        settings.inBand = nil
        lab.datapath.setSettings(bridge: bridge, settings, now: lab.now)
        #expect(lab.send(arp(), from: hosts[0]).isEmpty)
        #expect(lab.datapath.hiddenFlows(bridge: bridge, now: lab.now).isEmpty)
    }
}
