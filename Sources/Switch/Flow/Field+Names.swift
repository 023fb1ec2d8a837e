/// How a field is called and written in ovs-ofctl's text syntax.
extension Field {
    /// The form of a value in text.
    enum Notation: Sendable {
        case decimal
        case hexadecimal
        case ethernet
        case ipv4
        case ipv6
        case port
        case fragment
        /// `(namespace,type)`.
        case packetType
        case flags([String?])
    }

    /// The names that ovs-ofctl accepts; the first is the one it prints. In a match `tp_src` and `tp_dst` mean the ports of
    /// whichever protocol it is.
    public var names: [String] {
        switch self {
        case .inPort: ["in_port"]
        case .packetType: ["packet_type"]
        case .metadata: ["metadata"]
        case .reg0, .reg1, .reg2, .reg3, .reg4, .reg5, .reg6, .reg7, .reg8, .reg9, .reg10, .reg11, .reg12, .reg13,
            .reg14,
            .reg15:
            ["reg\(rawValue - Field.reg0.rawValue)"]
        case .xreg0, .xreg1, .xreg2, .xreg3, .xreg4, .xreg5, .xreg6, .xreg7:
            ["xreg\(rawValue - Field.xreg0.rawValue)"]
        case .xxreg0, .xxreg1, .xxreg2, .xxreg3: ["xxreg\(rawValue - Field.xxreg0.rawValue)"]
        case .tunnelID: ["tun_id", "tunnel_id"]
        case .tunnelSource: ["tun_src"]
        case .tunnelDestination: ["tun_dst"]
        case .tunnelIPv6Source: ["tun_ipv6_src"]
        case .tunnelIPv6Destination: ["tun_ipv6_dst"]
        case .tunnelGBPID: ["tun_gbp_id"]
        case .tunnelGBPFlags: ["tun_gbp_flags"]
        case .tunnelFlags: ["tun_flags"]
        case .tunnelToS: ["tun_tos"]
        case .tunnelTTL: ["tun_ttl"]
        case .erspanVersion: ["tun_erspan_ver"]
        case .erspanIndex: ["tun_erspan_idx"]
        case .erspanDirection: ["tun_erspan_dir"]
        case .erspanHardware: ["tun_erspan_hwid"]
        // ovs-ofctl prints the second of both in a match, though it does not read it.
        case .gtpuFlags: ["tun_gtpu_flags", "gtpu_flags"]
        case .gtpuMessageType: ["tun_gtpu_msgtype", "gtpu_msgtype"]
        case .inPhysicalPort: ["in_phy_port"]
        case .actionSetOutput: ["actset_output"]
        case .ctState: ["ct_state"]
        case .ctZone: ["ct_zone"]
        case .ctProtocol: ["ct_nw_proto"]
        case .ctMark: ["ct_mark"]
        case .packetMark: ["pkt_mark"]
        case .recirculationID: ["recirc_id"]
        case .packetHash: ["dp_hash"]
        case .conjunctionID: ["conj_id"]
        case .ctLabel: ["ct_label"]
        case .ctIPv4Source: ["ct_nw_src"]
        case .ctIPv4Destination: ["ct_nw_dst"]
        case .ctIPv6Source: ["ct_ipv6_src"]
        case .ctIPv6Destination: ["ct_ipv6_dst"]
        case .ctTransportSource: ["ct_tp_src"]
        case .ctTransportDestination: ["ct_tp_dst"]
        case .ethDestination: ["dl_dst", "eth_dst"]
        case .ethType: ["dl_type", "eth_type"]
        case .ethSource: ["dl_src", "eth_src"]
        case .vlanTCI: ["vlan_tci"]
        case .vlanID: ["dl_vlan"]
        case .vlanVID: ["vlan_vid"]
        case .vlanPCP: ["dl_vlan_pcp", "vlan_pcp"]
        case .vlan2TCI: ["vlan_tci1", "vlan2_tci"]
        case .vlanTPID: ["vlan_tpid"]
        case .vlan2TPID: ["vlan2_tpid"]
        case .mplsLabel: ["mpls_label"]
        case .mplsTC: ["mpls_tc"]
        case .mplsBoS: ["mpls_bos"]
        case .mplsTTL: ["mpls_ttl"]
        case .mpls1Label: ["mpls1_label"]
        case .mpls1TC: ["mpls1_tc"]
        case .mpls1BoS: ["mpls1_bos"]
        case .mpls1TTL: ["mpls1_ttl"]
        case .mpls2Label: ["mpls2_label"]
        case .mpls2TC: ["mpls2_tc"]
        case .mpls2BoS: ["mpls2_bos"]
        case .mpls2TTL: ["mpls2_ttl"]
        case .pbbISID: ["pbb_isid"]
        case .pbbUCA: ["pbb_uca"]
        case .ipv4Source: ["nw_src", "ip_src"]
        case .ipv4Destination: ["nw_dst", "ip_dst"]
        case .ipProtocol: ["nw_proto", "ip_proto"]
        case .ipToS: ["nw_tos"]
        case .ipDSCP: ["ip_dscp", "nw_tos_shifted"]
        case .ipECN: ["nw_ecn", "ip_ecn"]
        case .ipTTL: ["nw_ttl", "ip_ttl"]
        case .ipFragment: ["nw_frag", "ip_frag"]
        case .ipv6FlowLabel: ["ipv6_label", "ipv6_flabel"]
        case .ipv6ExtensionHeaders: ["ipv6_exthdr"]
        case .ipv6Source: ["ipv6_src"]
        case .ipv6Destination: ["ipv6_dst"]
        case .arpSource: ["arp_spa"]
        case .arpTarget: ["arp_tpa"]
        case .arpOperation: ["arp_op"]
        case .arpSourceEth: ["arp_sha"]
        case .arpTargetEth: ["arp_tha"]
        case .nshFlags: ["nsh_flags"]
        case .nshTTL: ["nsh_ttl"]
        case .nshMDType: ["nsh_mdtype"]
        case .nshNextProtocol: ["nsh_np"]
        case .nshPath: ["nsh_spi", "nsp"]
        case .nshIndex: ["nsh_si", "nsi"]
        case .nshContext1: ["nsh_c1", "nshc1"]
        case .nshContext2: ["nsh_c2", "nshc2"]
        case .nshContext3: ["nsh_c3", "nshc3"]
        case .nshContext4: ["nsh_c4", "nshc4"]
        case .tcpSource: ["tcp_src", "tp_src"]
        case .tcpDestination: ["tcp_dst", "tp_dst"]
        case .tcpFlags: ["tcp_flags"]
        case .udpSource: ["udp_src"]
        case .udpDestination: ["udp_dst"]
        case .sctpSource: ["sctp_src"]
        case .sctpDestination: ["sctp_dst"]
        case .icmpType: ["icmp_type", "icmpv4_type"]
        case .icmpCode: ["icmp_code", "icmpv4_code"]
        case .icmpv6Type: ["icmpv6_type"]
        case .icmpv6Code: ["icmpv6_code"]
        case .ndTarget: ["nd_target", "ipv6_nd_target"]
        case .ndSourceEth: ["nd_sll", "ipv6_nd_sll"]
        case .ndTargetEth: ["nd_tll", "ipv6_nd_tll"]
        case .ndOptionsType: ["nd_options_type"]
        case .ndReserved: ["nd_reserved"]
        default: ["tun_metadata\(tunnelOption ?? 0)"]
        }
    }

