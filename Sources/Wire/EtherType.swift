/// The type field of an Ethernet frame (IEEE 802 numbers, IANA "ieee-802-numbers").
public enum EtherType {
    public static let ipv4: UInt16 = 0x0800
    public static let arp: UInt16 = 0x0806
    public static let rarp: UInt16 = 0x8035
    /// IEEE 802.1Q customer tag (C-tag).
    public static let vlan: UInt16 = 0x8100
    /// IEEE 802.1ad service tag (S-tag).
    public static let serviceVLAN: UInt16 = 0x88a8
    public static let ipv6: UInt16 = 0x86dd
    public static let mpls: UInt16 = 0x8847
    public static let mplsMulticast: UInt16 = 0x8848
    public static let lldp: UInt16 = 0x88cc
    /// Provider backbone bridging (IEEE 802.1ah).
    public static let pbb: UInt16 = 0x88e7
    /// Network service header (RFC 8300).
    public static let nsh: UInt16 = 0x894f
    /// Transparent Ethernet bridging: an Ethernet frame inside GRE or Geneve.
    public static let transparentEthernet: UInt16 = 0x6558
    /// The smallest value that is a type; below it the field is the length of an 802.3 frame.
    public static let smallestType: UInt16 = 0x0600

    /// Whether `type` opens a VLAN tag.
    @inlinable
    public static func isVLAN(_ type: UInt16) -> Bool { type == vlan || type == serviceVLAN }

    /// Whether `type` opens an MPLS label stack.
    @inlinable
    public static func isMPLS(_ type: UInt16) -> Bool { type == mpls || type == mplsMulticast }
}

/// The protocol field of IPv4 and the next-header field of IPv6 (IANA "protocol-numbers").
public enum IPProtocol {
    /// IPv6 hop-by-hop options.
    public static let hopByHop: UInt8 = 0
    public static let icmp: UInt8 = 1
    public static let igmp: UInt8 = 2
    public static let ipv4: UInt8 = 4
    public static let tcp: UInt8 = 6
    public static let udp: UInt8 = 17
    public static let ipv6: UInt8 = 41
    /// IPv6 routing header.
    public static let routing: UInt8 = 43
    /// IPv6 fragment header.
    public static let fragment: UInt8 = 44
    public static let gre: UInt8 = 47
    /// Encapsulating security payload (RFC 4303).
    public static let esp: UInt8 = 50
    /// Authentication header (RFC 4302).
    public static let ah: UInt8 = 51
    public static let icmpv6: UInt8 = 58
    public static let noNextHeader: UInt8 = 59
    /// IPv6 destination options.
    public static let destinationOptions: UInt8 = 60
    public static let sctp: UInt8 = 132
    /// IPv6 mobility header (RFC 6275).
    public static let mobility: UInt8 = 135
    public static let udpLite: UInt8 = 136
}
