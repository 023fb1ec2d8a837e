import OpenFlow
import Streams
import Switch
import Testing

@testable import VirtualSwitch

/// A thousand bridges cost nothing while nothing happens.
@Suite struct AgentHostTests {
    private static let second: UInt64 = 1_000_000_000

    private let datapath = Datapath(seed: 1, now: second)
    private let host = AgentHost()

    init() {
        host.attach(to: datapath)
        host.deliver = { _ in }
    }

    private func add(_ count: Int, controller: Bool = false, isSecure: Bool = true) -> [Int32] {
        (0..<count).map { number in
            let bridge = datapath.addBridge(
                name: "br\(number)", address: UInt64(number) + 1, settings: BridgeSettings(standalone: false),
                now: Self.second)
            set(bridge, controller: controller, isSecure: isSecure)
            return bridge
        }
    }

    private func set(_ bridge: Int32, controller: Bool, isSecure: Bool, now: UInt64 = second) {
        let controllers = controller ? [ControllerSettings(endpoint: .tcp(host: "192.0.2.1", port: 6653))] : []
        host.configure(
            BridgeControlSettings(
                index: bridge, name: "br", datapathID: 1, controllers: controllers, isSecure: isSecure),
            datapath: datapath, now: now)
    }

    @Test func idleAgentsHaveNoDeadlines() {
        let bridges = add(1000)
        #expect(host.nextDeadline == 0)
        host.turn(now: Self.second)
        #expect(host.nextDeadline == nil)
        // Something happens to one of them.
        let port = datapath.addPort(bridge: bridges[500], number: 1, name: "p", now: Self.second)
        _ = host.touch(bridges[500])?.portChanged(1)
        #expect(host.nextDeadline == 0)
        host.turn(now: Self.second)
        #expect(host.nextDeadline == nil)
        datapath.removePort(port, now: Self.second)
    }

    @Test func aSilenceThatMayLastForEverDoes() {
        let bridge = add(1)[0]
        host.configure(
            BridgeControlSettings(
                index: bridge, name: "br", datapathID: 1,
                controllers: [
                    ControllerSettings(
                        endpoint: .tcp(host: "192.0.2.1", port: 6653), maximumBackOff: .max, inactivityProbe: .max)
                ],
                isSecure: false),
            datapath: datapath, now: Self.second)
        host.turn(now: Self.second)
        #expect(host.nextDeadline ?? .max > 1 << 62)
    }

    @Test func theEarliestDeadlineIsKnown() {
        let bridges = add(3)
        host.turn(now: Self.second)
        for (index, bridge) in bridges.enumerated() {
            let now = UInt64(index + 2) * Self.second
            set(bridge, controller: true, isSecure: false, now: now)
            host.turn(now: now)
        }
        // Fifteen seconds after each got its controller, it gives up waiting.
        #expect(host.nextDeadline == 17 * Self.second)
        host.turn(now: 17 * Self.second)
        #expect(host.nextDeadline == 18 * Self.second)
        host.remove(bridge: bridges[1])
        host.turn(now: 18 * Self.second)
        #expect(host.nextDeadline == 19 * Self.second)
        host.turn(now: 20 * Self.second)
        #expect(host.nextDeadline == nil)
        #expect(datapath.hiddenFlows(bridge: bridges[0], now: 20 * Self.second).first != nil)
        #expect(datapath.flowSnapshots(bridge: bridges[1], FlowQuery(), now: 20 * Self.second).isEmpty)
    }
}
