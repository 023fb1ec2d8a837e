// The names of fields in Nicira's and OpenFlow's extensible matches (`NXM_OF_ETH_SRC`, `OXM_OF_ETH_SRC`), which
// ovs-ofctl writes where bits of a field are meant: `NXM_NX_REG0[0..15]`.

extension Field {
    /// The name that ovs-ofctl prints for bits of the field: of several names Nicira's; where there is none of either
    /// kind, the name that it has in a match. Bits of `inPort` above the lower 16 have OpenFlow 1.2's name.
    public var subfieldName: String { extensibleNames.first ?? setName }

    /// The name that ovs-ofctl prints behind `set_field:…->`.
    public var setName: String {
        switch self {
        case .ethSource: "eth_src"
        case .ethDestination: "eth_dst"
        case .ethType: "eth_type"
        case .ipv4Source: "ip_src"
        case .ipv4Destination: "ip_dst"
        case .ipFragment: "ip_frag"
        case .vlanPCP: "vlan_pcp"
        default: names[0]
        }
    }

    /// The bits that `FIELD[]` means. It differs from `width` where the key keeps a bit of its own beside the value, and
    /// where the extension has more room than there are flags.
    public var subfieldWidth: Int {
        switch self {
        case .vlanVID: 12
        case .tunnelFlags: 1
        default: tunnelOption == nil ? width : 8 * TunnelOption.maximumByteCount
        }
    }

