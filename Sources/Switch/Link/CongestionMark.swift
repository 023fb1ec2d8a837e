import Wire

/// Explicit congestion notification (RFC 3168) on a frame.
enum CongestionMark {
    /// Sets Congestion Experienced in the frame's IP header.
    /// - Returns: false, with nothing changed, where the packet is not of an ECN-capable transport.
    static func apply(to packet: PacketRef) -> Bool {
        let data = packet.pointee.data
        let length = packet.pointee.length
        var offset = 12
        var type: UInt16 = 0
        while offset + 2 <= length {
            type = UInt16(bigEndian: data.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
            guard EtherType.isVLAN(type) else { break }
            offset += 4
        }
        let ip = data + (offset + 2)
        if type == EtherType.ipv4, offset + 2 + 20 <= length {
            let old = UInt16(bigEndian: ip.loadUnaligned(as: UInt16.self))
            guard old >> 12 == 4, old & 3 != 0 else { return false }
            let new = old | 3
            let checksum = UInt16(bigEndian: ip.loadUnaligned(fromByteOffset: 10, as: UInt16.self))
            ip.storeBytes(of: new.bigEndian, as: UInt16.self)
            ip.storeBytes(
                of: InternetChecksum.update(checksum, from: old, to: new).bigEndian, toByteOffset: 10, as: UInt16.self)
            return true
        }
        if type == EtherType.ipv6, offset + 2 + 40 <= length {
            // Version, then the traffic class across the next two nibbles; no checksum covers it.
            let second = ip.load(fromByteOffset: 1, as: UInt8.self)
            guard ip.load(as: UInt8.self) >> 4 == 6, second & 0x30 != 0 else { return false }
            ip.storeBytes(of: second | 0x30, toByteOffset: 1, as: UInt8.self)
            return true
        }
        return false
    }
}
