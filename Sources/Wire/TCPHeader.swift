/// The header of a TCP segment (RFC 9293, 3.1).
public struct TCPHeader: Equatable, Sendable {
    public var sourcePort: UInt16
    public var destinationPort: UInt16
    public var sequence: UInt32
    public var acknowledgment: UInt32
    /// Bytes of the header, options included: 20 to 60.
    public var headerByteCount: Int
    /// The control bits; `Flag` names them.
    public var flags: UInt16
    public var window: UInt16
    /// The checksum as read; `emit` writes it as it is.
    public var checksum: UInt16
    public var urgentPointer: UInt16

    /// Bytes of a header without options.
    public static let byteCount = 20

    /// Control bits, as in the 12 bits behind the data offset.
    public enum Flag {
        public static let fin: UInt16 = 0x001
        public static let syn: UInt16 = 0x002
        public static let rst: UInt16 = 0x004
        public static let psh: UInt16 = 0x008
        public static let ack: UInt16 = 0x010
        public static let urg: UInt16 = 0x020
        public static let ece: UInt16 = 0x040
        public static let cwr: UInt16 = 0x080
    }

    /// Offsets from the start of the header.
    public enum Offset {
        public static let sourcePort = 0
        public static let destinationPort = 2
        public static let sequence = 4
        public static let acknowledgment = 8
        public static let dataOffset = 12
        public static let flags = 13
        public static let window = 14
        public static let checksum = 16
        public static let urgentPointer = 18
    }

    public init(
        sourcePort: UInt16, destinationPort: UInt16, sequence: UInt32, acknowledgment: UInt32 = 0, flags: UInt16,
        window: UInt16 = 65535, optionByteCount: Int = 0, checksum: UInt16 = 0, urgentPointer: UInt16 = 0
    ) {
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
        self.sequence = sequence
        self.acknowledgment = acknowledgment
        headerByteCount = Self.byteCount + optionByteCount
        self.flags = flags
        self.window = window
        self.checksum = checksum
        self.urgentPointer = urgentPointer
    }

    /// Parses the header at the start of `bytes`; nil when they are too few or its data offset points into itself.
    @inlinable
    public init?(parsing bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.byteCount, let start = bytes.baseAddress else { return nil }
        let offsetAndFlags = start.loadBigEndian16(at: Offset.dataOffset)
        headerByteCount = Int(offsetAndFlags >> 12) * 4
        guard headerByteCount >= Self.byteCount, headerByteCount <= bytes.count else { return nil }
        flags = offsetAndFlags & 0xfff
        sourcePort = start.loadBigEndian16()
        destinationPort = start.loadBigEndian16(at: Offset.destinationPort)
        sequence = start.loadBigEndian32(at: Offset.sequence)
        acknowledgment = start.loadBigEndian32(at: Offset.acknowledgment)
        window = start.loadBigEndian16(at: Offset.window)
        checksum = start.loadBigEndian16(at: Offset.checksum)
        urgentPointer = start.loadBigEndian16(at: Offset.urgentPointer)
    }

    /// Writes the header at the start of `bytes`; the options are what is already there.
    /// - Precondition: `bytes` holds at least `headerByteCount`, which is a multiple of 4 from 20 to 60.
    public func emit(into bytes: UnsafeMutableRawBufferPointer) {
        precondition(bytes.count >= headerByteCount && (20...60).contains(headerByteCount) && headerByteCount % 4 == 0)
        let start = bytes.baseAddress!
        start.storeBigEndian(sourcePort)
        start.storeBigEndian(destinationPort, at: Offset.destinationPort)
        start.storeBigEndian(sequence, at: Offset.sequence)
        start.storeBigEndian(acknowledgment, at: Offset.acknowledgment)
        start.storeBigEndian(UInt16(headerByteCount / 4) << 12 | flags & 0xfff, at: Offset.dataOffset)
        start.storeBigEndian(window, at: Offset.window)
        start.storeBigEndian(checksum, at: Offset.checksum)
        start.storeBigEndian(urgentPointer, at: Offset.urgentPointer)
    }
}
