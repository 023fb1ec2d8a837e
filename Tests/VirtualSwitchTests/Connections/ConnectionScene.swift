import Glibc
import Linux
import OpenFlow
import Ports
import Streams
import Switch
import Testbed
import Testing

@testable import VirtualSwitch

/// A bridge with two hosts, its poller and its OpenFlow side on real sockets. The hosts are sockets that the test sends
/// frames from; the controllers are played on another thread.
final class ConnectionScene: @unchecked Sendable {
    private let files = TemporaryDirectory()
    var directory: String { files.path }
    let hub = StreamHub()
    let outside = StreamHub()
    let poller: Poller
    let connections: OpenFlowConnections
    let bridge: Int32
    private var hosts: [Int32] = []
    private var devices: [Int32] = []

    init() throws {
        poller = try Poller(datapath: Datapath(seed: 1, now: MonotonicClock.now()), mechanism: .epoll)
        poller.start()
        bridge = poller.run { datapath, now in
            datapath.addBridge(
                name: "br0", address: 0x0200_0000_0001, settings: BridgeSettings(standalone: false), now: now)
        }
        connections = OpenFlowConnections(hub: hub, poller: poller, runDirectory: files.path)
        for number in UInt32(1)...2 { addHost(number) }
    }

    private func addHost(_ number: UInt32) {
        var ends: [Int32] = [0, 0]
        let type = Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        precondition(socketpair(AF_UNIX, type, 0, &ends) == 0)
        hosts.append(ends[0])
        devices.append(ends[1])
        let device = poller.addDevice(
            name: "h\(number)", descriptor: ends[1],
            capabilities: DeviceCapabilities(tcpSegmentation: false, udpSegmentation: false))
        poller.run { [bridge] datapath, now in
            let port = datapath.addPort(bridge: bridge, number: number, name: "p\(number)")
            _ = datapath.addLink(.device(device), .port(port), now: now)
        }
    }

    deinit {
        connections.stop()
        poller.stop()
        hub.stop()
        outside.stop()
        for descriptor in hosts + devices { close(descriptor) }
    }

    /// Sets the bridge's controllers.
    func set(
        _ controllers: [ControllerSettings], isSecure: Bool = true,
        versions: Set<OpenFlowVersion> = Set(OpenFlowVersion.allCases)
    ) {
        connections.setBridge(
            BridgeControlSettings(
                index: bridge, name: "br0", datapathID: 0x0200_0000_0001, versions: versions, controllers: controllers,
                isSecure: isSecure))
    }

    /// Bytes that wait for each controller.
    var pendingByteCounts: [Int] {
        hub.run { [connections, bridge] in connections.bridge(bridge)?.pendingByteCounts ?? [] }
    }

    var status: ControllerStatus? { connections.controllerStatus(bridge).first }

    func add(_ flow: FlowModification) {
        poller.run { [bridge] datapath, now in try? datapath.modify(bridge: bridge, flow, now: now) }
    }

    // MARK: Packets

    /// A frame that the flow of `forwardingFlow` takes from one host to the other, and one that goes elsewhere.
    static let forwarded = frame(0x88b5)
    static let other = frame(0x88b6)
    static let forwardingFlow = FlowModification(
        .add, priority: 9, match: Match().with(.ethType, 0x88b5), instructions: Instructions(apply: [.output(2)]))

    private static func frame(_ type: UInt16) -> [UInt8] {
        [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, UInt8(type >> 8), UInt8(type & 0xff)] + Array(repeating: 7, count: 46)
    }

    /// The first host sends; false: the switch does not take it now.
    @discardableResult
    func send(_ frame: [UInt8]) -> Bool {
        let bytes = Self.header + frame
        return write(hosts[0], bytes, bytes.count) == bytes.count
    }

    /// The virtio-net header of a device's frames: nothing is offloaded.
    private static let header = [UInt8](repeating: 0, count: 10)

    /// Frames that have arrived at the second host since the last look.
    func received() -> [[UInt8]] {
        var frames: [[UInt8]] = []
        var buffer = [UInt8](repeating: 0, count: 2048)
        while true {
            let count = read(hosts[1], &buffer, buffer.count)
            guard count > Self.header.count else { return frames }
            frames.append(Array(buffer[Self.header.count..<count]))
        }
    }

    /// Whether the switch forwards by its flow.
    func forwards() -> Bool {
        _ = received()
        send(Self.forwarded)
        return eventually(within: 5) { received().contains(Self.forwarded) }
    }
}
