/// Bridge protocol data units (IEEE 802.1D-2004, clause 9): the value, and its place in an Ethernet frame with LLC.
struct BPDU: Equatable {
    enum Kind: UInt8 {
        case configuration = 0x00
        case rapid = 0x02
        case topologyChangeNotification = 0x80
    }

    /// The flags octet (9.2.2, 9.3.3).
    struct Flags: OptionSet {
        let rawValue: UInt8

        static let topologyChange = Flags(rawValue: 0x01)
        static let proposal = Flags(rawValue: 0x02)
        static let learning = Flags(rawValue: 0x10)
        static let forwarding = Flags(rawValue: 0x20)
        static let agreement = Flags(rawValue: 0x40)
        static let topologyChangeAcknowledgement = Flags(rawValue: 0x80)
    }

    var kind: Kind
    var flags: Flags = []
    /// The role of the sending port. `alternate` stands for alternate and backup, which share a code.
    var role: SpanningTreePortRole = .designated
    var rootID: UInt64 = 0
    var rootPathCost: UInt32 = 0
    var bridgeID: UInt64 = 0
    var portID: UInt16 = 0
    var times = SpanningTreeTimes()

    static let groupAddress: UInt64 = 0x0180_C200_0000
    /// Destination, source, length, and the LLC header 42-42-03.
    static let headerByteCount = 17
}

/// The timer values that a BPDU carries, in its units of 1/256 s.
struct SpanningTreeTimes: Equatable {
    var messageAge: UInt16 = 0
    var maxAge: UInt16 = 0
    var helloTime: UInt16 = 0
    var forwardDelay: UInt16 = 0

    static let nanosecondsPerUnit: UInt64 = 1_000_000_000 / 256
}

extension BPDU {
    /// Reads a BPDU from a whole Ethernet frame. Returns nil for anything that 9.3.4 does not accept.
    init?(frame: UnsafeRawBufferPointer) {
        guard frame.count >= Self.headerByteCount + 4 else { return nil }
        func byte(_ offset: Int) -> UInt8 { frame[Self.headerByteCount + offset] }
        func integer<T: FixedWidthInteger>(_ offset: Int, _ type: T.Type) -> T {
            T(bigEndian: frame.loadUnaligned(fromByteOffset: Self.headerByteCount + offset, as: T.self))
        }
        let length = Int(UInt16(bigEndian: frame.loadUnaligned(fromByteOffset: 12, as: UInt16.self)))
        guard UInt64(bigEndian: frame.loadUnaligned(fromByteOffset: 0, as: UInt64.self)) >> 16 == Self.groupAddress,
            length >= 3 + 4, length <= frame.count - 14,
            frame[14] == 0x42, frame[15] == 0x42, frame[16] == 0x03
        else { return nil }
        let byteCount = length - 3
        guard integer(0, UInt16.self) == 0, let kind = Kind(rawValue: byte(3)) else { return nil }
        self.init(kind: kind)
        switch kind {
        case .topologyChangeNotification:
            return
        case .configuration:
            guard byteCount >= 35 else { return nil }
            flags = Flags(rawValue: byte(4)).intersection([.topologyChange, .topologyChangeAcknowledgement])
        case .rapid:
            guard byteCount >= 36, byte(2) >= 2 else { return nil }
            flags = Flags(rawValue: byte(4) & ~0x0C)
            switch byte(4) >> 2 & 3 {
            case 1: role = .alternate
            case 2: role = .root
            case 3: role = .designated
            // Unknown: to be treated as a configuration BPDU (9.3.3).
            default: flags.formIntersection([.topologyChange, .topologyChangeAcknowledgement])
            }
        }
        rootID = integer(5, UInt64.self)
        rootPathCost = integer(13, UInt32.self)
        bridgeID = integer(17, UInt64.self)
        portID = integer(25, UInt16.self)
        times = SpanningTreeTimes(
            messageAge: integer(27, UInt16.self), maxAge: integer(29, UInt16.self),
            helloTime: integer(31, UInt16.self), forwardDelay: integer(33, UInt16.self))
        // Not so for a rapid BPDU: that information has grown too old is news, and ends what was known before at once.
        guard kind == .rapid || times.messageAge < times.maxAge else { return nil }
        // A root that announces absurd timers must not switch the delays off, nor freeze the network (ranges of table 17-1).
        times.helloTime = min(max(times.helloTime, 1 << 8), 10 << 8)
        times.forwardDelay = min(max(times.forwardDelay, 4 << 8), 30 << 8)
    }

    /// The BPDU as an Ethernet frame from `source`, padded to the least Ethernet length without a check sequence.
    func frame(source: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(60)
        func append(_ value: UInt64, bytes count: Int) {
            for shift in stride(from: (count - 1) * 8, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
            }
        }
        let byteCount =
            switch kind {
            case .configuration: 35
            case .rapid: 36
            case .topologyChangeNotification: 4
            }
        append(Self.groupAddress, bytes: 6)
        append(source, bytes: 6)
        append(UInt64(3 + byteCount), bytes: 2)
        append(0x42_42_03, bytes: 3)
        append(0, bytes: 2)
        bytes.append(kind == .rapid ? 2 : 0)
        bytes.append(kind.rawValue)
        if kind != .topologyChangeNotification {
            var octet = flags.rawValue
            if kind == .rapid {
                switch role {
                case .alternate, .backup: octet |= 1 << 2
                case .root: octet |= 2 << 2
                case .designated: octet |= 3 << 2
                case .disabled: break
                }
            }
            bytes.append(octet)
            append(rootID, bytes: 8)
            append(UInt64(rootPathCost), bytes: 4)
            append(bridgeID, bytes: 8)
            append(UInt64(portID), bytes: 2)
            append(UInt64(times.messageAge), bytes: 2)
            append(UInt64(times.maxAge), bytes: 2)
            append(UInt64(times.helloTime), bytes: 2)
            append(UInt64(times.forwardDelay), bytes: 2)
            if kind == .rapid { bytes.append(0) }
        }
        while bytes.count < 60 { bytes.append(0) }
        return bytes
    }
}
