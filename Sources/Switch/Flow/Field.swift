/// A field that flow tables match on and actions set: the match fields of OpenFlow 1.5 (7.2.3.7) and Nicira's extensions.
public enum Field: UInt8, CaseIterable, Sendable {
    case inPort, packetType, metadata
    case reg0, reg1, reg2, reg3, reg4, reg5, reg6, reg7, reg8, reg9, reg10, reg11, reg12, reg13, reg14, reg15
    case xreg0, xreg1, xreg2, xreg3, xreg4, xreg5, xreg6, xreg7
    case xxreg0, xxreg1, xxreg2, xxreg3
    case tunnelID, tunnelSource, tunnelDestination, tunnelIPv6Source, tunnelIPv6Destination
    case tunnelGBPID, tunnelGBPFlags, tunnelFlags, tunnelToS, tunnelTTL
    case erspanVersion, erspanIndex, erspanDirection, erspanHardware, gtpuFlags, gtpuMessageType
    case inPhysicalPort, actionSetOutput
    case ctState, ctZone, ctProtocol, ctMark, packetMark, recirculationID, packetHash, conjunctionID, ctLabel
    case ctIPv4Source, ctIPv4Destination, ctIPv6Source, ctIPv6Destination, ctTransportSource, ctTransportDestination
    // L2
    case ethDestination, ethType, ethSource
    /// The whole TCI of the outer tag, with `FlowKey.vlanPresent`.
    case vlanTCI
    /// The VLAN number of the outer tag alone (OpenFlow 1.0's dl_vlan) or with the present bit (OpenFlow 1.2's vlan_vid).
    case vlanID, vlanVID, vlanPCP
    case vlan2TCI, vlanTPID, vlan2TPID
    case mplsLabel, mplsTC, mplsBoS, mplsTTL
    case mpls1Label, mpls1TC, mpls1BoS, mpls1TTL
    case mpls2Label, mpls2TC, mpls2BoS, mpls2TTL
    case pbbISID, pbbUCA
    // L3
    case ipv4Source, ipv4Destination, ipProtocol, ipToS, ipDSCP, ipECN, ipTTL, ipFragment, ipv6FlowLabel,
        ipv6ExtensionHeaders
    case ipv6Source, ipv6Destination
    case arpSource, arpTarget, arpOperation, arpSourceEth, arpTargetEth
    /// The network service header (RFC 8300).
    case nshFlags, nshTTL, nshMDType, nshNextProtocol, nshPath, nshIndex
    case nshContext1, nshContext2, nshContext3, nshContext4
    // L4
    case tcpSource, tcpDestination, tcpFlags, udpSource, udpDestination, sctpSource, sctpDestination
    case icmpType, icmpCode, icmpv6Type, icmpv6Code
    case ndTarget, ndSourceEth, ndTargetEth, ndOptionsType, ndReserved
    /// Options of the tunnel's header; of each the key says only whether it is there (`TunnelOption`).
    case tunnelMetadata0, tunnelMetadata1, tunnelMetadata2, tunnelMetadata3, tunnelMetadata4, tunnelMetadata5,
        tunnelMetadata6, tunnelMetadata7, tunnelMetadata8, tunnelMetadata9, tunnelMetadata10,
        tunnelMetadata11, tunnelMetadata12, tunnelMetadata13, tunnelMetadata14, tunnelMetadata15,
        tunnelMetadata16, tunnelMetadata17, tunnelMetadata18, tunnelMetadata19, tunnelMetadata20,
        tunnelMetadata21, tunnelMetadata22, tunnelMetadata23, tunnelMetadata24, tunnelMetadata25,
        tunnelMetadata26, tunnelMetadata27, tunnelMetadata28, tunnelMetadata29, tunnelMetadata30,
        tunnelMetadata31, tunnelMetadata32, tunnelMetadata33, tunnelMetadata34, tunnelMetadata35,
        tunnelMetadata36, tunnelMetadata37, tunnelMetadata38, tunnelMetadata39, tunnelMetadata40,
        tunnelMetadata41, tunnelMetadata42, tunnelMetadata43, tunnelMetadata44, tunnelMetadata45,
        tunnelMetadata46, tunnelMetadata47, tunnelMetadata48, tunnelMetadata49, tunnelMetadata50,
        tunnelMetadata51, tunnelMetadata52, tunnelMetadata53, tunnelMetadata54, tunnelMetadata55,
        tunnelMetadata56, tunnelMetadata57, tunnelMetadata58, tunnelMetadata59, tunnelMetadata60,
        tunnelMetadata61, tunnelMetadata62, tunnelMetadata63

