/// A bridge protocol data unit of spanning tree (IEEE 802.1D-2004, clause 9): configuration, topology change
/// notification, or rapid. Frames of later versions (MSTP) are read as rapid, as 9.3.4 asks.
public struct BPDU: Equatable, Sendable {
    /// The kinds of 9.3.1 to 9.3.3.
    public enum Kind: Equatable, Sendable {
        case configuration
        case topologyChangeNotification
        case rapid
    }

    /// The port role in a rapid BPDU's flags (9.2.9).
    public enum PortRole: UInt8, Sendable {
        case unknown = 0
        case alternateOrBackup = 1
        case root = 2
        case designated = 3
    }

    /// Flag bits (9.3.1, 9.3.3).
    public enum Flag {
        public static let topologyChange: UInt8 = 0x01
        public static let proposal: UInt8 = 0x02
        public static let learning: UInt8 = 0x10
        public static let forwarding: UInt8 = 0x20
        public static let agreement: UInt8 = 0x40
        public static let topologyChangeAcknowledgment: UInt8 = 0x80
    }

    public var kind: Kind
    /// `Flag` bits, and the port role in bits 2 and 3. As all that follows, absent (0) from a notification.
    public var flags: UInt8
    /// Priority in the upper 16 bits (with the system identifier extension), address below.
    public var rootIdentifier: UInt64
    public var rootPathCost: UInt32
    public var bridgeIdentifier: UInt64
    /// Priority in the upper 4 bits, number in the lower 12.
    public var portIdentifier: UInt16
    /// Times in units of 1/256 s.
    public var messageAge: UInt16
    public var maxAge: UInt16
    public var helloTime: UInt16
    public var forwardDelay: UInt16

    /// Units of the times in a second.
    public static let timeUnitsPerSecond = 256
    /// The protocol version in a rapid BPDU.
    public static let rapidVersion: UInt8 = 2

    public init(
        kind: Kind, flags: UInt8 = 0, rootIdentifier: UInt64 = 0, rootPathCost: UInt32 = 0,
        bridgeIdentifier: UInt64 = 0, portIdentifier: UInt16 = 0, messageAge: UInt16 = 0, maxAge: UInt16 = 20 * 256,
        helloTime: UInt16 = 2 * 256, forwardDelay: UInt16 = 15 * 256
    ) {
        self.kind = kind
        self.flags = flags
        self.rootIdentifier = rootIdentifier
        self.rootPathCost = rootPathCost
        self.bridgeIdentifier = bridgeIdentifier
        self.portIdentifier = portIdentifier
        self.messageAge = messageAge
        self.maxAge = maxAge
        self.helloTime = helloTime
        self.forwardDelay = forwardDelay
    }

    /// A topology change notification.
    public static let topologyChangeNotification = BPDU(
        kind: .topologyChangeNotification, maxAge: 0, helloTime: 0, forwardDelay: 0)

    /// The role of the port that sent a rapid BPDU.
    public var portRole: PortRole {
        get { PortRole(rawValue: flags >> 2 & 3)! }
        set { flags = flags & ~0x0c | newValue.rawValue << 2 }
    }

    /// A bridge identifier of a priority (a multiple of 4096 in the standard's use) and an address.
    public static func identifier(priority: UInt16, address: MACAddress) -> UInt64 {
        UInt64(priority) << 48 | address.rawValue
    }

    /// Bytes of the BPDU behind the LLC header.
    public var byteCount: Int {
        switch kind {
        case .configuration: 35
        case .topologyChangeNotification: 4
        case .rapid: 36
        }
    }

