/// The checksum of IP, TCP and UDP (RFC 1071).
enum InternetChecksum {
    /// The sum of 16-bit words, big-endian, folded; an odd byte is followed by zero.
    static func sum(_ bytes: UnsafeRawBufferPointer, _ start: UInt64 = 0) -> UInt16 {
        var total = start
        var position = 0
        while position + 4 <= bytes.count {
            total &+= UInt64(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
            position += 4
        }
        if position + 2 <= bytes.count {
            total &+= UInt64(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt16.self)))
            position += 2
        }
        if position < bytes.count { total &+= UInt64(bytes[position]) << 8 }
        return fold(total)
    }

    static func fold(_ total: UInt64) -> UInt16 {
        var total = total
        while total >> 16 != 0 { total = total & 0xffff + total >> 16 }
        return UInt16(total)
    }

    /// Writes the checksum of `frame[start...]` at `place`; what is there is part of the sum, as the pseudo-header's.
    static func finish(_ frame: UnsafeMutableRawBufferPointer, start: Int, end: Int, place: Int) {
        guard start >= 0, start < end, end <= frame.count, place >= 0, place + 2 <= frame.count else { return }
        let value = ~sum(UnsafeRawBufferPointer(rebasing: frame[start..<end]))
        frame[place] = UInt8(value >> 8)
        frame[place + 1] = UInt8(truncatingIfNeeded: value)
    }
}
