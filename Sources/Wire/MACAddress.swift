/// A 48-bit IEEE 802 MAC address, kept in the low 48 bits of a word: the first byte on the wire is the most significant.
public struct MACAddress: Hashable, Sendable {
    /// The address as a number; the upper 16 bits are 0.
    public let rawValue: UInt64

    /// Bytes that an address takes on the wire.
    public static let byteCount = 6
    /// ff:ff:ff:ff:ff:ff.
    public static let broadcast = MACAddress(rawValue: 0xffff_ffff_ffff)
    /// 00:00:00:00:00:00.
    public static let zero = MACAddress(rawValue: 0)
    /// The group address of spanning tree BPDUs, 01:80:c2:00:00:00 (IEEE 802.1D-2004, table 7-10).
    public static let bridgeGroup = MACAddress(rawValue: 0x0180_c200_0000)
    /// The nearest-bridge group address that LLDP uses, 01:80:c2:00:00:0e.
    public static let nearestBridge = MACAddress(rawValue: 0x0180_c200_000e)

    /// The address whose 48 bits are the low bits of `rawValue`.
    @inlinable
    public init(rawValue: UInt64) { self.rawValue = rawValue & 0xffff_ffff_ffff }

    /// The address of the six bytes, in their order on the wire.
    @inlinable
    public init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8, _ e: UInt8, _ f: UInt8) {
        let high = UInt64(a) << 40 | UInt64(b) << 32 | UInt64(c) << 24
        rawValue = high | UInt64(d) << 16 | UInt64(e) << 8 | UInt64(f)
    }

    /// Reads the 6 bytes at `bytes`.
    @inlinable
    public init(reading bytes: UnsafeRawPointer) {
        rawValue = UInt64(bytes.loadBigEndian16()) << 32 | UInt64(bytes.loadBigEndian32(at: 2))
    }

    /// Writes the 6 bytes at `bytes`.
    @inlinable
    public func write(to bytes: UnsafeMutableRawPointer) {
        bytes.storeBigEndian(UInt16(truncatingIfNeeded: rawValue >> 32))
        bytes.storeBigEndian(UInt32(truncatingIfNeeded: rawValue), at: 2)
    }

    /// Whether the address names a group (the I/G bit); broadcast is one.
    @inlinable
    public var isMulticast: Bool { rawValue & 0x0100_0000_0000 != 0 }

    /// Whether the address is ff:ff:ff:ff:ff:ff.
    @inlinable
    public var isBroadcast: Bool { rawValue == 0xffff_ffff_ffff }

    /// Whether the address was assigned by an administrator and not by a maker (the U/L bit).
    @inlinable
    public var isLocallyAdministered: Bool { rawValue & 0x0200_0000_0000 != 0 }

    /// Whether a bridge keeps frames to this address to itself: 01:80:c2:00:00:00 to 0f (IEEE 802.1Q-2022, 8.6.3).
    @inlinable
    public var isReservedBridgeGroup: Bool { rawValue & 0xffff_ffff_fff0 == 0x0180_c200_0000 }

    /// The six bytes in their order on the wire.
    public var bytes: [UInt8] {
        (0..<6).map { UInt8(truncatingIfNeeded: rawValue >> UInt64(40 - 8 * $0)) }
    }
}

extension MACAddress: LosslessStringConvertible {
    /// Parses six pairs of hexadecimal digits with `:` or `-` between them; nil for anything else.
    public init?(_ text: String) {
        var value: UInt64 = 0
        var digits = 0
        var separators = 0
        var separator: UInt8 = 0
        for character in text.utf8 {
            if digits == 2 * (separators + 1), separators < 5 {
                guard character == UInt8(ascii: ":") || character == UInt8(ascii: "-") else { return nil }
                guard separator == 0 || separator == character else { return nil }
                separator = character
                separators += 1
            } else {
                guard digits < 12, let digit = hexadecimalDigit(character) else { return nil }
                value = value << 4 | UInt64(digit)
                digits += 1
            }
        }
        guard digits == 12 else { return nil }
        self.init(rawValue: value)
    }

    /// Lower-case pairs with colons, as in `02:00:00:00:00:01`.
    public var description: String {
        String(unsafeUninitializedCapacity: 17) { out in
            for index in 0..<6 {
                let byte = UInt8(truncatingIfNeeded: rawValue >> UInt64(40 - 8 * index))
                out[3 * index] = lowercaseHexadecimal(byte >> 4)
                out[3 * index + 1] = lowercaseHexadecimal(byte & 15)
                if index < 5 { out[3 * index + 2] = UInt8(ascii: ":") }
            }
            return 17
        }
    }
}

extension MACAddress: Comparable {
    @inlinable
    public static func < (a: MACAddress, b: MACAddress) -> Bool { a.rawValue < b.rawValue }
}

extension MACAddress: CodableAsText {
    public static var noun: String { "a MAC address" }
}
