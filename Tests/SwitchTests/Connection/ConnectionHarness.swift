import Wire

@testable import Switch

/// A tracker and frames that go through it, rewritten as its verdicts say.
final class ConnectionHarness {
    var tracker: ConnectionTracker
    var pool = PacketPool()
    var now: UInt64 = 1_000_000_000_000
    private let key = UnsafeMutablePointer<FlowKey>.allocate(capacity: 1)

    init(seed: UInt64 = 7) {
        tracker = ConnectionTracker(seed: seed)
        key.initialize(to: FlowKey())
    }

    deinit { key.deallocate() }

    /// What becomes of a frame.
    struct Outcome {
        var frame: [UInt8]
        var metadata: ConnectionMetadata

        var state: ConnectionState { metadata.state }
    }

    func send(
        _ frame: [UInt8], _ request: ConnectionRequest, previous: ConnectionMetadata = ConnectionMetadata(),
        offload: VirtioNetHeader = VirtioNetHeader()
    ) -> Outcome {
        let packet = frame.withUnsafeBytes { pool.allocate(copying: $0) }!
        defer { pool.release(packet) }
        packet.pointee.offload = offload
        let bytes = UnsafeRawBufferPointer(packet.bytes)
        var layout = extract(frame: bytes, inPort: 1, into: key)
        let isChecked = offload.flags & (VirtioNetHeader.needsChecksum | VirtioNetHeader.dataValid) != 0
        let verdict = tracker.track(
            frame: bytes, layout, request, isChecked: isChecked, previous: previous, now: now)
        if verdict.rewrites { ConnectionRewriting.apply(verdict, to: packet, &layout) }
        return Outcome(frame: Array(packet.bytes), metadata: verdict.metadata)
    }

    func dump() -> [String] { tracker.snapshots(now: now).map { $0.text(verbose: true) }.sorted() }
}

/// Frames of hosts in a few words.
enum ConnectionFrames {
    static func tcp(
        _ source: String, _ destination: String, _ ports: (UInt16, UInt16), _ flags: UInt16, _ sequence: UInt32,
        _ acknowledgment: UInt32 = 0, _ payload: String = "", options: [UInt8] = [], window: UInt16 = 65535
    ) -> [UInt8] {
        var bytes = numbers(ports.0, ports.1)
        bytes += (0..<4).map { UInt8(truncatingIfNeeded: sequence >> UInt32(24 - 8 * $0)) }
        bytes += (0..<4).map { UInt8(truncatingIfNeeded: acknowledgment >> UInt32(24 - 8 * $0)) }
        bytes += [
            UInt8(5 + options.count / 4) << 4, UInt8(flags), UInt8(window >> 8), UInt8(window & 0xff), 0, 0, 0, 0,
        ]
        bytes += options + Array(payload.utf8)
        return frame(source, destination, IPProtocol.tcp, bytes, sumAt: 16)
    }

    static func udp(
        _ source: String, _ destination: String, _ ports: (UInt16, UInt16), _ payload: [UInt8] = [1, 2, 3, 4]
    ) -> [UInt8] {
        let bytes = numbers(ports.0, ports.1) + numbers(UInt16(8 + payload.count), 0) + payload
        return frame(source, destination, IPProtocol.udp, bytes, sumAt: 6)
    }

    static func ping(
        _ source: String, _ destination: String, reply: Bool = false, identifier: UInt16
    ) -> [UInt8] {
        let isIPv6 = source.contains(":")
        let type: UInt8 = isIPv6 ? (reply ? 129 : 128) : (reply ? 0 : 8)
        let bytes = [type, 0, 0, 0] + numbers(identifier, 1) + [9, 8, 7, 6]
        return frame(source, destination, isIPv6 ? IPProtocol.icmpv6 : IPProtocol.icmp, bytes, sumAt: 2)
    }

    /// "Port unreachable", about a frame.
    static func unreachable(_ source: String, _ destination: String, about frame: [UInt8], keeping: Int? = nil)
        -> [UInt8]
    {
        let isIPv6 = source.contains(":")
        let inner = frame[14...].prefix(keeping ?? .max)
        let bytes: [UInt8] = [isIPv6 ? 1 : 3, isIPv6 ? 4 : 3, 0, 0, 0, 0, 0, 0] + inner
        return self.frame(source, destination, isIPv6 ? IPProtocol.icmpv6 : IPProtocol.icmp, bytes, sumAt: 2)
    }

    static func numbers(_ values: UInt16...) -> [UInt8] { values.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] } }

    static func frame(
        _ source: String, _ destination: String, _ ipProtocol: UInt8, _ transport: [UInt8], sumAt: Int?
    ) -> [UInt8] {
        var transport = transport
        let ethernet: [UInt8] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]
        if let from = IPv6Address(source), let to = IPv6Address(destination) {
            var sum = InternetChecksum()
            if ipProtocol != IPProtocol.icmp {
                sum.addPseudoHeader(source: from, destination: to, protocol: ipProtocol, byteCount: transport.count)
            }
            finish(&transport, sumAt, sum, ipProtocol)
            var header: [UInt8] = [0x60, 0, 0, 0] + numbers(UInt16(transport.count)) + [ipProtocol, 64]
            for value in [from.high, from.low, to.high, to.low] {
                header += (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(56 - 8 * $0)) }
            }
            return ethernet + [0x86, 0xdd] + header + transport
        }
        let from = IPv4Address(source)!
        let to = IPv4Address(destination)!
        var sum = InternetChecksum()
        if ipProtocol != IPProtocol.icmp {
            sum.addPseudoHeader(source: from, destination: to, protocol: ipProtocol, byteCount: transport.count)
        }
        finish(&transport, sumAt, sum, ipProtocol)
        var header: [UInt8] = [0x45, 0] + numbers(UInt16(20 + transport.count), 1, 0) + [64, ipProtocol, 0, 0]
        for value in [from.rawValue, to.rawValue] {
            header += (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * $0)) }
        }
        let checksum = header.withUnsafeBytes { InternetChecksum.checksum(of: $0) }
        header[10] = UInt8(checksum >> 8)
        header[11] = UInt8(checksum & 0xff)
        return ethernet + [8, 0] + header + transport
    }

    private static func finish(
        _ transport: inout [UInt8], _ place: Int?, _ sum: InternetChecksum, _ ipProtocol: UInt8
    ) {
        guard let place else { return }
        var sum = sum
        transport.withUnsafeBytes { sum.add($0) }
        let value = ipProtocol == IPProtocol.udp && sum.value == 0 ? 0xffff : sum.value
        transport[place] = UInt8(value >> 8)
        transport[place + 1] = UInt8(value & 0xff)
    }

    /// Whether all checksums of a frame are right, those of the packet in an ICMP error apart.
    static func isIntact(_ frame: [UInt8]) -> Bool {
        frame.withUnsafeBytes { bytes in
            let key = UnsafeMutablePointer<FlowKey>.allocate(capacity: 1)
            key.initialize(to: FlowKey())
            defer { key.deallocate() }
            let layout = extract(frame: bytes, inPort: 1, into: key)
            return TrackedPacket(frame: bytes, layout, zone: 0, isChecked: false) != nil
        }
    }
}
