/// An IPv4 address, kept as a number: the first byte on the wire is the most significant.
public struct IPv4Address: Hashable, Sendable {
    /// The address as a number: 10.0.0.1 is 0x0a00_0001.
    public let rawValue: UInt32

    /// Bytes that an address takes on the wire.
    public static let byteCount = 4
    /// 0.0.0.0.
    public static let any = IPv4Address(rawValue: 0)
    /// 255.255.255.255.
    public static let broadcast = IPv4Address(rawValue: .max)
    /// 127.0.0.1.
    public static let loopback = IPv4Address(rawValue: 0x7f00_0001)

    @inlinable
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The address of the four bytes, in the order in which they are written.
    @inlinable
    public init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) {
        rawValue = UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d)
    }

    /// Reads the 4 bytes at `bytes`.
    @inlinable
    public init(reading bytes: UnsafeRawPointer) { rawValue = bytes.loadBigEndian32() }

    /// Writes the 4 bytes at `bytes`.
    @inlinable
    public func write(to bytes: UnsafeMutableRawPointer) { bytes.storeBigEndian(rawValue) }

    /// 224.0.0.0/4.
    @inlinable
    public var isMulticast: Bool { rawValue >> 28 == 0xe }

    /// 127.0.0.0/8.
    @inlinable
    public var isLoopback: Bool { rawValue >> 24 == 127 }

    /// 169.254.0.0/16.
    @inlinable
    public var isLinkLocal: Bool { rawValue >> 16 == 0xa9fe }

    /// The group address that frames to this multicast address carry (RFC 1112, 6.4).
    @inlinable
    public var multicastMAC: MACAddress { MACAddress(rawValue: 0x0100_5e00_0000 | UInt64(rawValue & 0x7f_ffff)) }

    /// The address `distance` further on, wrapping.
    @inlinable
    public func advanced(by distance: Int) -> IPv4Address {
        IPv4Address(rawValue: rawValue &+ UInt32(truncatingIfNeeded: distance))
    }
}

extension IPv4Address: Comparable {
    @inlinable
    public static func < (a: IPv4Address, b: IPv4Address) -> Bool { a.rawValue < b.rawValue }
}

extension IPv4Address: LosslessStringConvertible {
    /// Parses four decimal numbers with dots between them, without leading zeros (which others read as octal).
    public init?(_ text: String) {
        var text = text
        guard let address = text.withUTF8({ IPv4Address(ascii: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = address
    }

    /// Parses the same text from bytes.
    init?(ascii text: UnsafeRawBufferPointer) {
        var value: UInt32 = 0
        var part: UInt32 = 0
        var digits = 0
        var parts = 0
        for character in text {
            if character == UInt8(ascii: ".") {
                guard digits > 0, parts < 3 else { return nil }
                value = value << 8 | part
                part = 0
                digits = 0
                parts += 1
                continue
            }
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(character), digits == 0 || part != 0 else {
                return nil
            }
            part = part * 10 + UInt32(character - UInt8(ascii: "0"))
            digits += 1
            guard part <= 255 else { return nil }
        }
        guard parts == 3, digits > 0 else { return nil }
        rawValue = value << 8 | part
    }

    public var description: String {
        "\(rawValue >> 24).\(rawValue >> 16 & 255).\(rawValue >> 8 & 255).\(rawValue & 255)"
    }
}

extension IPv4Address: CodableAsText {
    public static var noun: String { "an IPv4 address" }
}
