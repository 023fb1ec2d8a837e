import OpenFlow
import Switch
import Testing

@testable import VirtualSwitch

/// Ports and their queues, as every version describes, counts and changes them.
@Suite struct PortTests {
    static let all = OpenFlowVersion.allCases

    static func ports(_ peer: Peer) -> [Message.Port] {
        guard case .portDescriptions(let ports)? = peer.multipart(.portDescriptions(PortNumber.any)).first else {
            return []
        }
        return ports
    }

    static func statuses(_ messages: [Message]) -> [Message.PortStatus] {
        messages.compactMap { if case .portStatus(let status) = $0.body { status } else { nil } }
    }

    @Test(arguments: all)
    func describeThemselves(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let ports = Self.ports(dialogue.connect(version))
        #expect(ports.map(\.number) == [1, 2, 3])
        #expect(ports.map(\.name) == ["p1", "p2", "p3"])
        #expect(Set(ports.map(\.hardwareAddress)).count == 3)
        #expect(ports.allSatisfy { !$0.state.contains(.linkDown) })
        #expect(ports.allSatisfy { $0.ethernet?.current.contains(.fullDuplex10G) == true })
    }

    @Test(arguments: all)
    func count(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        peer.send(Message(.flowMod(.init(.add, instructions: Instructions(apply: [.output(2)])))))
        for _ in 0..<3 { dialogue.receive(Dialogue.frame(), port: 1) }
        _ = dialogue.takeFrames()
        dialogue.now += 2 * Dialogue.second
        guard case .ports(let all)? = peer.multipart(.ports(PortNumber.any)).first,
            case .ports(let two)? = peer.multipart(.ports(2)).first
        else {
            Issue.record("no statistics")
            return
        }
        #expect(all.map(\.port) == [1, 2, 3])
        #expect(all.first?.received == TrafficCount(packets: 3, bytes: 180))
        #expect(two.map(\.port) == [2])
        #expect(two.first?.sent == TrafficCount(packets: 3, bytes: 180))
        #expect(two.first?.duration == (version >= .v13 ? 2 * Dialogue.second : nil))
        #expect(peer.refusal(of: .multipartRequest(.init(.ports(77)))) == .badRequest(.badPort) || version < .v12)
    }

    @Test(arguments: all)
    func aPortModIsDoneAndTold(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        let other = dialogue.connect(.v13)
        let port = Self.ports(peer)[1]
        let change = Message.PortModification(
            port: 2, hardwareAddress: port.hardwareAddress, configuration: .noForward, mask: [.noForward, .down])
        let own = Self.statuses(peer.send(Message(.portMod(change))))
        // Up to OpenFlow 1.4 others alone are told.
        #expect(own.count == (version >= .v15 ? 1 : 0))
        let told = Self.statuses(other.take())
        #expect(told.map(\.reason) == [.modify])
        #expect(told.first?.port.number == 2)
        #expect(told.first?.port.configuration.contains(.noForward) == true)
        peer.send(Message(.packetOut(.init(actions: [.output(2), .output(3)], data: Dialogue.frame()))))
        #expect(dialogue.takeFrames().map(\.port) == [3])
        // The same once more is no news.
        #expect(peer.send(Message(.portMod(change))).isEmpty)
        let back = Message.PortModification(
            port: 2, hardwareAddress: port.hardwareAddress, configuration: [], mask: .noForward)
        peer.send(Message(.portMod(back)))
        #expect(Self.statuses(other.take()).count == 1)
        peer.send(Message(.packetOut(.init(actions: [.output(2)], data: Dialogue.frame()))))
        #expect(dialogue.takeFrames().map(\.port) == [2])
    }

    @Test(arguments: all)
    func aWrongPortModIsRefused(version: OpenFlowVersion) {
        let peer = Dialogue().connect(version)
        let address = Self.ports(peer)[0].hardwareAddress
        func refusal(_ port: UInt32, _ address: UInt64) -> OpenFlowError? {
            peer.refusal(
                of: .portMod(.init(port: port, hardwareAddress: address, configuration: .noFlood, mask: .noFlood)))
        }
        #expect(refusal(9, address) == .portModFailed(.badPort))
        #expect(refusal(1, address ^ 1) == .portModFailed(.badHardwareAddress))
        #expect(refusal(1, address) == nil)
    }

