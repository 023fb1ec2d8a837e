/// An ARP packet for IPv4 over Ethernet (RFC 826).
public struct ARPPacket: Equatable, Sendable {
    /// 1 request, 2 reply; RARP (RFC 903) uses 3 and 4.
    public var operation: UInt16
    public var senderMAC: MACAddress
    public var senderIP: IPv4Address
    public var targetMAC: MACAddress
    public var targetIP: IPv4Address

    public static let byteCount = 28
    public static let request: UInt16 = 1
    public static let reply: UInt16 = 2

    /// Offsets from the start of the packet.
    public enum Offset {
        public static let operation = 6
        public static let senderMAC = 8
        public static let senderIP = 14
        public static let targetMAC = 18
        public static let targetIP = 24
    }

    /// The first six bytes: hardware type Ethernet, protocol type IPv4, and the lengths of their addresses.
    @usableFromInline static let opening: UInt64 = 0x0001_0800_0604

    public init(
        operation: UInt16, senderMAC: MACAddress, senderIP: IPv4Address, targetMAC: MACAddress, targetIP: IPv4Address
    ) {
        self.operation = operation
        self.senderMAC = senderMAC
        self.senderIP = senderIP
        self.targetMAC = targetMAC
        self.targetIP = targetIP
    }

    /// Parses the packet at the start of `bytes`; nil when they are too few or it is of other address families.
    @inlinable
    public init?(parsing bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.byteCount, let start = bytes.baseAddress else { return nil }
        let opening = start.loadBigEndian64()
        guard opening >> 16 == Self.opening else { return nil }
        operation = UInt16(truncatingIfNeeded: opening)
        senderMAC = MACAddress(reading: start + Offset.senderMAC)
        senderIP = IPv4Address(reading: start + Offset.senderIP)
        targetMAC = MACAddress(reading: start + Offset.targetMAC)
        targetIP = IPv4Address(reading: start + Offset.targetIP)
    }

    /// Writes the packet at the start of `bytes`.
    /// - Precondition: `bytes` holds at least `byteCount`.
    public func emit(into bytes: UnsafeMutableRawBufferPointer) {
        precondition(bytes.count >= Self.byteCount)
        let start = bytes.baseAddress!
        start.storeBigEndian(Self.opening << 16 | UInt64(operation))
        senderMAC.write(to: start + Offset.senderMAC)
        senderIP.write(to: start + Offset.senderIP)
        targetMAC.write(to: start + Offset.targetMAC)
        targetIP.write(to: start + Offset.targetIP)
    }
}
