import Glibc
import HostNetwork
import Linux
import Topology
import Wire

/// Tells all hosts of a segment where a host is, before every one of them asks.
///
/// When each of n hosts pings each other one, nearly n²/2 requests for addresses are broadcast to n hosts: for 256 hosts,
/// eight million deliveries before the first echo request. So each host announces itself once, as a host does that has
/// come up (RFC 5227, 2.3), and for as long as the pings run the hosts learn from announcements
/// (`arp_accept`, Documentation/networking/ip-sysctl.rst). What an announcement does not reach is asked for as ever.
final class NeighbourAnnouncement: Sendable {
    /// From this number of pairs on it pays.
    static let leastPairs = 2000

    private let setting: FileDescriptor
    private let sockets: [OwnedDescriptor]
    private let frames: [[UInt8]]

    /// Makes the host learn from announcements, and gets its own ready.
    init(of host: Host) throws(LabError) {
        struct Parts: ~Copyable, Sendable {
            let setting: FileDescriptor
            let sockets: [OwnedDescriptor]
        }
        let interfaces = host.node.interfaces.filter { $0.mac != nil && !$0.ipv4.isEmpty }
        let names = interfaces.map(\.name)
        let parts = try host.inNetwork { () throws(HostNetworkError) in
            // Descriptors of the host's settings and interfaces keep meaning the host's from any other place.
            let setting = try Self.startLearning()
            var sockets: [OwnedDescriptor] = []
            for name in names { sockets.append(OwnedDescriptor(try PacketSocket.open(name))) }
            return Parts(setting: setting, sockets: sockets)
        }
        sockets = parts.sockets
        setting = parts.setting
        frames = interfaces.map { interface in
            Self.frame(mac: interface.mac!, address: interface.ipv4[0].address)
        }
    }

    private static func startLearning() throws(HostNetworkError) -> FileDescriptor {
        do throws(SystemError) {
            let setting = try File.open("/proc/sys/net/ipv4/conf/all/arp_accept", O_WRONLY | O_CLOEXEC)
            try setting.writeAll("1")
            return setting
        } catch {
            throw .system(error)
        }
    }

    deinit { try? setting.writeAll("0") }

    /// Announces the host on each of its interfaces.
    func send() {
        for (socket, frame) in zip(sockets, frames) {
            frame.withUnsafeBytes { _ = try? socket.descriptor.write($0) }
        }
    }

    /// The virtio-net header that packet sockets have here, all zero, and the announcement.
    private static func frame(mac: MACAddress, address: IPv4Address) -> [UInt8] {
        var frame = [UInt8](
            repeating: 0, count: VirtioNetHeader.byteCount + EthernetHeader.byteCount + ARPPacket.byteCount)
        frame.withUnsafeMutableBytes { bytes in
            let ethernet = EthernetHeader(
                destination: .broadcast, source: mac, etherType: EtherType.arp)
            ethernet.emit(into: UnsafeMutableRawBufferPointer(rebasing: bytes[VirtioNetHeader.byteCount...]))
            let announcement = ARPPacket(
                operation: ARPPacket.request, senderMAC: mac, senderIP: address, targetMAC: MACAddress(rawValue: 0),
                targetIP: address)
            let offset = VirtioNetHeader.byteCount + EthernetHeader.byteCount
            announcement.emit(into: UnsafeMutableRawBufferPointer(rebasing: bytes[offset...]))
        }
        return frame
    }
}
