/// The common header of an SCTP packet (RFC 9260, 3.1).
public struct SCTPHeader: Equatable, Sendable {
    public var sourcePort: UInt16
    public var destinationPort: UInt16
    public var verificationTag: UInt32
    /// The CRC32c of the packet as the number that `CRC32C` computes; on the wire it stands little-endian.
    public var checksum: UInt32

    public static let byteCount = 12

    /// Offsets from the start of the header.
    public enum Offset {
        public static let sourcePort = 0
        public static let destinationPort = 2
        public static let verificationTag = 4
        public static let checksum = 8
    }

    public init(sourcePort: UInt16, destinationPort: UInt16, verificationTag: UInt32, checksum: UInt32 = 0) {
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
        self.verificationTag = verificationTag
        self.checksum = checksum
    }

    /// Parses the header at the start of `bytes`; nil when they are too few.
    @inlinable
    public init?(parsing bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.byteCount, let start = bytes.baseAddress else { return nil }
        sourcePort = start.loadBigEndian16()
        destinationPort = start.loadBigEndian16(at: Offset.destinationPort)
        verificationTag = start.loadBigEndian32(at: Offset.verificationTag)
        checksum = start.loadBigEndian32(at: Offset.checksum).byteSwapped
    }

    /// Writes the header at the start of `bytes`.
    /// - Precondition: `bytes` holds at least `byteCount`.
    public func emit(into bytes: UnsafeMutableRawBufferPointer) {
        precondition(bytes.count >= Self.byteCount)
        let start = bytes.baseAddress!
        start.storeBigEndian(sourcePort)
        start.storeBigEndian(destinationPort, at: Offset.destinationPort)
        start.storeBigEndian(verificationTag, at: Offset.verificationTag)
        start.storeBigEndian(checksum.byteSwapped, at: Offset.checksum)
    }
}