    @Test(arguments: all)
    func comeAndGo(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        let index = dialogue.datapath.addPort(bridge: dialogue.bridge, number: 44, name: "p44")
        dialogue.agent.portChanged(44)
        let added = Self.statuses(peer.take())
        #expect(added.map(\.reason) == [.add])
        #expect(added.first?.port.name == "p44")
        #expect(added.first?.port.state.contains(.linkDown) == true)
        #expect(Self.ports(peer).map(\.number) == [1, 2, 3, 44])
        dialogue.datapath.removePort(index, now: dialogue.now)
        dialogue.agent.portChanged(44)
        let removed = Self.statuses(peer.take())
        #expect(removed.map(\.reason) == [.delete])
        #expect(removed.first?.port.number == 44)
        #expect(Self.ports(peer).map(\.number) == [1, 2, 3])
    }

    @Test(arguments: all)
    func aPortWithoutQueuesHasNone(version: OpenFlowVersion) {
        let peer = Dialogue().connect(version)
        if version < .v14 {
            guard case .queueGetConfigReply(let port, let queues)? = peer.ask(.queueGetConfigRequest(port: 1)) else {
                Issue.record("no queues")
                return
            }
            #expect(port == 1 && queues.isEmpty)
            #expect(peer.refusal(of: .queueGetConfigRequest(port: 9)) == .queueOperationFailed(.badPort))
        } else {
            guard
                case .queueDescriptions(let queues)? = peer.multipart(.queueDescriptions(port: 1, queue: 0xffff_ffff))
                    .first
            else { return }
            #expect(queues.isEmpty)
            #expect(
                peer.refusal(of: .multipartRequest(.init(.queueDescriptions(port: 9, queue: 0xffff_ffff))))
                    == .queueOperationFailed(.badPort))
        }
        guard
            case .queues(let statistics)? = peer.multipart(.queues(port: PortNumber.any, queue: Message.Queue.all))
                .first
        else { return }
        #expect(statistics.isEmpty)
        func refusal(_ port: UInt32, _ queue: UInt32) -> OpenFlowError? {
            peer.refusal(of: .multipartRequest(.init(.queues(port: port, queue: queue))))
        }
        #expect(refusal(9, Message.Queue.all) == .queueOperationFailed(.badPort))
        #expect(refusal(1, 5) == .queueOperationFailed(.badQueue))
    }

    @Test(arguments: all)
    func queuesAreDescribedAndCount(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let datapath = dialogue.datapath
        let device = datapath.addDevice(name: "h4")
        let port = datapath.addPort(bridge: dialogue.bridge, number: 4, name: "p4", now: dialogue.now)
        _ = datapath.addLink(
            .device(device), .port(port), reverse: LinkProfile(rate: 8_000_000), now: dialogue.now)
        datapath.setQueues(
            port: port, [LinkQueue(id: 0), LinkQueue(id: 7, minRate: 2_000_000, maxRate: 4_000_000)],
            now: dialogue.now)
        let peer = dialogue.connect(version)
        let queues: [Message.Queue]
        if version >= .v14 {
            guard case .queueDescriptions(let some)? = peer.multipart(.queueDescriptions(port: 4, queue: 7)).first
            else {
                Issue.record("no queues")
                return
            }
            queues = some
        } else {
            guard case .queueGetConfigReply(4, let some)? = peer.ask(.queueGetConfigRequest(port: 4)) else {
                Issue.record("no queues")
                return
            }
            #expect(some.map(\.id) == [0, 7])
            queues = some.filter { $0.id == 7 }
        }
        #expect(queues.map(\.port) == [4])
        #expect(queues.first?.minimumRate == 250)
        #expect(queues.first?.maximumRate == 500)

        let actions: [Action] = version == .v10 ? [.enqueue(port: 4, queue: 7)] : [.setQueue(7), .output(4)]
        for _ in 0..<3 {
            peer.send(Message(.packetOut(.init(actions: actions, data: Dialogue.frame(length: 100)))))
        }
        // 3 × 100 bytes at 4 Mbit/s.
        dialogue.pass(Dialogue.second)
        guard case .queues(let statistics)? = peer.multipart(.queues(port: 4, queue: Message.Queue.all)).first else {
            Issue.record("no statistics")
            return
        }
        #expect(statistics.map(\.queue) == [0, 7])
        #expect(statistics.map(\.sent.packets) == [0, 3])
        #expect(statistics.last?.sent.bytes ?? 0 >= 300)
        #expect((statistics.last?.duration != nil) == (version >= .v13))

        // Without queues, what asks for one goes as it would without.
        datapath.setQueues(port: port, [], now: dialogue.now)
        #expect(
            peer.refusal(of: .multipartRequest(.init(.queues(port: 4, queue: 7))))
                == .queueOperationFailed(.badQueue))
        peer.send(Message(.packetOut(.init(actions: actions, data: Dialogue.frame()))))
        dialogue.pass(Dialogue.second)
        guard case .ports(let ports)? = peer.multipart(.ports(4)).first else { return }
        #expect(ports.first?.sent.packets == 4)
    }
}
