import Wire

extension InternetChecksum {
    /// Writes the checksum of `frame[start..<end]` at `place`; what is there is part of the sum, as the pseudo-header's.
    static func finish(_ frame: UnsafeMutableRawBufferPointer, start: Int, end: Int, place: Int) {
        guard start >= 0, start < end, end <= frame.count, place >= 0, place + 2 <= frame.count else { return }
        let value = checksum(of: UnsafeRawBufferPointer(rebasing: frame[start..<end]))
        frame[place] = UInt8(value >> 8)
        frame[place + 1] = UInt8(truncatingIfNeeded: value)
    }
}
