/// SHA-1 (FIPS 180-4): the checksum of records in database files. It finds damage; nobody is kept out by it.
struct SHA1 {
    private var state: (UInt32, UInt32, UInt32, UInt32, UInt32) =
        (0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0)

    /// The digest of some bytes, in hexadecimal digits.
    static func digest(_ bytes: UnsafeRawBufferPointer) -> String {
        var hash = SHA1()
        return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 80) { schedule in
            let whole = bytes.count / 64 * 64
            for start in stride(from: 0, to: whole, by: 64) {
                hash.add(UnsafeRawBufferPointer(rebasing: bytes[start..<start + 64]), schedule)
            }
            var tail = Array(bytes[whole...]) + [0x80]
            tail += [UInt8](repeating: 0, count: (120 - tail.count % 64) % 64)
            for shift in stride(from: 56, through: 0, by: -8) {
                tail.append(UInt8(truncatingIfNeeded: (UInt64(bytes.count) << 3) >> UInt64(shift)))
            }
            tail.withUnsafeBytes { tail in
                for start in stride(from: 0, to: tail.count, by: 64) {
                    hash.add(UnsafeRawBufferPointer(rebasing: tail[start..<start + 64]), schedule)
                }
            }
            var text: [UInt8] = []
            for word in [hash.state.0, hash.state.1, hash.state.2, hash.state.3, hash.state.4] {
                for shift in stride(from: 28, through: 0, by: -4) {
                    text.append(hexadecimal(UInt8(truncatingIfNeeded: word >> UInt32(shift)) & 15))
                }
            }
            return String(decoding: text, as: UTF8.self)
        }
    }

    private mutating func add(_ block: UnsafeRawBufferPointer, _ w: UnsafeMutableBufferPointer<UInt32>) {
        for i in 0..<16 {
            w[i] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self))
        }
        for i in 16..<80 { w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1) }
        var (a, b, c, d, e) = state
        for i in 0..<80 {
            let (f, k): (UInt32, UInt32) =
                switch i {
                case ..<20: (b & c | ~b & d, 0x5a82_7999)
                case ..<40: (b ^ c ^ d, 0x6ed9_eba1)
                case ..<60: (b & c | b & d | c & d, 0x8f1b_bcdc)
                default: (b ^ c ^ d, 0xca62_c1d6)
                }
            let next = rotate(a, 5) &+ f &+ e &+ k &+ w[i]
            (a, b, c, d, e) = (next, a, rotate(b, 30), c, d)
        }
        state.0 &+= a
        state.1 &+= b
        state.2 &+= c
        state.3 &+= d
        state.4 &+= e
    }

    @inline(__always)
    private func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 { word << count | word >> (32 &- count) }
}
