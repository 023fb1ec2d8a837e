import Switch

/// What kind of entry an extensible match entry is: the class and number of its header, without mask bit and length
/// (OpenFlow 1.5, 7.2.3.2; nicira-ext.h).
struct OXMType: Hashable, Sendable {
    static let niciraBasic: UInt16 = 0x0000
    static let niciraExtended: UInt16 = 0x0001
    static let ericsson: UInt16 = 0x1000
    static let openFlowBasic: UInt16 = 0x8000
    static let packetRegisters: UInt16 = 0x8001
    static let experimenterClass: UInt16 = 0xffff
    /// The Open Networking Foundation's experimenter id.
    static let onf: UInt32 = 0x4f4e_4600
    /// Nicira's, of `NXOXM_ET_*`, and the one that it uses for the network service header, of `NXOXM_NSH_*`.
    static let nicira: UInt32 = 0x0000_2320
    static let nsh: UInt32 = 0x005a_d650

    var classID: UInt16
    /// 7 bits.
    var number: UInt8
    /// Of the experimenter class alone.
    var experimenter: UInt32 = 0

    init(_ classID: UInt16, _ number: UInt8, experimenter: UInt32 = 0) {
        self.classID = classID
        self.number = number
        self.experimenter = experimenter
    }

    /// `NXM_NX_COOKIE`, which stands in a match but is no field of packets. `NXM_NX_MPLS_TTL` has the same number and
    /// another length.
    static let cookie = OXMType(niciraExtended, 30)

    /// Bytes of the header: 4, and 4 for an experimenter's id.
    var headerBytes: Int { classID == Self.experimenterClass ? 8 : 4 }
}

extension OXMType {
    /// The field that the entry is about; nil: none that is known.
    @inline(__always)
    var field: Field? {
        switch classID {
        case Self.openFlowBasic: Self.openFlowField(number)
        case Self.niciraBasic: Self.niciraBasicField(number)
        case Self.niciraExtended: Self.niciraExtendedField(number)
        case Self.packetRegisters: number < 8 ? Field(rawValue: Field.xreg0.rawValue + number) : nil
        case Self.ericsson:
            switch number {
            case 1: .ndReserved
            case 2: .ndOptionsType
            default: nil
            }
        case Self.experimenterClass: Self.experimenterField(experimenter, number)
        default: nil
        }
    }

    private static func experimenterField(_ experimenter: UInt32, _ number: UInt8) -> Field? {
        switch (experimenter, number) {
        case (onf, 42): .tcpFlags
        case (onf, 43): .actionSetOutput
        case (nicira, 0): .packetHash
        case (nicira, 11): .erspanIndex
        case (nicira, 12): .erspanVersion
        case (nicira, 13): .erspanDirection
        case (nicira, 14): .erspanHardware
        case (nicira, 15): .gtpuFlags
        case (nicira, 16): .gtpuMessageType
        case (nsh, 1): .nshFlags
        case (nsh, 2): .nshMDType
        case (nsh, 3): .nshNextProtocol
        case (nsh, 4): .nshPath
        case (nsh, 5): .nshIndex
        case (nsh, 6): .nshContext1
        case (nsh, 7): .nshContext2
        case (nsh, 8): .nshContext3
        case (nsh, 9): .nshContext4
        case (nsh, 10): .nshTTL
        default: nil
        }
    }

    /// Of fields that have an experimenter's entry in every version, and no other.
    private static func experimenterType(_ field: Field) -> OXMType? {
        func nicira(_ number: UInt8) -> OXMType { OXMType(experimenterClass, number, experimenter: Self.nicira) }
        func nsh(_ number: UInt8) -> OXMType { OXMType(experimenterClass, number, experimenter: Self.nsh) }
        return switch field {
        case .erspanIndex: nicira(11)
        case .erspanVersion: nicira(12)
        case .erspanDirection: nicira(13)
        case .erspanHardware: nicira(14)
        case .gtpuFlags: nicira(15)
        case .gtpuMessageType: nicira(16)
        case .nshFlags: nsh(1)
        case .nshMDType: nsh(2)
        case .nshNextProtocol: nsh(3)
        case .nshPath: nsh(4)
        case .nshIndex: nsh(5)
        case .nshContext1: nsh(6)
        case .nshContext2: nsh(7)
        case .nshContext3: nsh(8)
        case .nshContext4: nsh(9)
        case .nshTTL: nsh(10)
        default: nil
        }
    }

