/// The CRC-32 of Castagnoli's polynomial, which guards SCTP packets (RFC 9260, appendix A).
///
/// A table of 16 entries, two look-ups a byte: SCTP is rare here, and a small table stays out of the way.
public enum CRC32C {
    /// The remainders of the 16 nibbles for the reflected polynomial 0x82f63b78.
    private static let table: [16 of UInt32] = [
        0x0000_0000, 0x105e_c76f, 0x20bd_8ede, 0x30e3_49b1, 0x417b_1dbc, 0x5125_dad3, 0x61c6_9362, 0x7198_540d,
        0x82f6_3b78, 0x92a8_fc17, 0xa24b_b5a6, 0xb215_72c9, 0xc38d_26c4, 0xd3d3_e1ab, 0xe330_a81a, 0xf36e_6f75,
    ]

    /// The CRC of `bytes`, or of all bytes so far when `previous` is the CRC of those before.
    public static func checksum(of bytes: UnsafeRawBufferPointer, continuing previous: UInt32 = 0) -> UInt32 {
        var crc = ~previous
        for byte in bytes {
            crc ^= UInt32(byte)
            crc = crc >> 4 ^ table[Int(crc & 15)]
            crc = crc >> 4 ^ table[Int(crc & 15)]
        }
        return ~crc
    }
}
