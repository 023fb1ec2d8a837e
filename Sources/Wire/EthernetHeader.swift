/// The header of an Ethernet frame (IEEE 802.3): destination, source, and a type or a length.
public struct EthernetHeader: Equatable, Sendable {
    public var destination: MACAddress
    public var source: MACAddress
    /// The EtherType; below `EtherType.smallestType` the length of an 802.3 frame's LLC PDU.
    public var etherType: UInt16

    public static let byteCount = 14
    /// Bytes of the smallest frame, without the frame check sequence.
    public static let smallestFrame = 60

    /// Offsets from the start of the frame.
    public enum Offset {
        public static let destination = 0
        public static let source = 6
        public static let etherType = 12
    }

    @inlinable
    public init(destination: MACAddress, source: MACAddress, etherType: UInt16) {
        self.destination = destination
        self.source = source
        self.etherType = etherType
    }

    /// Parses the header at the start of `bytes`; nil when they are too few.
    @inlinable
    public init?(parsing bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.byteCount, let start = bytes.baseAddress else { return nil }
        destination = MACAddress(reading: start)
        source = MACAddress(reading: start + Offset.source)
        etherType = start.loadBigEndian16(at: Offset.etherType)
    }

    /// Whether the frame has an 802.3 length in place of a type.
    @inlinable
    public var hasLength: Bool { etherType < EtherType.smallestType }

    /// Writes the header at the start of `bytes`.
    /// - Precondition: `bytes` holds at least `byteCount`.
    @inlinable
    public func emit(into bytes: UnsafeMutableRawBufferPointer) {
        precondition(bytes.count >= Self.byteCount)
        let start = bytes.baseAddress!
        destination.write(to: start)
        source.write(to: start + Offset.source)
        start.storeBigEndian(etherType, at: Offset.etherType)
    }
}

/// The logical link control header behind an 802.3 length (IEEE 802.2): two service access points and a control byte.
/// Control fields of two bytes (information and supervisory formats) are not told apart.
public struct LLCHeader: Equatable, Sendable {
    public var destinationSAP: UInt8
    public var sourceSAP: UInt8
    public var control: UInt8

    public static let byteCount = 3
    /// The service access point of spanning tree BPDUs.
    public static let bridgeSAP: UInt8 = 0x42
    /// The service access point that says a SNAP header follows.
    public static let snapSAP: UInt8 = 0xaa
    /// Unnumbered information.
    public static let unnumberedInformation: UInt8 = 0x03

    @inlinable
    public init(destinationSAP: UInt8, sourceSAP: UInt8, control: UInt8 = Self.unnumberedInformation) {
        self.destinationSAP = destinationSAP
        self.sourceSAP = sourceSAP
        self.control = control
    }

    /// Parses the header at the start of `bytes`; nil when they are too few.
    @inlinable
    public init?(parsing bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.byteCount else { return nil }
        destinationSAP = bytes[0]
        sourceSAP = bytes[1]
        control = bytes[2]
    }

    /// Writes the header at the start of `bytes`.
    /// - Precondition: `bytes` holds at least `byteCount`.
    @inlinable
    public func emit(into bytes: UnsafeMutableRawBufferPointer) {
        precondition(bytes.count >= Self.byteCount)
        bytes[0] = destinationSAP
        bytes[1] = sourceSAP
        bytes[2] = control
    }

    /// The EtherType of a SNAP header with organization code 00-00-00 (RFC 1042) that starts at `bytes`' LLC header,
    /// or nil where there is none.
    @inlinable
    public static func snapEtherType(_ bytes: UnsafeRawBufferPointer) -> UInt16? {
        guard bytes.count >= 8, let start = bytes.baseAddress else { return nil }
        guard start.loadBigEndian32() == 0xaaaa_0300, start.loadBigEndian16(at: 4) == 0 else { return nil }
        return start.loadBigEndian16(at: 6)
    }
}
