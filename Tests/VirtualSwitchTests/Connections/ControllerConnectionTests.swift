import Glibc
import Linux
import OpenFlow
import Streams
import Switch
import Testbed
import Testing

@testable import VirtualSwitch

/// Controllers as a bridge is set to have them: several, by roles, by auxiliary connections, by those who connect to it.
@Suite struct ControllerConnectionTests {
    private static let miss = FlowModification(
        .add, priority: 0, instructions: Instructions(apply: [.controller(ControllerOutput())]))

    @Test func severalControllersHaveTheirRoles() throws {
        let outside = StreamHub()
        defer { outside.stop() }
        let controllers = try [OpenFlowVersion.v10, .v13, .v15].map { try PlayedController(outside, version: $0) }
        let scene = try ConnectionScene()
        scene.set(controllers.map(\.settings))
        var statuses: [ControllerStatus] { scene.connections.controllerStatus(scene.bridge) }
        #expect(eventually { statuses.allSatisfy(\.isConnected) })
        controllers[1].send(Message(.roleRequest(.init(.primary, generation: 1))))
        controllers[2].send(Message(.roleRequest(.init(.secondary, generation: 2))))
        #expect(eventually { statuses.map(\.role) == ["other", "master", "slave"] })
        controllers[2].send(Message(.roleRequest(.init(.primary, generation: 3))))
        #expect(eventually { statuses.map(\.role) == ["other", "slave", "master"] })
        // One less: the others' connections stay.
        scene.set([controllers[0].settings, controllers[2].settings])
        #expect(eventually { controllers[1].connected == 0 })
        #expect(statuses.map(\.role) == ["other", "master"])
        #expect(controllers.map(\.accepted) == [1, 1, 1])
        scene.connections.reconnect(scene.bridge)
        #expect(eventually { controllers.map(\.accepted) == [2, 1, 2] && statuses.allSatisfy(\.isConnected) })
    }