    /// The names in extensible matches, Nicira's first.
    var extensibleNames: [String] {
        if rawValue >= Field.reg0.rawValue, rawValue <= Field.reg15.rawValue {
            return ["NXM_NX_REG\(rawValue - Field.reg0.rawValue)"]
        }
        if rawValue >= Field.xreg0.rawValue, rawValue <= Field.xreg7.rawValue {
            return ["OXM_OF_PKT_REG\(rawValue - Field.xreg0.rawValue)"]
        }
        if rawValue >= Field.xxreg0.rawValue, rawValue <= Field.xxreg3.rawValue {
            return ["NXM_NX_XXREG\(rawValue - Field.xxreg0.rawValue)"]
        }
        if let tunnelOption { return ["NXM_NX_TUN_METADATA\(tunnelOption)"] }
        return switch self {
        case .inPort: ["NXM_OF_IN_PORT", "OXM_OF_IN_PORT"]
        case .inPhysicalPort: ["OXM_OF_IN_PHY_PORT"]
        case .packetType: ["OXM_OF_PACKET_TYPE"]
        case .actionSetOutput: ["ONFOXM_ET_ACTSET_OUTPUT", "OXM_OF_ACTSET_OUTPUT"]
        case .metadata: ["OXM_OF_METADATA"]
        case .tunnelID: ["NXM_NX_TUN_ID", "OXM_OF_TUNNEL_ID"]
        case .tunnelSource: ["NXM_NX_TUN_IPV4_SRC"]
        case .tunnelDestination: ["NXM_NX_TUN_IPV4_DST"]
        case .tunnelIPv6Source: ["NXM_NX_TUN_IPV6_SRC"]
        case .tunnelIPv6Destination: ["NXM_NX_TUN_IPV6_DST"]
        case .tunnelGBPID: ["NXM_NX_TUN_GBP_ID"]
        case .tunnelGBPFlags: ["NXM_NX_TUN_GBP_FLAGS"]
        case .tunnelFlags: ["NXM_NX_TUN_FLAGS"]
        case .erspanIndex: ["NXOXM_ET_ERSPAN_IDX"]
        case .erspanVersion: ["NXOXM_ET_ERSPAN_VER"]
        case .erspanDirection: ["NXOXM_ET_ERSPAN_DIR"]
        case .erspanHardware: ["NXOXM_ET_ERSPAN_HWID"]
        case .gtpuFlags: ["NXOXM_ET_GTPU_FLAGS"]
        case .gtpuMessageType: ["NXOXM_ET_GTPU_MSGTYPE"]
        case .ctState: ["NXM_NX_CT_STATE"]
        case .ctZone: ["NXM_NX_CT_ZONE"]
        case .ctMark: ["NXM_NX_CT_MARK"]
        case .ctLabel: ["NXM_NX_CT_LABEL"]
        case .ctProtocol: ["NXM_NX_CT_NW_PROTO"]
        case .ctIPv4Source: ["NXM_NX_CT_NW_SRC"]
        case .ctIPv4Destination: ["NXM_NX_CT_NW_DST"]
        case .ctIPv6Source: ["NXM_NX_CT_IPV6_SRC"]
        case .ctIPv6Destination: ["NXM_NX_CT_IPV6_DST"]
        case .ctTransportSource: ["NXM_NX_CT_TP_SRC"]
        case .ctTransportDestination: ["NXM_NX_CT_TP_DST"]
        case .packetMark: ["NXM_NX_PKT_MARK"]
        case .recirculationID: ["NXM_NX_RECIRC_ID"]
        case .packetHash: ["NXM_NX_DP_HASH", "NXOXM_ET_DP_HASH"]
        case .conjunctionID: ["NXM_NX_CONJ_ID"]
        case .ethDestination: ["NXM_OF_ETH_DST", "OXM_OF_ETH_DST"]
        case .ethSource: ["NXM_OF_ETH_SRC", "OXM_OF_ETH_SRC"]
        case .ethType: ["NXM_OF_ETH_TYPE", "OXM_OF_ETH_TYPE"]
        case .vlanTCI: ["NXM_OF_VLAN_TCI"]
        case .vlanVID: ["OXM_OF_VLAN_VID"]
        case .vlanPCP: ["OXM_OF_VLAN_PCP"]
        case .mplsLabel: ["OXM_OF_MPLS_LABEL"]
        case .mplsTC: ["OXM_OF_MPLS_TC"]
        case .mplsBoS: ["OXM_OF_MPLS_BOS"]
        case .mplsTTL: ["NXM_NX_MPLS_TTL"]
        case .pbbISID: ["OXM_OF_PBB_ISID"]
        case .pbbUCA: ["OXM_OF_PBB_UCA"]
        case .ipv4Source: ["NXM_OF_IP_SRC", "OXM_OF_IPV4_SRC"]
        case .ipv4Destination: ["NXM_OF_IP_DST", "OXM_OF_IPV4_DST"]
        case .ipProtocol: ["NXM_OF_IP_PROTO", "OXM_OF_IP_PROTO"]
        case .ipToS: ["NXM_OF_IP_TOS"]
        case .ipDSCP: ["OXM_OF_IP_DSCP"]
        case .ipECN: ["NXM_NX_IP_ECN", "OXM_OF_IP_ECN"]
        case .ipTTL: ["NXM_NX_IP_TTL"]
        case .ipFragment: ["NXM_NX_IP_FRAG"]
        case .ipv6FlowLabel: ["NXM_NX_IPV6_LABEL", "OXM_OF_IPV6_FLABEL"]
        case .ipv6ExtensionHeaders: ["OXM_OF_IPV6_EXTHDR"]
        case .ipv6Source: ["NXM_NX_IPV6_SRC", "OXM_OF_IPV6_SRC"]
        case .ipv6Destination: ["NXM_NX_IPV6_DST", "OXM_OF_IPV6_DST"]
        case .arpSource: ["NXM_OF_ARP_SPA", "OXM_OF_ARP_SPA"]
        case .arpTarget: ["NXM_OF_ARP_TPA", "OXM_OF_ARP_TPA"]
        case .arpOperation: ["NXM_OF_ARP_OP", "OXM_OF_ARP_OP"]
        case .arpSourceEth: ["NXM_NX_ARP_SHA", "OXM_OF_ARP_SHA"]
        case .arpTargetEth: ["NXM_NX_ARP_THA", "OXM_OF_ARP_THA"]
        case .nshFlags: ["NXOXM_NSH_FLAGS"]
        case .nshTTL: ["NXOXM_NSH_TTL"]
        case .nshMDType: ["NXOXM_NSH_MDTYPE"]
        case .nshNextProtocol: ["NXOXM_NSH_NP"]
        case .nshPath: ["NXOXM_NSH_SPI"]
        case .nshIndex: ["NXOXM_NSH_SI"]
        case .nshContext1: ["NXOXM_NSH_C1"]
        case .nshContext2: ["NXOXM_NSH_C2"]
        case .nshContext3: ["NXOXM_NSH_C3"]
        case .nshContext4: ["NXOXM_NSH_C4"]
        case .tcpSource: ["NXM_OF_TCP_SRC", "OXM_OF_TCP_SRC"]
        case .tcpDestination: ["NXM_OF_TCP_DST", "OXM_OF_TCP_DST"]
        case .tcpFlags: ["NXM_NX_TCP_FLAGS", "ONFOXM_ET_TCP_FLAGS", "OXM_OF_TCP_FLAGS"]
        case .udpSource: ["NXM_OF_UDP_SRC", "OXM_OF_UDP_SRC"]
        case .udpDestination: ["NXM_OF_UDP_DST", "OXM_OF_UDP_DST"]
        case .sctpSource: ["OXM_OF_SCTP_SRC"]
        case .sctpDestination: ["OXM_OF_SCTP_DST"]
        case .icmpType: ["NXM_OF_ICMP_TYPE", "OXM_OF_ICMPV4_TYPE"]
        case .icmpCode: ["NXM_OF_ICMP_CODE", "OXM_OF_ICMPV4_CODE"]
        case .icmpv6Type: ["NXM_NX_ICMPV6_TYPE", "OXM_OF_ICMPV6_TYPE"]
        case .icmpv6Code: ["NXM_NX_ICMPV6_CODE", "OXM_OF_ICMPV6_CODE"]
        case .ndTarget: ["NXM_NX_ND_TARGET", "OXM_OF_IPV6_ND_TARGET"]
        case .ndSourceEth: ["NXM_NX_ND_SLL", "OXM_OF_IPV6_ND_SLL"]
        case .ndTargetEth: ["NXM_NX_ND_TLL", "OXM_OF_IPV6_ND_TLL"]
        case .ndReserved: ["ERICOXM_OF_ICMPV6_ND_RESERVED"]
        case .ndOptionsType: ["ERICOXM_OF_ICMPV6_ND_OPTIONS_TYPE"]
        default: []
        }
    }