    /// Where a field sits in a key: `width` bits from bit `shift` of word `word`; a width of 128 takes the word (high half)
    /// and the one behind it.
    public struct Place: Equatable, Sendable {
        public var word: Int
        public var shift: Int
        public var width: Int

        @inlinable
        public init(_ word: Int, _ shift: Int, _ width: Int) {
            self.word = word
            self.shift = shift
            self.width = width
        }

        /// The field's bits, unshifted; of wide fields those of one word.
        @inlinable public var mask: UInt64 { width >= 64 ? ~0 : (1 << UInt64(width)) - 1 }
    }

    /// Bits in the field.
    public var width: Int { place.width }

    /// The field's place in the key.
    public var place: Place {
        switch self {
        case .inPort: Place(0, 0, 32)
        case .packetType: Place(0, 32, 32)
        case .metadata: Place(1, 0, 64)
        case .reg0, .reg1, .reg2, .reg3, .reg4, .reg5, .reg6, .reg7, .reg8, .reg9, .reg10, .reg11, .reg12, .reg13,
            .reg14,
            .reg15:
            Place(2 + index(from: .reg0) / 2, index(from: .reg0) % 2 == 0 ? 32 : 0, 32)
        case .xreg0, .xreg1, .xreg2, .xreg3, .xreg4, .xreg5, .xreg6, .xreg7: Place(2 + index(from: .xreg0), 0, 64)
        case .xxreg0, .xxreg1, .xxreg2, .xxreg3: Place(2 + 2 * index(from: .xxreg0), 0, 128)
        case .tunnelID: Place(10, 0, 64)
        case .tunnelSource: Place(11, 32, 32)
        case .tunnelDestination: Place(11, 0, 32)
        case .tunnelIPv6Source: Place(12, 0, 128)
        case .tunnelIPv6Destination: Place(14, 0, 128)
        case .tunnelGBPID: Place(16, 0, 16)
        case .tunnelGBPFlags: Place(16, 16, 8)
        case .tunnelFlags: Place(16, 24, 16)
        case .tunnelToS: Place(16, 40, 8)
        case .tunnelTTL: Place(16, 48, 8)
        case .erspanIndex: Place(30, 0, 20)
        case .erspanVersion: Place(30, 20, 4)
        case .erspanDirection: Place(30, 24, 1)
        case .erspanHardware: Place(30, 25, 6)
        case .gtpuFlags: Place(30, 32, 8)
        case .gtpuMessageType: Place(30, 40, 8)
        case .inPhysicalPort: Place(17, 0, 32)
        case .actionSetOutput: Place(17, 32, 32)
        case .ctState: Place(18, 0, 32)
        case .ctZone: Place(18, 32, 16)
        case .ctProtocol: Place(18, 48, 8)
        case .ctMark: Place(19, 0, 32)
        case .packetMark: Place(19, 32, 32)
        case .recirculationID: Place(20, 0, 32)
        case .conjunctionID: Place(20, 32, 32)
        case .packetHash: Place(FlowKey.hashWord, 0, 32)
        case .ctLabel: Place(21, 0, 128)
        case .ctIPv4Source: Place(23, 32, 32)
        case .ctIPv4Destination: Place(23, 0, 32)
        case .ctIPv6Source: Place(24, 0, 128)
        case .ctIPv6Destination: Place(26, 0, 128)
        case .ctTransportSource: Place(28, 16, 16)
        case .ctTransportDestination: Place(28, 0, 16)
        case .ethDestination: Place(32, 16, 48)
        case .ethType: Place(32, 0, 16)
        case .ethSource: Place(33, 16, 48)
        case .vlanTCI: Place(33, 0, 16)
        case .vlanID: Place(33, 0, 12)
        case .vlanVID: Place(33, 0, 13)
        case .vlanPCP: Place(33, 13, 3)
        case .vlan2TCI: Place(34, 0, 16)
        case .vlanTPID: Place(34, 16, 16)
        case .vlan2TPID: Place(34, 32, 16)
        case .mplsLabel: Place(35, 44, 20)
        case .mplsTC: Place(35, 41, 3)
        case .mplsBoS: Place(35, 40, 1)
        case .mplsTTL: Place(35, 32, 8)
        case .mpls1Label: Place(35, 12, 20)
        case .mpls1TC: Place(35, 9, 3)
        case .mpls1BoS: Place(35, 8, 1)
        case .mpls1TTL: Place(35, 0, 8)
        case .mpls2Label: Place(36, 12, 20)
        case .mpls2TC: Place(36, 9, 3)
        case .mpls2BoS: Place(36, 8, 1)
        case .mpls2TTL: Place(36, 0, 8)
        case .pbbISID: Place(36, 32, 24)
        case .pbbUCA: Place(36, 56, 1)
        case .ipv4Source: Place(40, 32, 32)
        case .ipv4Destination: Place(40, 0, 32)
        case .ipProtocol: Place(41, 0, 8)
        case .ipToS: Place(41, 8, 8)
        case .ipDSCP: Place(41, 10, 6)
        case .ipECN: Place(41, 8, 2)
        case .ipTTL: Place(41, 16, 8)
        case .ipFragment: Place(41, 24, 2)
        case .ipv6FlowLabel: Place(41, 32, 20)
        case .ipv6ExtensionHeaders: Place(41, 52, 9)
        case .ipv6Source: Place(42, 0, 128)
        case .ipv6Destination: Place(44, 0, 128)
        case .arpSource: Place(46, 32, 32)
        case .arpTarget: Place(46, 0, 32)
        case .arpOperation: Place(47, 0, 16)
        case .arpSourceEth: Place(47, 16, 48)
        case .arpTargetEth: Place(48, 0, 48)
        case .nshFlags: Place(49, 0, 8)
        case .nshTTL: Place(49, 8, 8)
        case .nshMDType: Place(49, 16, 8)
        case .nshNextProtocol: Place(49, 24, 8)
        case .nshIndex: Place(49, 32, 8)
        case .nshPath: Place(49, 40, 24)
        case .nshContext1: Place(50, 32, 32)
        case .nshContext2: Place(50, 0, 32)
        case .nshContext3: Place(51, 32, 32)
        case .nshContext4: Place(51, 0, 32)
        case .tcpSource, .udpSource, .sctpSource: Place(56, 32, 16)
        case .tcpDestination, .udpDestination, .sctpDestination: Place(56, 16, 16)
        case .icmpType, .icmpv6Type: Place(56, 32, 8)
        case .icmpCode, .icmpv6Code: Place(56, 16, 8)
        case .tcpFlags: Place(56, 0, 12)
        case .ndTarget: Place(57, 0, 128)
        case .ndSourceEth: Place(59, 0, 48)
        case .ndOptionsType: Place(59, 48, 8)
        case .ndTargetEth: Place(60, 0, 48)
        case .ndReserved: Place(61, 0, 32)
        default: Place(FlowKey.optionWord, tunnelOption ?? 0, 1)
        }
    }

    private func index(from first: Field) -> Int { Int(rawValue) - Int(first.rawValue) }
}