    @Test func aStandaloneBridgeTakesOverAndGivesBack() throws {
        let outside = StreamHub()
        defer { outside.stop() }
        let directory = TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        let path = directory.path + "/socket"
        let scene = try ConnectionScene()
        var settings = ControllerSettings(endpoint: .unix(path: path), maximumBackOff: 1000)
        settings.inactivityProbe = 100
        scene.set([settings], isSecure: false)
        // Nobody is there: after three probes' time it is a learning switch.
        #expect(
            eventually {
                scene.send(ConnectionScene.other)
                return !scene.received().isEmpty
            })
        let controller = try PlayedController(outside, .listenUnix(path: path))
        #expect(eventually { scene.status?.isConnected == true })
        #expect(controller.barrier())
        _ = scene.received()
        for _ in 0..<5 { scene.send(ConnectionScene.other) }
        controller.send(Message(.flowMod(ConnectionScene.forwardingFlow)))
        #expect(controller.barrier(2))
        #expect(scene.forwards())
        #expect(scene.received().isEmpty)
        controller.stop()
        #expect(
            eventually {
                scene.send(ConnectionScene.other)
                return scene.received().contains(ConnectionScene.other)
            })
    }

    @Test func auxiliaryConnectionsCarryPacketIns() throws {
        let outside = StreamHub()
        defer { outside.stop() }
        let controller = try PlayedController(outside)
        let scene = try ConnectionScene()
        var settings = controller.settings
        settings.auxiliaryConnections = 2
        scene.set([settings])
        #expect(eventually { controller.connected == 3 })
        controller.send(Message(.featuresRequest))
        var numbers: Set<UInt8> {
            Set(
                controller.messages.compactMap {
                    if case .featuresReply(let features) = $0.body { features.auxiliaryID } else { nil }
                })
        }
        #expect(eventually { numbers == [0, 1, 2] }, "\(numbers)")
        scene.add(Self.miss)
        scene.send(ConnectionScene.other)
        #expect(eventually { controller.packetIns == 1 })
        // They end with the main one, and come with it.
        controller.drop()
        #expect(eventually { controller.accepted == 6 && controller.connected == 3 })
    }

    @Test func whoConnectsIsServed() throws {
        let outside = StreamHub()
        defer { outside.stop() }
        let scene = try ConnectionScene()
        scene.set([ControllerSettings(endpoint: .listenTCP(host: "127.0.0.1", port: 0))])
        #expect(scene.status?.status["state"] == "LISTENING")
        guard case .listenTCP(_, let port)? = scene.connections.listeningEndpoints(scene.bridge).first else {
            Issue.record("nobody listens")
            return
        }
        let one = try ConnectingPeer(outside, .tcp(host: "127.0.0.1", port: port), version: .v14)
        let other = try ConnectingPeer(outside, .tcp(host: "127.0.0.1", port: port), version: .v10)
        #expect(eventually { scene.status?.status["n_connections"] == "2" })
        #expect(eventually { scene.status?.status["state"] == "ACTIVE" })
        for peer in [one, other] {
            peer.send(Message(xid: 3, .featuresRequest))
            #expect(eventually { peer.messages.contains { if case .featuresReply = $0.body { true } else { false } } })
        }
        one.close()
        #expect(eventually { scene.status?.status["n_connections"] == "1" })
        scene.set([])
        #expect(eventually { other.isClosed })
    }

    @Test func aPortThatIsTakenIsSaidToBe() throws {
        let outside = StreamHub()
        defer { outside.stop() }
        let taken = try outside.listen(.listenTCP(host: "127.0.0.1", port: 0)) { $0.close() }
        let scene = try ConnectionScene()
        scene.set([ControllerSettings(endpoint: taken.endpoint)])
        #expect(scene.status?.status["last_error"] == "cannot listen at \(taken.endpoint): Address already in use")
        #expect(scene.status?.isConnected == false)
    }

    @Test func packetInsKeepToTheControllersRate() throws {
        let outside = StreamHub()
        defer { outside.stop() }
        let limited = try PlayedController(outside)
        let free = try PlayedController(outside)
        let scene = try ConnectionScene()
        scene.add(Self.miss)
        var settings = limited.settings
        settings.rateLimit = 100
        settings.burstLimit = 25
        scene.set([settings, free.settings])
        #expect(eventually { limited.connected == 1 && free.connected == 1 })
        #expect(limited.barrier())
        #expect(free.barrier())
        for _ in 0..<500 { while !scene.send(ConnectionScene.other) {} }
        #expect(eventually { free.packetIns >= 400 })
        // 25 at once, as many in the queue, and 100 a second since.
        #expect(eventually { limited.packetIns >= 25 })
        #expect(limited.packetIns < 300)
        #expect(eventually { limited.packetIns >= 50 })
        // Without the limit, on the same connection.
        scene.set([limited.settings, free.settings])
        let before = (limited: limited.packetIns, free: free.packetIns)
        for _ in 0..<200 { while !scene.send(ConnectionScene.other) {} }
        #expect(eventually { free.packetIns >= before.free + 150 && limited.packetIns >= before.limited + 150 })
        #expect(limited.accepted == 1)
    }

    @Test func snoopersSeeBothDirections() throws {
        let outside = StreamHub()
        defer { outside.stop() }
        let controller = try PlayedController(outside)
        let scene = try ConnectionScene()
        scene.set([controller.settings])
        #expect(eventually { scene.status?.isConnected == true })
        let snoop = try ConnectingPeer(outside, .unix(path: "\(scene.directory)/br0.snoop"), version: .v13)
        #expect(eventually { snoop.messages.contains { if case .hello = $0.body { true } else { false } } })
        #expect(
            eventually {
                controller.barrier(5)
                let kinds = snoop.messages.map { message -> Int in
                    switch message.body {
                    case .barrierRequest: 1
                    case .barrierReply: 2
                    default: 0
                    }
                }
                return kinds.contains(1) && kinds.contains(2)
            })
    }

    @Test func aBridgeThatGoesTakesItsSocketsWithIt() throws {
        let outside = StreamHub()
        defer { outside.stop() }
        let controller = try PlayedController(outside)
        let scene = try ConnectionScene()
        scene.set([controller.settings, ControllerSettings(endpoint: .listenTCP(host: "127.0.0.1", port: 0))])
        #expect(eventually { controller.connected == 1 })
        let management = try ConnectingPeer(outside, .unix(path: "\(scene.directory)/br0.mgmt"), version: .v10)
        #expect(eventually { !management.messages.isEmpty })
        #expect(File.exists("\(scene.directory)/br0.mgmt"))
        scene.connections.removeBridge(scene.bridge)
        #expect(eventually { controller.connected == 0 && management.isClosed })
        #expect(!File.exists("\(scene.directory)/br0.mgmt"))
        #expect(!File.exists("\(scene.directory)/br0.snoop"))
        #expect(scene.status == nil)
    }
}