    /// Parses the BPDU at the start of `bytes` (behind the LLC header); nil when it is too short or of another
    /// protocol, or a configuration message that is too old to count (9.3.4).
    public init?(parsing bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 4, let start = bytes.baseAddress, start.loadBigEndian16() == 0 else { return nil }
        let version = start.loadByte(at: 2)
        switch start.loadByte(at: 3) {
        case 0x80:
            self = .topologyChangeNotification
            return
        case 0x00 where bytes.count >= 35:
            kind = .configuration
        case 0x02 where bytes.count >= 36 && version >= Self.rapidVersion:
            kind = .rapid
        default:
            return nil
        }
        flags = start.loadByte(at: 4)
        rootIdentifier = start.loadBigEndian64(at: 5)
        rootPathCost = start.loadBigEndian32(at: 13)
        bridgeIdentifier = start.loadBigEndian64(at: 17)
        portIdentifier = start.loadBigEndian16(at: 25)
        messageAge = start.loadBigEndian16(at: 27)
        maxAge = start.loadBigEndian16(at: 29)
        helloTime = start.loadBigEndian16(at: 31)
        forwardDelay = start.loadBigEndian16(at: 33)
        // Not so for a rapid BPDU: that information has grown too old is news, and ends what was known before at once.
        guard kind == .rapid || messageAge < maxAge else { return nil }
    }

    /// Parses a whole Ethernet frame; nil when it is no BPDU: not an 802.3 length, the wrong LLC header, a length
    /// that reaches behind the frame, or what `init(parsing:)` refuses. The destination address is the caller's to check.
    public init?(frame: UnsafeRawBufferPointer) {
        guard let ethernet = EthernetHeader(parsing: frame), ethernet.hasLength else { return nil }
        let end = EthernetHeader.byteCount + Int(ethernet.etherType)
        guard end <= frame.count, ethernet.etherType >= LLCHeader.byteCount,
            let llc = LLCHeader(parsing: UnsafeRawBufferPointer(rebasing: frame[EthernetHeader.byteCount..<end])),
            llc.destinationSAP == LLCHeader.bridgeSAP, llc.control == LLCHeader.unnumberedInformation
        else { return nil }
        let start = EthernetHeader.byteCount + LLCHeader.byteCount
        self.init(parsing: UnsafeRawBufferPointer(rebasing: frame[start..<end]))
    }

    /// Writes the BPDU (behind the LLC header) at the start of `bytes`.
    /// - Precondition: `bytes` holds at least `byteCount`.
    public func emit(into bytes: UnsafeMutableRawBufferPointer) {
        precondition(bytes.count >= byteCount)
        let start = bytes.baseAddress!
        start.storeBigEndian(UInt16(0))
        start.storeByte(kind == .rapid ? Self.rapidVersion : 0, at: 2)
        switch kind {
        case .configuration: start.storeByte(0x00, at: 3)
        case .rapid: start.storeByte(0x02, at: 3)
        case .topologyChangeNotification:
            start.storeByte(0x80, at: 3)
            return
        }
        start.storeByte(flags, at: 4)
        start.storeBigEndian(rootIdentifier, at: 5)
        start.storeBigEndian(rootPathCost, at: 13)
        start.storeBigEndian(bridgeIdentifier, at: 17)
        start.storeBigEndian(portIdentifier, at: 25)
        start.storeBigEndian(messageAge, at: 27)
        start.storeBigEndian(maxAge, at: 29)
        start.storeBigEndian(helloTime, at: 31)
        start.storeBigEndian(forwardDelay, at: 33)
        if kind == .rapid { start.storeByte(0, at: 35) }
    }

    /// Writes a whole frame, from the Ethernet header to the padding, at the start of `bytes`.
    /// - Returns: the bytes written, `EthernetHeader.smallestFrame`.
    /// - Precondition: `bytes` holds at least `EthernetHeader.smallestFrame`.
    @discardableResult
    public func emitFrame(source: MACAddress, into bytes: UnsafeMutableRawBufferPointer) -> Int {
        precondition(bytes.count >= EthernetHeader.smallestFrame)
        let frame = UnsafeMutableRawBufferPointer(rebasing: bytes[..<EthernetHeader.smallestFrame])
        _ = frame.initializeMemory(as: UInt8.self, repeating: 0)
        let length = UInt16(LLCHeader.byteCount + byteCount)
        EthernetHeader(destination: .bridgeGroup, source: source, etherType: length).emit(into: frame)
        let llc = UnsafeMutableRawBufferPointer(rebasing: frame[EthernetHeader.byteCount...])
        LLCHeader(destinationSAP: LLCHeader.bridgeSAP, sourceSAP: LLCHeader.bridgeSAP).emit(into: llc)
        emit(into: UnsafeMutableRawBufferPointer(rebasing: llc[LLCHeader.byteCount...]))
        return EthernetHeader.smallestFrame
    }
}