    private static let byExtensibleName: [String: Field] = Dictionary(
        uniqueKeysWithValues: allCases.flatMap { field in field.extensibleNames.map { ($0, field) } })

    /// The field that extensible matches call `name`.
    init?(extensibleName name: String) {
        guard let field = Self.byExtensibleName[name] else { return nil }
        self = field
    }

    /// Whether actions may change the field. These are the fields that Open vSwitch lets actions change, and the
    /// EtherType, the IP protocol and the MPLS bottom-of-stack bit, which OpenFlow's Set-Field may change too.
    public var isWritable: Bool {
        switch self {
        case .inPhysicalPort, .packetType, .actionSetOutput, .recirculationID, .packetHash, .conjunctionID, .tunnelToS,
            .tunnelTTL,
            .ctState, .ctZone, .ctProtocol, .ctIPv4Source, .ctIPv4Destination, .ctIPv6Source, .ctIPv6Destination,
            .ctTransportSource, .ctTransportDestination, .ipFragment, .tcpFlags, .ipv6ExtensionHeaders, .vlan2TCI,
            .vlanTPID, .vlan2TPID, .mpls1Label, .mpls1TC, .mpls1BoS, .mpls1TTL, .mpls2Label, .mpls2TC, .mpls2BoS,
            .mpls2TTL, .gtpuFlags, .gtpuMessageType, .nshMDType, .nshNextProtocol:
            false
        default: true
        }
    }
}
