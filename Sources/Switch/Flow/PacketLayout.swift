/// Where the headers of a frame start, as `extract` found them: what is needed to rewrite headers in place and to
/// push or pop tags without parsing again. Offsets are bytes from the start of the frame; -1: the header is not there
/// or is cut short. Every offset that is not -1 has its whole fixed header inside the frame.
public struct PacketLayout: Equatable, Sendable {
    /// The EtherType that names what follows the VLAN tags (12 when there are none); -1: the Ethernet header is cut short.
    public var etherType: Int16 = -1
    /// The first MPLS label stack entry.
    public var l25: Int16 = -1
    /// The network header: IPv4, IPv6, ARP or whatever the EtherType says; behind the MPLS stack if its payload is known.
    public var l3: Int16 = -1
    /// The transport header: TCP, UDP, SCTP, ICMP, ICMPv6 or IGMP. -1 in later fragments.
    public var l4: Int16 = -1
    /// The first byte behind the transport header.
    public var payload: Int16 = -1
    /// VLAN tags that were parsed into the key (0 to 2).
    public var vlanCount: UInt8 = 0
    /// MPLS label stack entries that are in the frame (0 to 255, also those beyond the three that the key holds).
    public var mplsCount: UInt8 = 0
    /// What is at `l3`.
    public var network: Network = .other
    /// The IP protocol of what is (or in the first fragment would be) at `l4`, behind IPv6 extension headers.
    public var ipProtocol: UInt8 = 0
    /// The bits of `ip_frag`: 0 whole, 1 first fragment, 3 later fragment (`FlowKey.fragmentAny | .fragmentLater`).
    public var fragment: UInt8 = 0
    /// The end of the IP packet, or of the frame where there is none: what is behind it is Ethernet padding.
    /// A header that claims more than there is counts as unparsed.
    public var end: Int32 = 0

    /// The network layer protocol of a frame.
    public enum Network: UInt8, Sendable {
        case other
        case ipv4
        case ipv6
        case arp
    }

    /// The layout of a frame of which nothing is known.
    @inlinable
    public init() {}
}
