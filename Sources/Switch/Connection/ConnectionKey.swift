import Wire

/// What one direction of a connection is known by: its zone, protocol, addresses and ports.
///
/// An ICMP query has its identifier in the place of the asking side's port, 0 in that of the answering side, and the type
/// of the messages in this direction. Protocols without ports have zeros.
public struct ConnectionKey: Hashable, Sendable {
    /// An IPv4 address is in the lowest 32 bits.
    public var source: FieldValue
    public var destination: FieldValue
    public var sourcePort: UInt16
    public var destinationPort: UInt16
    public var zone: UInt16
    public var ipProtocol: UInt8
    public var icmpType: UInt8
    public var isIPv6: Bool

    public init(
        source: FieldValue = .zero, destination: FieldValue = .zero, sourcePort: UInt16 = 0,
        destinationPort: UInt16 = 0, zone: UInt16 = 0, ipProtocol: UInt8 = 0, icmpType: UInt8 = 0, isIPv6: Bool = false
    ) {
        self.source = source
        self.destination = destination
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
        self.zone = zone
        self.ipProtocol = ipProtocol
        self.icmpType = icmpType
        self.isIPv6 = isIPv6
    }

    /// The key of packets the other way.
    public var reversed: ConnectionKey {
        ConnectionKey(
            source: destination, destination: source, sourcePort: destinationPort, destinationPort: sourcePort,
            zone: zone, ipProtocol: ipProtocol,
            icmpType: isICMP ? Self.icmpCounterpart(of: icmpType, isIPv6: isIPv6) ?? 0 : 0, isIPv6: isIPv6)
    }

    /// Whether the protocol is ICMP, of the address family's kind.
    public var isICMP: Bool { ipProtocol == (isIPv6 ? IPProtocol.icmpv6 : IPProtocol.icmp) }

    /// Whether the protocol has ports that may be translated.
    public var hasPorts: Bool {
        ipProtocol == IPProtocol.tcp || ipProtocol == IPProtocol.udp || ipProtocol == IPProtocol.sctp
    }

    /// The identifier of an ICMP query.
    public var icmpIdentifier: UInt16 {
        Self.isICMPRequest(icmpType, isIPv6: isIPv6) ? sourcePort : destinationPort
    }

    /// Whether messages of `type` open an ICMP query.
    static func isICMPRequest(_ type: UInt8, isIPv6: Bool) -> Bool {
        isIPv6 ? type == 128 : type == 8 || type == 13 || type == 15
    }

    /// The type that answers a query of `type` or that `type` answers (RFC 792, RFC 4443); nil for other messages.
    static func icmpCounterpart(of type: UInt8, isIPv6: Bool) -> UInt8? {
        if isIPv6 { return type == 128 ? 129 : type == 129 ? 128 : nil }
        switch type {
        case 0: return 8
        case 8: return 0
        case 13: return 14
        case 14: return 13
        case 15: return 16
        case 16: return 15
        default: return nil
        }
    }

    /// 32 bits that all of the key and `seed` go into; unpredictable to who does not know the seed.
    @inline(__always)
    func hash(seed: UInt64) -> UInt32 {
        let ports = UInt64(sourcePort) << 48 | UInt64(destinationPort) << 32 | UInt64(zone) << 16
        let numbers = ports | UInt64(ipProtocol) << 8 | UInt64(icmpType &* 2) | (isIPv6 ? 1 : 0)
        var state = Self.mix(source.low ^ seed, destination.low ^ 0xa076_1d64_78bd_642f)
        if isIPv6 { state ^= Self.mix(source.high ^ seed, destination.high ^ 0xe703_7ed1_a0b4_28db ^ state) }
        state = Self.mix(numbers ^ state, seed ^ 0x8ebc_6af0_9c88_c6e3)
        return UInt32(truncatingIfNeeded: state ^ state >> 32)
    }

    @inline(__always)
    private static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b | 1)
        return product.high ^ product.low
    }
}
