/// The checksum of IP, TCP and UDP (RFC 1071).
enum NetworkChecksum {
    /// The sum of 16-bit words, big-endian, folded; an odd byte is followed by zero.
    static func sum(_ bytes: UnsafeRawBufferPointer) -> UInt16 {
        var total: UInt64 = 0
        var position = 0
        while position + 4 <= bytes.count {
            total &+= UInt64(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
            position += 4
        }
        while position < bytes.count {
            total &+= UInt64(bytes[position]) << (position & 1 == 0 ? 8 : 0)
            position += 1
        }
        return fold(total)
    }

    static func fold(_ total: UInt64) -> UInt16 {
        var total = total
        while total >> 16 != 0 { total = total & 0xffff + total >> 16 }
        return UInt16(total)
    }

    /// Finishes the checksum of a frame behind its virtio-net header, which says so afterwards.
    /// - Returns: false where the header points outside of the frame.
    static func finish(_ bytes: UnsafeMutableRawBufferPointer) -> Bool {
        let frame = UnsafeMutableRawBufferPointer(rebasing: bytes[NetworkHeader.byteCount...])
        let start = Int(bytes[6]) | Int(bytes[7]) << 8
        let place = start + (Int(bytes[8]) | Int(bytes[9]) << 8)
        guard start < frame.count, place + 2 <= frame.count else { return false }
        let value = ~sum(UnsafeRawBufferPointer(rebasing: frame[start...]))
        frame[place] = UInt8(value >> 8)
        frame[place + 1] = UInt8(truncatingIfNeeded: value)
        bytes[0] = bytes[0] & ~NetworkHeader.needsChecksum | NetworkHeader.isValid
        return true
    }
}
