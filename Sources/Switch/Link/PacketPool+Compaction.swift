extension PacketPool {
    /// `packet`, which is going to wait, in the smallest storage that holds it: itself, or a copy in its place.
    mutating func compacted(_ packet: PacketRef) -> PacketRef {
        let sizeClass = packet.pointee.sizeClass
        guard sizeClass > 0 else { return packet }
        let needed = packet.pointee.length &+ Packet.headByteCount &+ Packet.headroom
        guard needed <= (sizeClass == 1 ? 2048 : 12288), let small = copy(packet) else { return packet }
        release(packet)
        return small
    }
}
