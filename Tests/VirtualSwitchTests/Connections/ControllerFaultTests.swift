import Linux
import OpenFlow
import Streams
import Switch
import Testbed
import Testing

@testable import VirtualSwitch

/// Controllers that die, flood, stall, lie and say nothing: the bridge forwards, its memory stays bounded, and it tries again.
@Suite struct ControllerFaultTests {
    private static let miss = FlowModification(
        .add, priority: 0, instructions: Instructions(apply: [.controller(ControllerOutput())]))

    private static func connected(
        to controllers: PlayedController..., change: (inout ControllerSettings) -> Void = { _ in }
    ) throws -> ConnectionScene {
        let scene = try ConnectionScene()
        scene.add(ConnectionScene.forwardingFlow)
        scene.set(
            controllers.map {
                var settings = $0.settings
                change(&settings)
                return settings
            })
        return scene
    }

    @Test func aControllerThatDiesIsTriedAgain() throws {
        let outside = StreamHub()
        defer { outside.stop() }
        let controller = try PlayedController(outside)
        let scene = try Self.connected(to: controller)
        scene.add(ConnectionScene.forwardingFlow)
        #expect(eventually { scene.status?.isConnected == true })
        #expect(scene.status?.role == "other")
        #expect(scene.status?.status["state"] == "ACTIVE")
        controller.drop()
        #expect(eventually { scene.status?.isConnected == false })
        #expect(scene.status?.status["state"] == "BACKOFF")
        #expect(scene.status?.status["last_error"] == "connection closed by peer")
        #expect(scene.status?.role == nil)
        #expect(scene.forwards())
        #expect(eventually { controller.connected == 1 && scene.status?.isConnected == true })
        #expect(controller.accepted == 2)
        controller.stop()
        #expect(
            eventually {
                scene.status?.status["last_error"] == "cannot connect to \(controller.endpoint): Connection refused"
            }, "\(scene.status?.status ?? [:])")
        #expect(scene.forwards())
    }

    @Test(
        arguments: [
            (Array("GET / HTTP/1.0\r\n\r\n".utf8), "first message"),
            ([4, 0, 0, 3, 0, 0, 0, 1], "header says 3 bytes"),
            ([9, 5, 0, 8, 0, 0, 0, 1], "not a hello"),
            ([9, 0, 0, 16, 0, 0, 0, 1, 0, 1, 0, 8, 0x80, 0, 0, 0], "version negotiation failed"),
        ] as [([UInt8], String)])
    func aGreetingThatIsNoneEndsTheConnection(greeting: [UInt8], reason: String) throws {
        let outside = StreamHub()
        defer { outside.stop() }
        let controller = try PlayedController(outside, greeting: greeting)
        let scene = try Self.connected(to: controller)
        #expect(
            eventually { scene.status?.status["last_error"]?.contains(reason) == true },
            "\(scene.status?.status ?? [:])")
        #expect(scene.status?.isConnected == false)
        #expect(scene.forwards())
    }

    @Test func aVersionThatIsNotSpokenIsRefusedInWords() throws {
        let outside = StreamHub()
        defer { outside.stop() }
        let controller = try PlayedController(outside, version: .v10)
        let scene = try ConnectionScene()
        scene.set([controller.settings], versions: [.v13])
        #expect(eventually { String(decoding: controller.bytes, as: UTF8.self).contains("no common versions") })
        // OFPT_ERROR, OFPET_HELLO_FAILED, OFPHFC_INCOMPATIBLE behind the hello.
        let bytes = controller.bytes
        let error = bytes.dropFirst(Int(bytes[2]) << 8 | Int(bytes[3]))
        #expect(error.dropFirst().first == 1)
        #expect(Array(error.dropFirst(8).prefix(4)) == [0, 0, 0, 0])
        scene.set([controller.settings])
        #expect(eventually { scene.status?.isConnected == true })
    }

    @Test func garbageIsAnsweredWithErrorsAndShortLengthsEndIt() throws {
        let outside = StreamHub()
        defer { outside.stop() }
        let controller = try PlayedController(outside)
        let scene = try Self.connected(to: controller)
        #expect(eventually { controller.connected == 1 })
        var random = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            // Whole messages of any type with anything in them.
            let count = UInt16.random(in: 8...200, using: &random)
            let body = (8..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            controller.send(
                bytes: [4, .random(in: 2...40, using: &random), UInt8(count >> 8), UInt8(count & 0xff), 0, 0, 0, 9]
                    + body)
        }
        #expect(controller.barrier())
        #expect(controller.accepted == 1)
        #expect(controller.count { if case .error = $0 { true } else { false } } > 100)
        #expect(scene.forwards())
        // A header that cannot be: where the next message begins nobody knows.
        controller.send(bytes: [4, 2, 0, 7, 0, 0, 0, 1])
        #expect(eventually { scene.status?.status["last_error"]?.contains("header says 7 bytes") == true })
        let last = controller.messages.last
        #expect(last?.error == .badRequest(.badLength))
    }

    @Test func aMessageThatStopsInTheMiddleHarmsNobody() throws {
        let outside = StreamHub()
        defer { outside.stop() }
        let controller = try PlayedController(outside)
        let scene = try Self.connected(to: controller)
        #expect(eventually { controller.connected == 1 })
        controller.send(bytes: [4, 14, 0xff, 0xff, 0, 0, 0, 1] + Array(repeating: 0, count: 1000))
        #expect(scene.forwards())
        controller.drop()
        #expect(eventually { controller.accepted == 2 && scene.status?.isConnected == true })
        #expect(controller.barrier())
    }

    @Test func aSilentControllerIsAskedAndThenLeft() throws {
        let outside = StreamHub()
        defer { outside.stop() }
        let deaf = try PlayedController(outside, answersEchoes: false)
        let alive = try PlayedController(outside)
        let scene = try Self.connected(to: deaf, alive) { $0.inactivityProbe = 100 }
        func echoes(_ controller: PlayedController) -> Int {
            controller.count { if case .echoRequest = $0 { true } else { false } }
        }
        #expect(eventually { scene.status?.status["last_error"]?.contains("no response to inactivity probe") == true })
        #expect(echoes(deaf) >= 1)
        #expect(eventually { echoes(alive) >= 3 })
        #expect(alive.accepted == 1)
        #expect(scene.connections.controllerStatus(scene.bridge).last?.isConnected == true)
    }

    @Test func aControllerThatDoesNotReadCostsLittleMemory() throws {
        let outside = StreamHub()
        defer { outside.stop() }
        let controller = try PlayedController(outside)
        let scene = try Self.connected(to: controller) { $0.inactivityProbe = 0 }
        #expect(eventually { controller.connected == 1 })
        controller.send(Message(.flowMod(Self.miss)))
        #expect(controller.barrier())
        controller.setReading(false)
        // Packets for it until some are dropped: what waits is then at its bound.
        func dropped() -> UInt64 { scene.status?.status["packet-in-dropped"].flatMap(UInt64.init) ?? 0 }
        #expect(
            eventually(within: 20) {
                for _ in 0..<200 { scene.send(ConnectionScene.other) }
                return dropped() > 1000
            })
        let waiting = scene.pendingByteCounts.max() ?? 0
        #expect(waiting < 3 << 20, "\(waiting) bytes wait for the controller")
        #expect(scene.forwards())
        // It reads again: what waited comes, and new packets do.
        controller.setReading(true)
        #expect(controller.barrier(7))
        let before = controller.packetIns
        #expect(
            eventually {
                scene.send(ConnectionScene.other)
                return controller.packetIns > before
            })
    }

    @Test func aControllerThatFloodsIsReadNoFasterThanItIsAnswered() throws {
        let outside = StreamHub()
        defer { outside.stop() }
        let controller = try PlayedController(outside)
        let scene = try Self.connected(to: controller) { $0.inactivityProbe = 0 }
        #expect(eventually { controller.connected == 1 })
        controller.setReading(false)
        // Requests with long answers, which it does not take.
        let request =
            Message(.multipartRequest(.init(.tableFeatures([])))).encode(version: .v13)
            + Message(.echoRequest(Array(repeating: 1, count: 60_000))).encode(version: .v13)
        for _ in 0..<600 { controller.send(bytes: request) }
        #expect(scene.forwards())
        #expect(eventually { scene.pendingByteCounts.max() ?? 0 > 0 })
        #expect(scene.forwards())
        let waiting = scene.pendingByteCounts.max() ?? 0
        #expect(waiting < 8 << 20, "\(waiting) bytes wait for the controller")
        // The switch has stopped to read: most of it still waits on the controller's side.
        #expect(controller.pendingByteCount > 300 * request.count)
        controller.drop()
        #expect(eventually { scene.status?.isConnected == true && controller.accepted == 2 })
    }
}
