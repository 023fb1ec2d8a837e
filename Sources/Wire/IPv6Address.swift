/// An IPv6 address, kept as two words: the first byte on the wire is the most significant of `high`.
public struct IPv6Address: Hashable, Sendable {
    /// The first 64 bits: the prefix and subnet.
    public let high: UInt64
    /// The last 64 bits: the interface identifier.
    public let low: UInt64

    /// Bytes that an address takes on the wire.
    public static let byteCount = 16
    /// ::.
    public static let any = IPv6Address(high: 0, low: 0)
    /// ::1.
    public static let loopback = IPv6Address(high: 0, low: 1)
    /// ff02::1, all nodes on the link.
    public static let allNodes = IPv6Address(high: 0xff02 << 48, low: 1)
    /// ff02::2, all routers on the link.
    public static let allRouters = IPv6Address(high: 0xff02 << 48, low: 2)

    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads the 16 bytes at `bytes`.
    @inlinable
    public init(reading bytes: UnsafeRawPointer) {
        high = bytes.loadBigEndian64()
        low = bytes.loadBigEndian64(at: 8)
    }

    /// Writes the 16 bytes at `bytes`.
    @inlinable
    public func write(to bytes: UnsafeMutableRawPointer) {
        bytes.storeBigEndian(high)
        bytes.storeBigEndian(low, at: 8)
    }

    /// The link-local address that an interface with `mac` gives itself: fe80::/64 and the modified EUI-64
    /// (RFC 4291, appendix A).
    public init(linkLocal mac: MACAddress) {
        let raw = mac.rawValue
        let upper = (raw >> 24) ^ 0x02_0000
        self.init(high: 0xfe80 << 48, low: upper << 40 | 0xfffe << 24 | raw & 0xff_ffff)
    }

    /// ff00::/8.
    @inlinable
    public var isMulticast: Bool { high >> 56 == 0xff }

    /// fe80::/10.
    @inlinable
    public var isLinkLocal: Bool { high >> 54 == 0x3fa }

    /// The group address that frames to this multicast address carry (RFC 2464, 7).
    @inlinable
    public var multicastMAC: MACAddress { MACAddress(rawValue: 0x3333_0000_0000 | low & 0xffff_ffff) }

    /// The solicited-node multicast address of this address (RFC 4291, 2.7.1).
    @inlinable
    public var solicitedNode: IPv6Address {
        IPv6Address(high: 0xff02 << 48, low: 0x1_ff00_0000 | low & 0xff_ffff)
    }

    /// The address `distance` further on, wrapping.
    public func advanced(by distance: Int) -> IPv6Address {
        let added = low.addingReportingOverflow(UInt64(truncatingIfNeeded: distance))
        let extended: UInt64 = distance < 0 ? .max : 0
        return IPv6Address(high: high &+ extended &+ (added.overflow ? 1 : 0), low: added.partialValue)
    }

    /// One of the eight 16-bit groups, counted from the left.
    public func group(_ index: Int) -> UInt16 {
        UInt16(truncatingIfNeeded: index < 4 ? high >> UInt64(48 - 16 * index) : low >> UInt64(112 - 16 * index))
    }
}

extension IPv6Address: Comparable {
    @inlinable
    public static func < (a: IPv6Address, b: IPv6Address) -> Bool {
        a.high == b.high ? a.low < b.low : a.high < b.high
    }
}

extension IPv6Address: LosslessStringConvertible {
    /// Parses the text forms of RFC 4291, 2.2: groups of hexadecimal digits, one `::`, a dotted IPv4 address at the end.
    /// Zone identifiers (`%eth0`) are not part of an address and are refused.
    public init?(_ text: String) {
        var text = text
        guard let address = text.withUTF8({ IPv6Address(ascii: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = address
    }

    init?(ascii text: UnsafeRawBufferPointer) {
        let colon = UInt8(ascii: ":")
        var groups: [8 of UInt16] = .init(repeating: 0)
        var count = 0
        var gap: Int?
        var index = 0
        if text.count >= 2, text[0] == colon {
            guard text[1] == colon else { return nil }
            gap = 0
            index = 2
        }
        while index < text.count {
            guard count < 8 else { return nil }
            let start = index
            var value: UInt32 = 0
            while index < text.count, let digit = hexadecimalDigit(text[index]) {
                value = value << 4 | UInt32(digit)
                index += 1
                guard index - start <= 4 else { return nil }
            }
            if index < text.count, text[index] == UInt8(ascii: ".") {
                guard count <= 6, let tail = IPv4Address(ascii: UnsafeRawBufferPointer(rebasing: text[start...])) else {
                    return nil
                }
                groups[count] = UInt16(tail.rawValue >> 16)
                groups[count + 1] = UInt16(tail.rawValue & 0xffff)
                count += 2
                index = text.count
                break
            }
            guard index > start else { return nil }
            groups[count] = UInt16(value)
            count += 1
            if index == text.count { break }
            guard text[index] == colon else { return nil }
            index += 1
            guard index < text.count else { return nil }
            if text[index] == colon {
                guard gap == nil else { return nil }
                gap = count
                index += 1
            }
        }
        guard gap == nil ? count == 8 : count < 8 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for position in 0..<8 {
            var value: UInt16 = 0
            if position < gap ?? 8 {
                value = groups[position]
            } else if position >= 8 - (count - gap!) {
                value = groups[position - (8 - count)]
            }
            if position < 4 { high = high << 16 | UInt64(value) } else { low = low << 16 | UInt64(value) }
        }
        self.init(high: high, low: low)
    }

    /// The canonical text (RFC 5952): lower case, no leading zeros, the first longest run of two or more zero groups
    /// as `::`, and IPv4-mapped addresses with a dotted tail.
    public var description: String {
        if high == 0, low >> 32 == 0xffff {
            return "::ffff:\(IPv4Address(rawValue: UInt32(truncatingIfNeeded: low)))"
        }
        var runStart = 8
        var runLength = 1
        var index = 0
        while index < 8 {
            var end = index
            while end < 8, group(end) == 0 { end += 1 }
            if end - index > runLength {
                runStart = index
                runLength = end - index
            }
            index = max(end, index + 1)
        }
        var text = ""
        index = 0
        while index < 8 {
            if index == runStart {
                text += "::"
                index += runLength
                continue
            }
            if index > 0, index != runStart + runLength || runStart == 8 { text += ":" }
            text += String(group(index), radix: 16)
            index += 1
        }
        return text
    }
}

extension IPv6Address: CodableAsText {
    public static var noun: String { "an IPv6 address" }
}
