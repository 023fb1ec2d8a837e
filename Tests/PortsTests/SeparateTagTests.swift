import Glibc
import HostNetwork
import Linux
import Ports
import Switch
import Testing

/// VLAN tags that the kernel takes off frames before a packet socket sees them are back in the data path.
@Suite(.serialized, .enabled(if: Means.arePresent, "\(Means.absence)"))
struct SeparateTagTests {
    /// Packet sockets of veth pairs whose other ends the data path has.
    private final class Ends: @unchecked Sendable {
        let near: [OwnedDescriptor]
        let far: [OwnedDescriptor]
        init() throws {
            try Namespace.unshare(.network)
            var batch = RouteBatch()
            for number in 1...2 { batch.addVeth("near\(number)", peer: "far\(number)", up: true) }
            try RouteSocket().run(batch)
            near = try (1...2).map { OwnedDescriptor(try PacketSocket.open("near\($0)")) }
            far = try (1...2).map { OwnedDescriptor(try PacketSocket.open("far\($0)")) }
        }
    }

    @Test(arguments: PollerMechanism.allCases, [[], [0x8100], [0x88a8], [0x88a8, 0x8100]] as [[UInt16]])
    func tagsPassASwitch(mechanism: PollerMechanism, tags: [UInt16]) throws {
        let ends = try NamespaceThread().run { try Ends() }
        let poller = try Poller(datapath: Datapath(seed: 1, now: MonotonicClock.now()), mechanism: mechanism)
        poller.start()
        defer { poller.stop() }
        let devices = ends.far.map {
            poller.addDevice(
                name: "far", descriptor: $0.rawValue, capabilities: DeviceCapabilities(separateTag: true))
        }
        poller.run { datapath, now in
            let bridge = datapath.addBridge(name: "s1", address: 0x0200_0000_ff00)
            for (number, device) in zip(UInt32(1)..., devices) {
                let port = datapath.addPort(bridge: bridge, number: number, name: "p\(number)")
                _ = datapath.addLink(.device(device), .port(port), forward: LinkProfile(), now: now)
            }
        }
        var frame: [UInt8] = Array(repeating: 0xff, count: 6) + [2, 0, 0, 0, 0, 1]
        for tag in tags { frame += [UInt8(tag >> 8), UInt8(tag & 0xff), 0x60, 0x64] }
        frame += [0x88, 0xb5] + Array(repeating: 0x5a, count: 46)
        let sent = [UInt8](repeating: 0, count: 10) + frame
        var buffer = [UInt8](repeating: 0, count: 2048)
        var received: [UInt8] = []
        // The kernel drops what is sent before its link watch has seen the carrier, hence again and again.
        for _ in 0..<2000 where received.isEmpty {
            #expect(sent.withUnsafeBytes { write(ends.near[0].rawValue, $0.baseAddress, $0.count) } == sent.count)
            usleep(500)
            let (count, tag) = buffer.withUnsafeMutableBytes {
                PacketSocket.read(ends.near[1].rawValue, into: $0.baseAddress!, count: $0.count)
            }
            guard count > 24, buffer[10] == 0xff else { continue }
            received = Array(buffer[10..<count])
            if let tag {
                let bytes = [tag.tpid, tag.tci].flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
                received.insert(contentsOf: bytes, at: 12)
            }
        }
        #expect(received == frame)
    }
}
