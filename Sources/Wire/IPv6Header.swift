/// The fixed header of an IPv6 packet (RFC 8200, 3).
public struct IPv6Header: Equatable, Sendable {
    /// DSCP (6 bits) and ECN (2 bits).
    public var trafficClass: UInt8
    /// The flow label, 20 bits.
    public var flowLabel: UInt32
    /// Bytes behind this header, extension headers included.
    public var payloadByteCount: Int
    /// The header that follows, an `IPProtocol`.
    public var nextHeader: UInt8
    public var hopLimit: UInt8
    public var source: IPv6Address
    public var destination: IPv6Address

    public static let byteCount = 40

    /// Offsets from the start of the header.
    public enum Offset {
        public static let payloadLength = 4
        public static let nextHeader = 6
        public static let hopLimit = 7
        public static let source = 8
        public static let destination = 24
    }

    public init(
        source: IPv6Address, destination: IPv6Address, nextHeader: UInt8, payloadByteCount: Int, hopLimit: UInt8 = 64,
        trafficClass: UInt8 = 0, flowLabel: UInt32 = 0
    ) {
        self.trafficClass = trafficClass
        self.flowLabel = flowLabel
        self.payloadByteCount = payloadByteCount
        self.nextHeader = nextHeader
        self.hopLimit = hopLimit
        self.source = source
        self.destination = destination
    }

    /// Parses the header at the start of `bytes`; nil when they are too few or the version is not 6.
    @inlinable
    public init?(parsing bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.byteCount, let start = bytes.baseAddress else { return nil }
        let first = start.loadBigEndian32()
        guard first >> 28 == 6 else { return nil }
        trafficClass = UInt8(truncatingIfNeeded: first >> 20)
        flowLabel = first & 0xf_ffff
        payloadByteCount = Int(start.loadBigEndian16(at: Offset.payloadLength))
        nextHeader = start.loadByte(at: Offset.nextHeader)
        hopLimit = start.loadByte(at: Offset.hopLimit)
        source = IPv6Address(reading: start + Offset.source)
        destination = IPv6Address(reading: start + Offset.destination)
    }

    /// Writes the header at the start of `bytes`.
    /// - Precondition: `bytes` holds at least `byteCount`; `payloadByteCount` is below 65,536.
    public func emit(into bytes: UnsafeMutableRawBufferPointer) {
        precondition(bytes.count >= Self.byteCount)
        let start = bytes.baseAddress!
        start.storeBigEndian(6 << 28 | UInt32(trafficClass) << 20 | flowLabel & 0xf_ffff)
        start.storeBigEndian(UInt16(payloadByteCount), at: Offset.payloadLength)
        start.storeByte(nextHeader, at: Offset.nextHeader)
        start.storeByte(hopLimit, at: Offset.hopLimit)
        source.write(to: start + Offset.source)
        destination.write(to: start + Offset.destination)
    }
}

/// What a walk over the extension headers of an IPv6 packet finds (RFC 8200, 4).
public struct IPv6ExtensionWalk: Equatable, Sendable {
    /// The first header that is no extension header: the transport protocol, or `IPProtocol.noNextHeader`, or ESP,
    /// behind which nothing can be read.
    public var transportProtocol: UInt8
    /// Bytes from the start of the IPv6 header to that header.
    public var transportOffset: Int
    /// Offset of the fragment header, or -1.
    public var fragmentOffset: Int
    /// The fragment header's offset and flags field; 0 where there is none. The upper 13 bits are the offset in
    /// units of 8 bytes, the lowest bit says that more fragments follow.
    public var fragment: UInt16

    /// Whether the packet is a fragment, the first or a later one (an atomic fragment, RFC 6946, is not).
    @inlinable
    public var isFragment: Bool { fragment & 0xfff9 != 0 }

    /// Whether the packet is a fragment without a transport header.
    @inlinable
    public var isLaterFragment: Bool { fragment & 0xfff8 != 0 }

    /// Walks from the IPv6 header at the start of `bytes`; nil when a header does not fit into them or there are more
    /// extension headers than `limit`. Behind a later fragment's fragment header nothing is walked.
    public init?(_ bytes: UnsafeRawBufferPointer, limit: Int = 16) {
        guard bytes.count >= IPv6Header.byteCount, let start = bytes.baseAddress else { return nil }
        transportProtocol = start.loadByte(at: IPv6Header.Offset.nextHeader)
        transportOffset = IPv6Header.byteCount
        fragmentOffset = -1
        fragment = 0
        for _ in 0...limit {
            let headerByteCount: Int
            switch transportProtocol {
            case IPProtocol.hopByHop, IPProtocol.routing, IPProtocol.destinationOptions, IPProtocol.mobility:
                guard transportOffset + 8 <= bytes.count else { return nil }
                headerByteCount = (Int(start.loadByte(at: transportOffset + 1)) + 1) * 8
            case IPProtocol.ah:
                guard transportOffset + 8 <= bytes.count else { return nil }
                headerByteCount = (Int(start.loadByte(at: transportOffset + 1)) + 2) * 4
            case IPProtocol.fragment:
                guard transportOffset + 8 <= bytes.count else { return nil }
                headerByteCount = 8
                fragmentOffset = transportOffset
                fragment = start.loadBigEndian16(at: transportOffset + 2)
            default:
                return
            }
            guard transportOffset + headerByteCount <= bytes.count else { return nil }
            transportProtocol = start.loadByte(at: transportOffset)
            transportOffset += headerByteCount
            if isLaterFragment { return }
        }
        return nil
    }
}
