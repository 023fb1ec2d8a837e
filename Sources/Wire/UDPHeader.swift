/// The header of a UDP datagram (RFC 768).
public struct UDPHeader: Equatable, Sendable {
    public var sourcePort: UInt16
    public var destinationPort: UInt16
    /// Bytes of the datagram, header included.
    public var datagramByteCount: Int
    /// The checksum; 0 over IPv4 says that there is none. `emit` writes it as it is.
    public var checksum: UInt16

    public static let byteCount = 8

    /// Offsets from the start of the header.
    public enum Offset {
        public static let sourcePort = 0
        public static let destinationPort = 2
        public static let length = 4
        public static let checksum = 6
    }

    public init(sourcePort: UInt16, destinationPort: UInt16, payloadByteCount: Int, checksum: UInt16 = 0) {
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
        datagramByteCount = Self.byteCount + payloadByteCount
        self.checksum = checksum
    }

    /// Parses the header at the start of `bytes`; nil when they are too few.
    @inlinable
    public init?(parsing bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.byteCount, let start = bytes.baseAddress else { return nil }
        sourcePort = start.loadBigEndian16()
        destinationPort = start.loadBigEndian16(at: Offset.destinationPort)
        datagramByteCount = Int(start.loadBigEndian16(at: Offset.length))
        checksum = start.loadBigEndian16(at: Offset.checksum)
    }

    /// Writes the header at the start of `bytes`.
    /// - Precondition: `bytes` holds at least `byteCount`; `datagramByteCount` is below 65,536.
    public func emit(into bytes: UnsafeMutableRawBufferPointer) {
        precondition(bytes.count >= Self.byteCount)
        let start = bytes.baseAddress!
        start.storeBigEndian(sourcePort)
        start.storeBigEndian(destinationPort, at: Offset.destinationPort)
        start.storeBigEndian(UInt16(datagramByteCount), at: Offset.length)
        start.storeBigEndian(checksum, at: Offset.checksum)
    }
}