    /// `OFPXMT_OFB_*`.
    private static func openFlowField(_ number: UInt8) -> Field? {
        switch number {
        case 0: .inPort
        case 1: .inPhysicalPort
        case 2: .metadata
        case 3: .ethDestination
        case 4: .ethSource
        case 5: .ethType
        case 6: .vlanVID
        case 7: .vlanPCP
        case 8: .ipDSCP
        case 9: .ipECN
        case 10: .ipProtocol
        case 11: .ipv4Source
        case 12: .ipv4Destination
        case 13: .tcpSource
        case 14: .tcpDestination
        case 15: .udpSource
        case 16: .udpDestination
        case 17: .sctpSource
        case 18: .sctpDestination
        case 19: .icmpType
        case 20: .icmpCode
        case 21: .arpOperation
        case 22: .arpSource
        case 23: .arpTarget
        case 24: .arpSourceEth
        case 25: .arpTargetEth
        case 26: .ipv6Source
        case 27: .ipv6Destination
        case 28: .ipv6FlowLabel
        case 29: .icmpv6Type
        case 30: .icmpv6Code
        case 31: .ndTarget
        case 32: .ndSourceEth
        case 33: .ndTargetEth
        case 34: .mplsLabel
        case 35: .mplsTC
        case 36: .mplsBoS
        case 37: .pbbISID
        case 38: .tunnelID
        case 39: .ipv6ExtensionHeaders
        case 41: .pbbUCA
        case 42: .tcpFlags
        case 43: .actionSetOutput
        case 44: .packetType
        default: nil
        }
    }

    /// `NXM_OF_*`.
    private static func niciraBasicField(_ number: UInt8) -> Field? {
        switch number {
        case 0: .inPort
        case 1: .ethDestination
        case 2: .ethSource
        case 3: .ethType
        case 4: .vlanTCI
        case 5: .ipToS
        case 6: .ipProtocol
        case 7: .ipv4Source
        case 8: .ipv4Destination
        case 9: .tcpSource
        case 10: .tcpDestination
        case 11: .udpSource
        case 12: .udpDestination
        case 13: .icmpType
        case 14: .icmpCode
        case 15: .arpOperation
        case 16: .arpSource
        case 17: .arpTarget
        default: nil
        }
    }

    /// `NXM_NX_*`.
    private static func niciraExtendedField(_ number: UInt8) -> Field? {
        switch number {
        case 0...15: Field(rawValue: Field.reg0.rawValue + number)
        case 16: .tunnelID
        case 17: .arpSourceEth
        case 18: .arpTargetEth
        case 19: .ipv6Source
        case 20: .ipv6Destination
        case 21: .icmpv6Type
        case 22: .icmpv6Code
        case 23: .ndTarget
        case 24: .ndSourceEth
        case 25: .ndTargetEth
        case 26: .ipFragment
        case 27: .ipv6FlowLabel
        case 28: .ipECN
        case 29: .ipTTL
        // Eight bytes of it are a cookie.
        case 30: .mplsTTL
        case 31: .tunnelSource
        case 32: .tunnelDestination
        case 33: .packetMark
        case 34: .tcpFlags
        case 35: .packetHash
        case 36: .recirculationID
        case 37: .conjunctionID
        case 38: .tunnelGBPID
        case 39: .tunnelGBPFlags
        case 40...103: Field(tunnelOption: Int(number) - 40)
        case 104: .tunnelFlags
        case 105: .ctState
        case 106: .ctZone
        case 107: .ctMark
        case 108: .ctLabel
        case 109: .tunnelIPv6Source
        case 110: .tunnelIPv6Destination
        case 111...114: Field(rawValue: Field.xxreg0.rawValue + number - 111)
        case 119: .ctProtocol
        case 120: .ctIPv4Source
        case 121: .ctIPv4Destination
        case 122: .ctIPv6Source
        case 123: .ctIPv6Destination
        case 124: .ctTransportSource
        case 125: .ctTransportDestination
        default: nil
        }
    }
}

extension OXMType {
    /// The entry that a field has by Open vSwitch's preference: Nicira's where `version` is nil or has no standard one.
    /// nil: the field has no form on the wire.
    init?(_ field: Field, version: OpenFlowVersion?) {
        if let version, let standard = Self.standard(field, version) {
            self = standard
        } else if let extended = Self.nicira(field) {
            self = extended
        } else if let experimental = Self.experimenterType(field) {
            self = experimental
        } else if version == nil || field == .ndReserved || field == .ndOptionsType, let only = Self.only(field) {
            self = only
        } else if let only = Self.standard(field, .v15) {
            // Later versions' fields in an earlier one, where it has nothing else.
            self = only
        } else {
            return nil
        }
    }

    /// What OpenFlow itself, or the ONF's extension of 1.3, has in `version`.
    private static func standard(_ field: Field, _ version: OpenFlowVersion) -> OXMType? {
        if field.rawValue >= Field.xreg0.rawValue, field.rawValue <= Field.xreg7.rawValue {
            return OXMType(packetRegisters, field.rawValue - Field.xreg0.rawValue)
        }
        switch field {
        case .tcpFlags:
            if version >= .v15 { return OXMType(openFlowBasic, 42) }
            return version >= .v13 ? OXMType(experimenterClass, 42, experimenter: onf) : nil
        case .actionSetOutput:
            if version >= .v15 { return OXMType(openFlowBasic, 43) }
            return OXMType(experimenterClass, 43, experimenter: onf)
        case .tunnelID: return version >= .v13 ? OXMType(openFlowBasic, 38) : nil
        default: return openFlowNumber(field).map { OXMType(openFlowBasic, $0) }
        }
    }

