/// What a match must say before it may say anything of a field (OpenFlow 1.5, 7.2.3.8, with Nicira's extensions).
extension Field {
    /// One of several conditions.
    public enum Prerequisite: Sendable {
        case none
        /// There is a VLAN tag.
        case vlan
        case mpls
        case pbb
        case arp
        case nsh
        case ipv4
        case ipv6
        /// IPv4 or IPv6.
        case ip
        case tcp
        case udp
        case sctp
        case icmp
        case icmpv6
        /// ICMPv6 neighbour solicitation or advertisement.
        case neighbourDiscovery
        case neighbourSolicitation
        case neighbourAdvertisement
        /// The packet is of a connection that is known (ovs-fields(7), "CT").
        case connection
    }

    /// The condition under which the field may be matched and set.
    public var prerequisite: Prerequisite {
        switch self {
        case .vlanPCP, .vlan2TCI: .vlan
        case .mplsLabel, .mplsTC, .mplsBoS, .mplsTTL, .mpls1Label, .mpls1TC, .mpls1BoS, .mpls1TTL, .mpls2Label,
            .mpls2TC, .mpls2BoS, .mpls2TTL:
            .mpls
        case .pbbISID, .pbbUCA: .pbb
        case .ipv4Source, .ipv4Destination: .ipv4
        case .ipProtocol, .ipToS, .ipDSCP, .ipECN, .ipTTL, .ipFragment: .ip
        case .ipv6FlowLabel, .ipv6ExtensionHeaders, .ipv6Source, .ipv6Destination: .ipv6
        case .arpSource, .arpTarget, .arpOperation, .arpSourceEth, .arpTargetEth: .arp
        case .nshFlags, .nshTTL, .nshMDType, .nshNextProtocol, .nshPath, .nshIndex, .nshContext1, .nshContext2,
            .nshContext3, .nshContext4:
            .nsh
        case .ctProtocol, .ctIPv4Source, .ctIPv4Destination, .ctIPv6Source, .ctIPv6Destination, .ctTransportSource,
            .ctTransportDestination:
            .connection
        case .tcpSource, .tcpDestination, .tcpFlags: .tcp
        case .udpSource, .udpDestination: .udp
        case .sctpSource, .sctpDestination: .sctp
        case .icmpType, .icmpCode: .icmp
        case .icmpv6Type, .icmpv6Code: .icmpv6
        case .ndTarget, .ndOptionsType, .ndReserved: .neighbourDiscovery
        case .ndSourceEth: .neighbourSolicitation
        case .ndTargetEth: .neighbourAdvertisement
        default: .none
        }
    }

    /// Whether a match may leave bits of the field open. Nicira's extensions open more fields than OpenFlow does; ours are
    /// those that Open vSwitch opens.
    public var isMaskable: Bool {
        switch self {
        case .inPort, .inPhysicalPort, .actionSetOutput, .ethType, .vlanID, .vlanPCP, .mplsLabel, .mplsTC, .mplsBoS,
            .mplsTTL, .mpls1Label, .mpls1TC, .mpls1BoS, .mpls1TTL, .mpls2Label, .mpls2TC, .mpls2BoS, .mpls2TTL,
            .ipProtocol, .ipToS, .ipDSCP, .ipECN, .ipTTL, .arpOperation, .icmpType, .icmpCode, .icmpv6Type,
            .icmpv6Code, .ctZone, .ctProtocol, .recirculationID, .conjunctionID, .ndReserved, .ndOptionsType, .pbbUCA,
            .packetType, .nshTTL, .nshMDType, .nshNextProtocol, .nshPath, .nshIndex:
            false
        default: true
        }
    }
}

extension Field.Prerequisite {
    /// Whether `match` says what this asks for.
    public func isMet(by match: Match) -> Bool {
        switch self {
        case .none: true
        case .vlan: match.key[.vlanTCI].low & UInt64(FlowKey.vlanPresent) != 0
        case .mpls: match.asksForNetwork(0x8847) || match.asksForNetwork(0x8848)
        case .pbb: match.asksForNetwork(0x88e7)
        case .arp: match.asksForNetwork(0x0806) || match.asksForNetwork(0x8035)
        case .nsh: match.asksForNetwork(0x894f)
        case .ipv4: match.asksForNetwork(0x0800)
        case .ipv6: match.asksForNetwork(0x86dd)
        case .ip: match.asksForNetwork(0x0800) || match.asksForNetwork(0x86dd)
        case .tcp: match.asksForTransport(6)
        case .udp: match.asksForTransport(17)
        case .sctp: match.asksForTransport(132)
        case .icmp: match.asksForNetwork(0x0800) && match.asksForTransport(1)
        case .icmpv6: match.asksForNetwork(0x86dd) && match.asksForTransport(58)
        case .neighbourDiscovery:
            Self.neighbourSolicitation.isMet(by: match) || Self.neighbourAdvertisement.isMet(by: match)
        case .neighbourSolicitation: Self.icmpv6.isMet(by: match) && match.asks(.icmpv6Type, for: 135)
        case .neighbourAdvertisement: Self.icmpv6.isMet(by: match) && match.asks(.icmpv6Type, for: 136)
        case .connection: match.asksForConnection
        }
    }

    /// What is missing, as a user would write it.
    var spelling: String {
        switch self {
        case .none: ""
        case .vlan: "a VLAN tag (dl_vlan=…)"
        case .mpls: "mpls or mplsm"
        case .pbb: "dl_type=0x88e7"
        case .arp: "arp or rarp"
        case .nsh: "dl_type=0x894f"
        case .ipv4: "ip"
        case .ipv6: "ipv6"
        case .ip: "ip or ipv6"
        case .tcp: "tcp or tcp6"
        case .udp: "udp or udp6"
        case .sctp: "sctp or sctp6"
        case .icmp: "icmp"
        case .icmpv6: "icmp6"
        case .neighbourDiscovery: "icmp6,icmpv6_type=135 or 136"
        case .neighbourSolicitation: "icmp6,icmpv6_type=135"
        case .neighbourAdvertisement: "icmp6,icmpv6_type=136"
        case .connection: "ct_state=+est, +new, or +trk-inv"
        }
    }
}

extension Match {
    /// Whether just this value is asked for.
    @inline(__always)
    fileprivate func asks(_ field: Field, for value: UInt64) -> Bool {
        mask[field] == .ones(field.width) && key[field].low == value
    }

    /// Whether the network protocol is asked for, by the EtherType or as the type of packets without Ethernet header.
    @inline(__always)
    fileprivate func asksForNetwork(_ etherType: UInt64) -> Bool {
        asks(.ethType, for: etherType) || asks(.packetType, for: 0x1_0000 | etherType)
    }

    /// Whether a state is asked for that only packets of known connections have.
    fileprivate var asksForConnection: Bool {
        let (state, asked) = (key[.ctState].low, mask[.ctState].low)
        // new, est, rel, rpl, snat, dnat; or trk without inv.
        return state & 0xcf != 0 || (state & 0x20 != 0 && asked & 0x10 != 0 && state & 0x10 == 0)
    }

    /// Whether the protocol is asked for, behind IPv4 or IPv6 and not in later fragments, which have no ports.
    fileprivate func asksForTransport(_ number: UInt64) -> Bool {
        asks(.ipProtocol, for: number) && (asksForNetwork(0x0800) || asksForNetwork(0x86dd))
            && key[.ipFragment].low & UInt64(FlowKey.fragmentLater) == 0
    }
}
