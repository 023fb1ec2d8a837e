/// The header of an IPv4 packet (RFC 791, 3.1; DSCP and ECN as RFC 2474 and RFC 3168).
public struct IPv4Header: Equatable, Sendable {
    /// Bytes of the header, options included: 20 to 60.
    public var headerByteCount: Int
    /// DSCP (6 bits) and ECN (2 bits).
    public var trafficClass: UInt8
    /// Bytes of the packet, header included.
    public var totalByteCount: Int
    public var identification: UInt16
    /// Flags (3 bits) and fragment offset in units of 8 bytes (13 bits).
    public var fragment: UInt16
    public var timeToLive: UInt8
    /// The protocol of the payload, an `IPProtocol`.
    public var payloadProtocol: UInt8
    /// The header checksum as read; `emit` computes its own.
    public var checksum: UInt16
    public var source: IPv4Address
    public var destination: IPv4Address

    /// Bytes of a header without options.
    public static let byteCount = 20
    /// In `fragment`: must not be fragmented.
    public static let doNotFragment: UInt16 = 0x4000
    /// In `fragment`: more fragments follow.
    public static let moreFragments: UInt16 = 0x2000
    /// In `fragment`: the offset.
    public static let fragmentOffsetMask: UInt16 = 0x1fff

    /// Offsets from the start of the header.
    public enum Offset {
        public static let trafficClass = 1
        public static let totalLength = 2
        public static let identification = 4
        public static let fragment = 6
        public static let timeToLive = 8
        public static let payloadProtocol = 9
        public static let checksum = 10
        public static let source = 12
        public static let destination = 16
    }

    public init(
        source: IPv4Address, destination: IPv4Address, payloadProtocol: UInt8, payloadByteCount: Int,
        optionByteCount: Int = 0, timeToLive: UInt8 = 64, trafficClass: UInt8 = 0, identification: UInt16 = 0,
        fragment: UInt16 = 0
    ) {
        headerByteCount = Self.byteCount + optionByteCount
        self.trafficClass = trafficClass
        totalByteCount = Self.byteCount + optionByteCount + payloadByteCount
        self.identification = identification
        self.fragment = fragment
        self.timeToLive = timeToLive
        self.payloadProtocol = payloadProtocol
        checksum = 0
        self.source = source
        self.destination = destination
    }

    /// Parses the header at the start of `bytes`; nil when they are too few for it, the version is not 4, or its
    /// lengths contradict each other. `bytes` may be fewer than `totalByteCount` (a truncated capture).
    @inlinable
    public init?(parsing bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.byteCount, let start = bytes.baseAddress else { return nil }
        let first = start.loadByte()
        headerByteCount = Int(first & 15) * 4
        guard first >> 4 == 4, headerByteCount >= Self.byteCount, headerByteCount <= bytes.count else { return nil }
        trafficClass = start.loadByte(at: Offset.trafficClass)
        totalByteCount = Int(start.loadBigEndian16(at: Offset.totalLength))
        guard totalByteCount >= headerByteCount else { return nil }
        identification = start.loadBigEndian16(at: Offset.identification)
        fragment = start.loadBigEndian16(at: Offset.fragment)
        timeToLive = start.loadByte(at: Offset.timeToLive)
        payloadProtocol = start.loadByte(at: Offset.payloadProtocol)
        checksum = start.loadBigEndian16(at: Offset.checksum)
        source = IPv4Address(reading: start + Offset.source)
        destination = IPv4Address(reading: start + Offset.destination)
    }

    /// Bytes of options.
    @inlinable
    public var optionByteCount: Int { headerByteCount - Self.byteCount }

    /// Where the payload starts in the data of the unfragmented packet, in bytes.
    @inlinable
    public var fragmentOffset: Int { Int(fragment & Self.fragmentOffsetMask) * 8 }

    /// Whether the packet is a fragment, the first or a later one.
    @inlinable
    public var isFragment: Bool { fragment & (Self.moreFragments | Self.fragmentOffsetMask) != 0 }

    /// Whether the packet is a fragment without a transport header.
    @inlinable
    public var isLaterFragment: Bool { fragment & Self.fragmentOffsetMask != 0 }

    /// Writes the header with its checksum at the start of `bytes`; the options are what is already there.
    /// - Precondition: `bytes` holds at least `headerByteCount`, which is a multiple of 4 from 20 to 60;
    ///   `totalByteCount` is below 65,536.
    public func emit(into bytes: UnsafeMutableRawBufferPointer) {
        precondition(bytes.count >= headerByteCount && (20...60).contains(headerByteCount) && headerByteCount % 4 == 0)
        let start = bytes.baseAddress!
        start.storeByte(0x40 | UInt8(headerByteCount / 4))
        start.storeByte(trafficClass, at: Offset.trafficClass)
        start.storeBigEndian(UInt16(totalByteCount), at: Offset.totalLength)
        start.storeBigEndian(identification, at: Offset.identification)
        start.storeBigEndian(fragment, at: Offset.fragment)
        start.storeByte(timeToLive, at: Offset.timeToLive)
        start.storeByte(payloadProtocol, at: Offset.payloadProtocol)
        start.storeBigEndian(UInt16(0), at: Offset.checksum)
        source.write(to: start + Offset.source)
        destination.write(to: start + Offset.destination)
        let checksum = InternetChecksum.checksum(of: UnsafeRawBufferPointer(rebasing: bytes[..<headerByteCount]))
        start.storeBigEndian(checksum, at: Offset.checksum)
    }
}
