/// An entry of an MPLS label stack (RFC 3032, 2.1).
public struct MPLSLabel: Equatable, Sendable {
    /// Label (20 bits), traffic class (3), bottom of stack (1), time to live (8).
    public var rawValue: UInt32

    public static let byteCount = 4
    /// The label that says an IPv4 packet follows; only at the bottom of the stack.
    public static let explicitNullIPv4: UInt32 = 0
    /// The label that says an IPv6 packet follows.
    public static let explicitNullIPv6: UInt32 = 2

    @inlinable
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    @inlinable
    public init(label: UInt32, trafficClass: UInt8 = 0, isBottom: Bool, timeToLive: UInt8) {
        rawValue = (label & 0xf_ffff) << 12 | UInt32(trafficClass & 7) << 9 | (isBottom ? 0x100 : 0)
        rawValue |= UInt32(timeToLive)
    }

    /// Parses the entry at the start of `bytes`; nil when they are too few.
    @inlinable
    public init?(parsing bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.byteCount, let start = bytes.baseAddress else { return nil }
        rawValue = start.loadBigEndian32()
    }

    @inlinable
    public var label: UInt32 {
        get { rawValue >> 12 }
        set { rawValue = rawValue & 0xfff | newValue << 12 }
    }

    @inlinable
    public var trafficClass: UInt8 {
        get { UInt8(truncatingIfNeeded: rawValue >> 9) & 7 }
        set { rawValue = rawValue & ~0xe00 | UInt32(newValue & 7) << 9 }
    }

    /// Whether the entry is the last of its stack.
    @inlinable
    public var isBottom: Bool {
        get { rawValue & 0x100 != 0 }
        set { rawValue = rawValue & ~0x100 | (newValue ? 0x100 : 0) }
    }

    @inlinable
    public var timeToLive: UInt8 {
        get { UInt8(truncatingIfNeeded: rawValue) }
        set { rawValue = rawValue & ~0xff | UInt32(newValue) }
    }

    /// Writes the entry at the start of `bytes`.
    /// - Precondition: `bytes` holds at least `byteCount`.
    @inlinable
    public func emit(into bytes: UnsafeMutableRawBufferPointer) {
        precondition(bytes.count >= Self.byteCount)
        bytes.baseAddress!.storeBigEndian(rawValue)
    }

    /// Bytes of the label stack at the start of `bytes`, bottom entry included; nil when no bottom is found in them.
    @inlinable
    public static func stackByteCount(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var offset = 0
        while let entry = MPLSLabel(parsing: UnsafeRawBufferPointer(rebasing: bytes[offset...])) {
            offset += byteCount
            if entry.isBottom { return offset }
        }
        return nil
    }
}
