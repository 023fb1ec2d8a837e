/// A DHCP message (RFC 2131) with its options (RFC 2132), without the headers around it.
public struct DHCPMessage: Equatable, Sendable {
    /// What a message is for: option 53.
    public enum Kind: UInt8, Sendable {
        case discover = 1
        case offer, request, decline, acknowledge, refuse, release, inform
    }

    /// An option: a code, and at most 255 bytes.
    public struct Option: Equatable, Sendable {
        public var code: UInt8
        public var value: [UInt8]

        public init(_ code: UInt8, _ value: [UInt8]) {
            self.code = code
            self.value = value
        }
    }

    public enum Code {
        public static let subnetMask: UInt8 = 1
        public static let router: UInt8 = 3
        public static let hostName: UInt8 = 12
        public static let interfaceMTU: UInt8 = 26
        public static let broadcastAddress: UInt8 = 28
        public static let requestedAddress: UInt8 = 50
        public static let leaseTime: UInt8 = 51
        public static let kind: UInt8 = 53
        public static let server: UInt8 = 54
        /// Classless static routes (RFC 3442).
        public static let routes: UInt8 = 121
    }

    public static let serverPort: UInt16 = 67
    public static let clientPort: UInt16 = 68
    /// In `flags`: the client cannot receive unicast yet.
    public static let broadcastFlag: UInt16 = 0x8000
    /// A lease without an end.
    public static let infinite: UInt32 = 0xffff_ffff

    /// Offsets from the start of the message.
    public enum Offset {
        public static let transaction = 4
        public static let flags = 10
        public static let clientAddress = 12
        public static let yourAddress = 16
        public static let hardwareAddress = 28
        public static let cookie = 236
        public static let options = 240
    }

    private static let cookie: UInt32 = 0x6382_5363
    /// Bytes of the least message that all relays and clients take (BOOTP's, RFC 1542, 2.1).
    private static let smallest = 300
    private static let ends: (pad: UInt8, end: UInt8) = (0, 255)

    /// From a server to a client.
    public var isReply: Bool
    public var transaction: UInt32
    public var flags: UInt16
    /// The address that the client has.
    public var clientAddress: IPv4Address
    /// The address that the client is to have.
    public var yourAddress: IPv4Address
    public var hardwareAddress: MACAddress
    public var kind: Kind
    /// All others, in their order.
    public var options: [Option]

    public init(
        isReply: Bool, kind: Kind, transaction: UInt32, flags: UInt16 = 0, clientAddress: IPv4Address = .any,
        yourAddress: IPv4Address = .any, hardwareAddress: MACAddress, options: [Option] = []
    ) {
        self.isReply = isReply
        self.kind = kind
        self.transaction = transaction
        self.flags = flags
        self.clientAddress = clientAddress
        self.yourAddress = yourAddress
        self.hardwareAddress = hardwareAddress
        self.options = options
    }

    /// Parses a message that fills `bytes`; nil where it is none over Ethernet, has no kind, or an option that is cut off.
    /// Options that overflow into the fields of BOOTP (option 52) stay unread.
    public init?(parsing bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Offset.options, let start = bytes.baseAddress,
            start.loadByte() == 1 || start.loadByte() == 2, start.loadByte(at: 1) == 1, start.loadByte(at: 2) == 6,
            start.loadBigEndian32(at: Offset.cookie) == Self.cookie
        else { return nil }
        isReply = start.loadByte() == 2
        transaction = start.loadBigEndian32(at: Offset.transaction)
        flags = start.loadBigEndian16(at: Offset.flags)
        clientAddress = IPv4Address(reading: start + Offset.clientAddress)
        yourAddress = IPv4Address(reading: start + Offset.yourAddress)
        hardwareAddress = MACAddress(reading: start + Offset.hardwareAddress)
        options = []
        var found: Kind?
        var place = Offset.options
        while place < bytes.count, bytes[place] != Self.ends.end {
            if bytes[place] == Self.ends.pad {
                place += 1
                continue
            }
            guard place + 2 <= bytes.count, place + 2 + Int(bytes[place + 1]) <= bytes.count else { return nil }
            let value = Array(bytes[(place + 2)..<(place + 2 + Int(bytes[place + 1]))])
            if bytes[place] == Code.kind {
                found = value.count == 1 ? Kind(rawValue: value[0]) : nil
            } else {
                options.append(Option(bytes[place], value))
            }
            place += 2 + value.count
        }
        guard let found else { return nil }
        kind = found
    }

    /// The value of an option; nil where the message has none of this code.
    public func option(_ code: UInt8) -> [UInt8]? { options.first { $0.code == code }?.value }

    /// The address that is the value of an option.
    public func address(_ code: UInt8) -> IPv4Address? {
        guard let value = option(code), value.count == 4 else { return nil }
        return IPv4Address(value[0], value[1], value[2], value[3])
    }

    /// Bytes that `emit` writes.
    public var byteCount: Int {
        max(Self.smallest, Offset.options + 3 + options.reduce(0) { $0 + 2 + $1.value.count } + 1)
    }

    /// Writes the message at the start of `bytes`.
    /// - Precondition: `bytes` holds at least `byteCount`; no option has more than 255 bytes.
    public func emit(into bytes: UnsafeMutableRawBufferPointer) {
        precondition(bytes.count >= byteCount)
        let start = bytes.baseAddress!
        UnsafeMutableRawBufferPointer(rebasing: bytes[..<byteCount]).initializeMemory(as: UInt8.self, repeating: 0)
        start.storeByte(isReply ? 2 : 1)
        start.storeByte(1, at: 1)
        start.storeByte(6, at: 2)
        start.storeBigEndian(transaction, at: Offset.transaction)
        start.storeBigEndian(flags, at: Offset.flags)
        clientAddress.write(to: start + Offset.clientAddress)
        yourAddress.write(to: start + Offset.yourAddress)
        hardwareAddress.write(to: start + Offset.hardwareAddress)
        start.storeBigEndian(Self.cookie, at: Offset.cookie)
        var place = Offset.options
        for option in [Option(Code.kind, [kind.rawValue])] + options {
            precondition(option.value.count <= 255)
            bytes[place] = option.code
            bytes[place + 1] = UInt8(option.value.count)
            for (offset, byte) in option.value.enumerated() { bytes[place + 2 + offset] = byte }
            place += 2 + option.value.count
        }
        bytes[place] = Self.ends.end
    }
}
