import Wire

/// What a packet is on a wire: a super-packet counts as its segments, each with its own headers.
public struct WireSize: Equatable, Sendable {
    /// Frames on the wire.
    public var packets: Int
    /// Bytes of all frames, from destination address to the end of the payload.
    public var bytes: Int
    /// Bytes of the largest frame.
    public var largestFrame: Int

    @inlinable
    init(packets: Int, bytes: Int, largestFrame: Int) {
        self.packets = packets
        self.bytes = bytes
        self.largestFrame = largestFrame
    }

    /// The size of an ordinary frame.
    @inlinable
    public init(frame byteCount: Int) {
        packets = 1
        bytes = byteCount
        largestFrame = byteCount
    }

    /// The size of `packet`; nil for a super-packet whose offload fields contradict its frame.
    @inlinable
    public init?(of packet: PacketRef) {
        guard packet.pointee.offload.isSuperPacket else {
            self.init(frame: packet.pointee.length)
            return
        }
        self.init(superPacket: packet)
    }

    @usableFromInline
    init?(superPacket packet: PacketRef) {
        let offload = packet.pointee.offload
        let length = packet.pointee.length
        let transport = Int(offload.checksumStart)
        let payload = Int(offload.gsoSize)
        guard payload > 0, transport >= 14 + 20, transport < length else { return nil }
        let header: Int
        switch offload.gsoType & ~VirtioNetHeader.gsoECN {
        case VirtioNetHeader.gsoTCPv4, VirtioNetHeader.gsoTCPv6:
            guard transport + 20 <= length else { return nil }
            let words = packet.pointee.data.load(fromByteOffset: transport + 12, as: UInt8.self) >> 4
            guard words >= 5 else { return nil }
            header = transport + Int(words) * 4
        case VirtioNetHeader.gsoUDPL4:
            header = transport + 8
        case VirtioNetHeader.gsoUDP:
            // Fragments of one datagram: each repeats the headers before the transport's.
            header = transport
        default:
            return nil
        }
        guard header <= length else { return nil }
        let segments = max(1, (length - header + payload - 1) / payload)
        self.init(
            packets: segments, bytes: length + (segments - 1) * header,
            largestFrame: header + min(payload, length - header))
    }
}