    private static let byName: [String: Field] = Dictionary(
        uniqueKeysWithValues: allCases.flatMap { field in field.names.map { ($0, field) } })

    /// The field that ovs-ofctl calls `name`.
    public init?(named name: some StringProtocol) {
        guard let field = Self.byName[String(name)] else { return nil }
        self = field
    }

    var notation: Notation {
        switch self {
        case .inPort, .inPhysicalPort, .actionSetOutput: .port
        case .ethDestination, .ethSource, .arpSourceEth, .arpTargetEth, .ndSourceEth, .ndTargetEth: .ethernet
        case .ipv4Source, .ipv4Destination, .arpSource, .arpTarget, .tunnelSource, .tunnelDestination, .ctIPv4Source,
            .ctIPv4Destination:
            .ipv4
        case .ipv6Source, .ipv6Destination, .ndTarget, .tunnelIPv6Source, .tunnelIPv6Destination, .ctIPv6Source,
            .ctIPv6Destination:
            .ipv6
        case .ipFragment: .fragment
        case .packetType: .packetType
        case .tcpFlags:
            .flags(["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ns", "[200]", "[400]", "[800]"])
        case .ctState: .flags(["new", "est", "rel", "rpl", "inv", "trk", "snat", "dnat"])
        case .tunnelFlags: .flags(["oam"])
        case .ipv6ExtensionHeaders:
            .flags(["nonext", "esp", "auth", "dest", "frag", "router", "hop", "unrep", "unseq"])
        case .conjunctionID, .vlanID, .vlanVID, .vlanPCP, .mplsLabel, .mplsTC, .mplsBoS, .mplsTTL, .mpls1Label,
            .mpls1TC, .mpls1BoS,
            .mpls1TTL, .mpls2Label, .mpls2TC, .mpls2BoS, .mpls2TTL, .ipProtocol, .ipToS, .ipDSCP, .ipECN, .ipTTL,
            .arpOperation, .tcpSource, .tcpDestination, .udpSource, .udpDestination, .sctpSource, .sctpDestination,
            .icmpType, .icmpCode, .icmpv6Type, .icmpv6Code, .tunnelGBPID, .tunnelToS, .tunnelTTL, .ctZone, .ctProtocol,
            .ctTransportSource, .ctTransportDestination, .ndReserved, .ndOptionsType, .erspanVersion, .erspanDirection,
            .gtpuMessageType, .nshFlags, .nshTTL, .nshMDType, .nshNextProtocol, .nshIndex:
            .decimal
        default: .hexadecimal
        }
    }

    /// Of a field of flags that has more room than there are flags: the flags.
    var flagBits: FieldValue? {
        switch self {
        case .ctState: FieldValue(0xff)
        case .tunnelFlags: FieldValue(1)
        default: nil
        }
    }

    /// The bits that a value on the wire may have set.
    public var validBits: FieldValue {
        switch self {
        case .ctState: FieldValue(0xff)
        case .tunnelFlags: FieldValue(1)
        case .ipToS: FieldValue(0xfc)
        default: .ones(width)
        }
    }

    /// Whether the field may have a value on the wire.
    @inline(__always)
    public func accepts(_ value: FieldValue) -> Bool {
        guard (value & ~validBits).isZero else { return false }
        // RFC 8300, 2.2: six bits of TTL, and two types of metadata.
        if self == .nshTTL { return value.low < 64 }
        return self != .nshMDType || value.low == 1 || value.low == 2
    }

    /// ovs-ofctl prints these in decimal digits in a match, and not so in an action.
    var isHexadecimalInActions: Bool { self == .ctZone }
}
