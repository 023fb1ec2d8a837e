import Wire

extension InternetChecksum {
    /// Finishes the checksum of a frame behind its virtio-net header, which says so afterwards.
    /// - Returns: false where the header points outside of the frame.
    static func finish(_ bytes: UnsafeMutableRawBufferPointer) -> Bool {
        let frame = UnsafeMutableRawBufferPointer(rebasing: bytes[NetworkHeader.byteCount...])
        let start = Int(bytes[6]) | Int(bytes[7]) << 8
        let place = start + (Int(bytes[8]) | Int(bytes[9]) << 8)
        guard start < frame.count, place + 2 <= frame.count else { return false }
        let value = checksum(of: UnsafeRawBufferPointer(rebasing: frame[start...]))
        frame[place] = UInt8(value >> 8)
        frame[place + 1] = UInt8(truncatingIfNeeded: value)
        bytes[0] = bytes[0] & ~NetworkHeader.needsChecksum | NetworkHeader.isValid
        return true
    }
}
