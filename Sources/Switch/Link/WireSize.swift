import Wire

/// What a packet is on a wire: a super-packet counts as its segments, each with its own headers.
struct WireSize: Equatable {
    /// Frames on the wire.
    var packets: Int
    /// Bytes of all frames, from destination address to the end of the payload.
    var bytes: Int

    /// The size of an ordinary frame.
    @inline(__always)
    init(frame byteCount: Int) {
        packets = 1
        bytes = byteCount
    }

    /// The size of a packet whose offload header is sanitized.
    @inline(__always)
    init(of packet: PacketRef) {
        if packet.pointee.offload.isSuperPacket {
            packets = packet.wirePacketCount
            bytes = packet.wireByteCount
        } else {
            packets = 1
            bytes = packet.pointee.length
        }
    }
}
