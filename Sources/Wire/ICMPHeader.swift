/// The first eight bytes of an ICMP message, version 4 (RFC 792) or 6 (RFC 4443).
public struct ICMPHeader: Equatable, Sendable {
    public var type: UInt8
    public var code: UInt8
    /// The checksum; `emit` writes it as it is.
    public var checksum: UInt16
    /// The four bytes behind the checksum: identifier and sequence number of an echo, MTU, pointer, or unused.
    public var rest: UInt32

    public static let byteCount = 8

    /// Offsets from the start of the header.
    public enum Offset {
        public static let type = 0
        public static let code = 1
        public static let checksum = 2
        public static let rest = 4
    }

    /// Types of version 4.
    public enum V4 {
        public static let echoReply: UInt8 = 0
        public static let destinationUnreachable: UInt8 = 3
        public static let redirect: UInt8 = 5
        public static let echoRequest: UInt8 = 8
        public static let timeExceeded: UInt8 = 11
    }

    /// Types of version 6, neighbour discovery (RFC 4861) and multicast listener discovery included.
    public enum V6 {
        public static let destinationUnreachable: UInt8 = 1
        public static let packetTooBig: UInt8 = 2
        public static let timeExceeded: UInt8 = 3
        public static let parameterProblem: UInt8 = 4
        public static let echoRequest: UInt8 = 128
        public static let echoReply: UInt8 = 129
        public static let listenerQuery: UInt8 = 130
        public static let listenerReport: UInt8 = 131
        public static let listenerDone: UInt8 = 132
        public static let routerSolicitation: UInt8 = 133
        public static let routerAdvertisement: UInt8 = 134
        public static let neighborSolicitation: UInt8 = 135
        public static let neighborAdvertisement: UInt8 = 136
        public static let redirect: UInt8 = 137
        public static let listenerReportV2: UInt8 = 143
    }

    public init(type: UInt8, code: UInt8 = 0, checksum: UInt16 = 0, rest: UInt32 = 0) {
        self.type = type
        self.code = code
        self.checksum = checksum
        self.rest = rest
    }

    /// Parses the header at the start of `bytes`; nil when they are too few.
    @inlinable
    public init?(parsing bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.byteCount, let start = bytes.baseAddress else { return nil }
        type = start.loadByte()
        code = start.loadByte(at: Offset.code)
        checksum = start.loadBigEndian16(at: Offset.checksum)
        rest = start.loadBigEndian32(at: Offset.rest)
    }

    /// Identifier of an echo.
    @inlinable
    public var identifier: UInt16 { UInt16(truncatingIfNeeded: rest >> 16) }

    /// Sequence number of an echo.
    @inlinable
    public var sequence: UInt16 { UInt16(truncatingIfNeeded: rest) }

    /// Writes the header at the start of `bytes`.
    /// - Precondition: `bytes` holds at least `byteCount`.
    public func emit(into bytes: UnsafeMutableRawBufferPointer) {
        precondition(bytes.count >= Self.byteCount)
        let start = bytes.baseAddress!
        start.storeByte(type)
        start.storeByte(code, at: Offset.code)
        start.storeBigEndian(checksum, at: Offset.checksum)
        start.storeBigEndian(rest, at: Offset.rest)
    }
}
