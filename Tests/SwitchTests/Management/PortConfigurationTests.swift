import Testing

@testable import Switch

private typealias H = DatapathHarness

/// What ports are told (`ofp_port_config`).
@Suite struct PortConfigurationTests {
    private let lab = H()
    private let bridge: Int32
    private let hosts: [Int32]

    init() {
        bridge = lab.bridge("s")
        let (index, lab) = (bridge, lab)
        hosts = (0..<4).map { _ in lab.host(on: index) }
    }

    private func set(_ number: UInt32, _ configuration: PortConfiguration) {
        lab.datapath.setPort(bridge: bridge, number: number, configuration, now: lab.now)
    }

    private func flood(from host: Int) -> [Int32] {
        lab.send(H.frame(to: H.broadcast, from: H.mac(hosts[host])), from: hosts[host]).map(\.device)
    }

    @Test func noFloodLeavesUnicastAlone() {
        set(2, .noFlood)
        #expect(flood(from: 0) == [hosts[2], hosts[3]])
        _ = flood(from: 1)
        let known = H.frame(to: H.mac(hosts[1]), from: H.mac(hosts[0]))
        #expect(lab.send(known, from: hosts[0]).map(\.device) == [hosts[1]])
        set(2, [])
        #expect(flood(from: 0) == [hosts[1], hosts[2], hosts[3]])
    }

    @Test func noForwardAndNoReceive() {
        set(2, .noForward)
        #expect(flood(from: 0) == [hosts[2], hosts[3]])
        #expect(flood(from: 1) == [hosts[0], hosts[2], hosts[3]])
        set(2, .noReceive)
        #expect(flood(from: 1) == [])
        #expect(flood(from: 0) == [hosts[1], hosts[2], hosts[3]])
        let statistics = lab.datapath.portStatistics(bridge: bridge, number: 2, now: lab.now)[0]
        #expect(statistics.receiveDrops == 1 && statistics.sendDrops == 1)
    }

    @Test func downIsBothAndTold() {
        var events = 0
        lab.datapath.onEvent = { if case .portChanged(_, 2) = $0 { events += 1 } }
        set(2, .down)
        #expect(flood(from: 0) == [hosts[2], hosts[3]])
        #expect(flood(from: 1) == [])
        #expect(lab.datapath.portDescription(bridge: bridge, number: 2)?.isLive == false)
        set(2, .down)
        #expect(events == 1)
        set(2, [])
        #expect(events == 2 && flood(from: 1).count == 3)
        #expect(lab.datapath.portDescription(bridge: bridge, number: 2)?.isLive == true)
    }

    /// ALL sends where FLOOD does not.
    @Test func allAndFlood() throws {
        set(2, .noFlood)
        for (actions, expected) in [("all", [1, 2, 3]), ("flood", [2, 3])] {
            lab.datapath.inject(
                bridge: bridge, frame: H.frame(to: 1, from: 2), inPort: 1,
                actions: try Action.parse(Substring(actions)), now: lab.now)
            #expect(lab.drain().map(\.device) == expected.map { hosts[$0] })
        }
    }
}