    /// The field's one form that is neither Nicira's nor standard in all versions.
    private static func only(_ field: Field) -> OXMType? {
        switch field {
        case .ndReserved: OXMType(ericsson, 1)
        case .ndOptionsType: OXMType(ericsson, 2)
        case .actionSetOutput: OXMType(experimenterClass, 43, experimenter: onf)
        default: standard(field, .v15)
        }
    }

    private static func openFlowNumber(_ field: Field) -> UInt8? {
        switch field {
        case .inPort: 0
        case .inPhysicalPort: 1
        case .metadata: 2
        case .ethDestination: 3
        case .ethSource: 4
        case .ethType: 5
        case .vlanVID: 6
        case .vlanPCP: 7
        case .ipDSCP: 8
        case .ipECN: 9
        case .ipProtocol: 10
        case .ipv4Source: 11
        case .ipv4Destination: 12
        case .tcpSource: 13
        case .tcpDestination: 14
        case .udpSource: 15
        case .udpDestination: 16
        case .sctpSource: 17
        case .sctpDestination: 18
        case .icmpType: 19
        case .icmpCode: 20
        case .arpOperation: 21
        case .arpSource: 22
        case .arpTarget: 23
        case .arpSourceEth: 24
        case .arpTargetEth: 25
        case .ipv6Source: 26
        case .ipv6Destination: 27
        case .ipv6FlowLabel: 28
        case .icmpv6Type: 29
        case .icmpv6Code: 30
        case .ndTarget: 31
        case .ndSourceEth: 32
        case .ndTargetEth: 33
        case .mplsLabel: 34
        case .mplsTC: 35
        case .mplsBoS: 36
        case .pbbISID: 37
        case .ipv6ExtensionHeaders: 39
        case .pbbUCA: 41
        case .packetType: 44
        default: nil
        }
    }

    private static func nicira(_ field: Field) -> OXMType? {
        if field.rawValue >= Field.reg0.rawValue, field.rawValue <= Field.reg15.rawValue {
            return OXMType(niciraExtended, field.rawValue - Field.reg0.rawValue)
        }
        if field.rawValue >= Field.xxreg0.rawValue, field.rawValue <= Field.xxreg3.rawValue {
            return OXMType(niciraExtended, field.rawValue - Field.xxreg0.rawValue + 111)
        }
        if let option = field.tunnelOption { return OXMType(niciraExtended, 40 + UInt8(option)) }
        let basic: UInt8? =
            switch field {
            case .inPort: 0
            case .ethDestination: 1
            case .ethSource: 2
            case .ethType: 3
            case .vlanTCI: 4
            case .ipToS: 5
            case .ipProtocol: 6
            case .ipv4Source: 7
            case .ipv4Destination: 8
            case .tcpSource: 9
            case .tcpDestination: 10
            case .udpSource: 11
            case .udpDestination: 12
            case .icmpType: 13
            case .icmpCode: 14
            case .arpOperation: 15
            case .arpSource: 16
            case .arpTarget: 17
            default: nil
            }
        if let basic { return OXMType(niciraBasic, basic) }
        return niciraExtendedNumber(field).map { OXMType(niciraExtended, $0) }
    }

    private static func niciraExtendedNumber(_ field: Field) -> UInt8? {
        switch field {
        case .tunnelID: 16
        case .arpSourceEth: 17
        case .arpTargetEth: 18
        case .ipv6Source: 19
        case .ipv6Destination: 20
        case .icmpv6Type: 21
        case .icmpv6Code: 22
        case .ndTarget: 23
        case .ndSourceEth: 24
        case .ndTargetEth: 25
        case .ipFragment: 26
        case .ipv6FlowLabel: 27
        case .ipECN: 28
        case .ipTTL: 29
        case .mplsTTL: 30
        case .tunnelSource: 31
        case .tunnelDestination: 32
        case .packetMark: 33
        case .tcpFlags: 34
        case .packetHash: 35
        case .recirculationID: 36
        case .conjunctionID: 37
        case .tunnelGBPID: 38
        case .tunnelGBPFlags: 39
        case .tunnelFlags: 104
        case .ctState: 105
        case .ctZone: 106
        case .ctMark: 107
        case .ctLabel: 108
        case .tunnelIPv6Source: 109
        case .tunnelIPv6Destination: 110
        case .ctProtocol: 119
        case .ctIPv4Source: 120
        case .ctIPv4Destination: 121
        case .ctIPv6Source: 122
        case .ctIPv6Destination: 123
        case .ctTransportSource: 124
        case .ctTransportDestination: 125
        default: nil
        }
    }
}
