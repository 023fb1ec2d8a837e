import Glibc
import Linux
import OpenFlow
import Streams
import Switch
import Synchronization
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
        #expect(datapath.flowSnapshots(bridge: bridges[0], FlowQuery(), now: 20 * Self.second).count == 1)
        #expect(datapath.flowSnapshots(bridge: bridges[1], FlowQuery(), now: 20 * Self.second).isEmpty)
    }
}

/// Answers on their way between two threads.
@Suite struct AnswerQueueTests {
    private static let count = 20_000

    private final class Traffic: Sendable {
        let queue = AnswerQueue()
        let asked = Atomic<Int>(0)
        let calls = Atomic<Int>(0)
        let isOver = Atomic<Bool>(false)
    }

    /// One side answers each question of the other, which looks out and else waits to be called: no answer is lost.
    @Test func everyAnswerArrivesInOrder() throws {
        let traffic = Traffic()
        try BackgroundThread.start("answers") { Self.answer(traffic) }
        var received: [UInt32] = []
        var calls = 0
        func take() { received += traffic.queue.take().map(\.output.connection.number) }
        for number in 1...Self.count {
            traffic.asked.store(number, ordering: .releasing)
            if traffic.queue.lookOut() { take() }
            let hasCome = poll(seconds: 5, pause: 0) {
                let now = traffic.calls.load(ordering: .acquiring)
                if now > calls {
                    calls = now
                    take()
                }
                return received.count >= number
            }
            if !hasCome { break }
        }
        traffic.isOver.store(true, ordering: .releasing)
        #expect(received == (1...Self.count).map { UInt32($0) })
    }

    private static func answer(_ traffic: Traffic) {
        var answered = 0
        while !traffic.isOver.load(ordering: .acquiring) {
            let asked = traffic.asked.load(ordering: .acquiring)
            guard asked > answered else {
                sched_yield()
                continue
            }
            answered = asked
            let output = AgentOutput(
                connection: ConnectionID(UInt32(asked)), messages: [], weight: 0, answered: 0, endReason: nil)
            if traffic.queue.append([(bridge: 0, output: output)]) { traffic.calls.add(1, ordering: .releasing) }
        }
    }
}
