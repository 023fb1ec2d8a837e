import Wire

// What a link does to the storage and the bytes of a packet.

extension PacketPool {
    /// `packet`, which is going to wait, in the smallest storage that holds it: itself, or a copy in its place.
    mutating func compacted(_ packet: PacketRef) -> PacketRef {
        let needed = packet.pointee.length &+ Packet.headByteCount &+ Packet.headroom
        let sizeClass = Int(packet.pointee.sizeClass)
        guard sizeClass > 0, needed <= PacketPool.classByteCounts(below: sizeClass), let small = copy(packet)
        else { return packet }
        release(packet)
        return small
    }

    /// Bytes of storage in the size class below `sizeClass`.
    @inline(__always)
    private static func classByteCounts(below sizeClass: Int) -> Int { sizeClass == 1 ? 2048 : 12288 }
}

extension UnsafeMutablePointer<Packet> {
    /// Bytes in front of the payload: addresses, VLAN tags and type.
    var ethernetHeaderByteCount: Int {
        var offset = 12
        while offset + 2 <= pointee.length {
            let type = UInt16(bigEndian: pointee.data.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
            guard EtherType.isVLAN(type) else { break }
            offset += 4
        }
        return offset + 2
    }

    /// Computes the transport checksum where the packet says that it is still to be done.
    func finishChecksum() {
        guard pointee.offload.flags & VirtioNetHeader.needsChecksum != 0, !pointee.offload.isSuperPacket else {
            return
        }
        let start = Int(pointee.offload.checksumStart)
        let field = start + Int(pointee.offload.checksumOffset)
        guard field + 2 <= pointee.length else { return }
        let sum = InternetChecksum.checksum(
            of: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start...]))
        // UDP sends a sum of zero as ones (RFC 768); to TCP the two are the same.
        (pointee.data + field).storeBytes(of: (sum == 0 ? 0xffff : sum).bigEndian, as: UInt16.self)
        pointee.offload.flags &= ~VirtioNetHeader.needsChecksum
    }
}
