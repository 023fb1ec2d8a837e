import Wire

extension Match: CustomStringConvertible {
    /// The match as ovs-ofctl prints it (without the priority): reserved ports by name, protocols by their shorthand.
    /// Empty for the match of every packet. `Match(parsing:)` reads it back.
    public var description: String { text(FlowNames()) }

    /// The match as ovs-ofctl prints it, with the names of ports.
    public func text(_ names: FlowNames) -> String {
        var out = ""
        write(to: &out, names)
        return out
    }

    /// Appends the match.
    public func write(to out: inout String, _ names: FlowNames) {
        var printer = MatchPrinter(match: self, names: names)
        printer.write(to: &out)
    }
}

extension FlowKey: CustomStringConvertible {
    /// The fields that are not zero, and the input port, as a match.
    public var description: String {
        var mask = FlowMask()
        mask.setExact(.inPort)
        for field in MatchPrinter.fields where !self[field].isZero { mask.setExact(field) }
        if self[.ethType].low == 0x0800 {
            mask.setExact(.ipv4Source)
            mask.setExact(.ipv4Destination)
        }
        for (field, widened) in [(Field.vlanID, Field.vlanTCI), (.ipToS, .ipDSCP)] where !self[field].isZero {
            mask.setExact(widened)
        }
        return Match(key: self, mask: mask).description
    }
}

private struct MatchPrinter {
    let match: Match
    let names: FlowNames
    /// What stands in front of the next item.
    private var separator = ""

    init(match: Match, names: FlowNames) {
        self.match = match
        self.names = names
    }

    /// Fields in the order of printing; those that need more than `name=value` are handled on their own.
    static let fields: [Field] = [
        .packetMark, .recirculationID, .packetHash, .conjunctionID, .actionSetOutput, .ctState, .ctZone, .ctMark,
        .ctLabel,
        .ctIPv4Source, .ctIPv6Source, .ctIPv4Destination, .ctIPv6Destination, .ctProtocol, .ctTransportSource,
        .ctTransportDestination, .packetType, .ethType,
        .reg0, .reg1, .reg2, .reg3, .reg4, .reg5, .reg6, .reg7, .reg8, .reg9, .reg10, .reg11, .reg12, .reg13, .reg14,
        .reg15,
        .tunnelID, .tunnelSource, .tunnelDestination, .tunnelIPv6Source, .tunnelIPv6Destination,
        .tunnelGBPID, .tunnelGBPFlags, .tunnelToS, .tunnelTTL, .erspanVersion, .erspanIndex, .erspanDirection,
        .erspanHardware, .gtpuFlags, .gtpuMessageType, .tunnelFlags, .metadata, .inPort, .inPhysicalPort,
        .vlanTCI, .vlanTPID, .vlan2TCI, .vlan2TPID, .ethSource, .ethDestination, .ipv6Source, .ipv6Destination,
        .ipv6FlowLabel, .ipv6ExtensionHeaders, .arpSource, .arpTarget, .nshFlags, .nshTTL, .nshMDType, .nshNextProtocol,
        .nshPath, .nshIndex, .nshContext1, .nshContext2, .nshContext3, .nshContext4, .ipv4Source, .ipv4Destination,
        .ipProtocol,
        .arpOperation, .arpSourceEth, .arpTargetEth, .ipToS, .ipECN, .ipTTL, .mplsLabel, .mplsTC, .mplsTTL, .mplsBoS,
        .mpls1Label, .mpls1TC, .mpls1TTL, .mpls1BoS, .mpls2Label, .mpls2TC, .mpls2TTL, .mpls2BoS, .pbbISID, .pbbUCA,
        .ipFragment, .tcpSource, .tcpDestination, .tcpFlags, .ndTarget, .ndSourceEth, .ndTargetEth, .ndReserved,
        .ndOptionsType,
    ]

    mutating func write(to out: inout String) {
        let occupied = match.mask.occupied
        for field in Self.fields {
            if field == .metadata, occupied >> UInt64(FlowKey.optionWord) & 1 != 0 {
                for option in match.allOptions { add(option.matchText, to: &out) }
            }
            // An EtherType without a shorthand comes late, behind the Ethernet addresses.
            if field == .ipv6Source, !match.mask[.ethType].isZero, ethShorthand == nil {
                add("dl_type", .ethType, match.key[.ethType], match.mask[.ethType], to: &out)
            }
            guard field.width > 64 || occupied >> UInt64(field.place.word) & 1 != 0 else { continue }
            let mask = match.mask[field]
            if mask.isZero { continue }
            let value = match.key[field]
            switch field {
            case .ethType: if let name = transportShorthand ?? ethShorthand { add(name, to: &out) }
            case .packetType:
                add(value.isZero ? "eth" : "packet_type=\(FieldText.format(field, value, mask))", to: &out)
            case .ipProtocol: if transportShorthand == nil { add("nw_proto", field, value, mask, to: &out) }
            case .vlanTCI: writeVLAN(value.low, mask.low, to: &out)
            case .ipToS: if mask.low & 0xfc == 0xfc { add("nw_tos=\(value.low & 0xfc)", to: &out) }
            case .ipECN: if mask.low == 3 { add("nw_ecn", field, value, mask, to: &out) }
            case .tunnelToS where mask.low == 0xff: add("tun_tos=\(String(value.low, radix: 16))", to: &out)
            case .tunnelGBPFlags where mask.low == 0xff:
                add("tun_gbp_flags=\(FieldText.plainHexadecimal(value))", to: &out)
            case .nshFlags where mask.low != 0xff:
                let digits = (FieldText.hexadecimal(value, digits: 2), FieldText.hexadecimal(mask, digits: 2))
                add("nsh_flags=0x\(digits.0)/0x\(digits.1)", to: &out)
            case .gtpuFlags, .gtpuMessageType: add(field.names[1], field, value, mask, to: &out)
            case .nshPath where value.isZero, .nshContext1 where value.isZero, .nshContext2 where value.isZero,
                .nshContext3 where value.isZero, .nshContext4 where value.isZero:
                let isExact = mask == .ones(field.width)
                add(field.names[0] + "=0x0" + (isExact ? "" : "/0x\(FieldText.hexadecimal(mask))"), to: &out)
            case .vlan2TCI where mask == .ones(16):
                add("vlan_tci1=0x\(FieldText.hexadecimal(value, digits: 4))", to: &out)
            case .tcpSource, .tcpDestination: writePort(field, value, mask, to: &out)
            case .tcpFlags:
                if ipProtocol == 6 { add("tcp_flags", field, value, mask, to: &out) }
            default: add(field.names[0], field, value, mask, to: &out)
            }
        }
    }

    private mutating func add(_ text: String, to out: inout String) {
        out += separator
        out += text
        separator = ","
    }

    private mutating func add(
        _ name: String, _ field: Field, _ value: FieldValue, _ mask: FieldValue, to out: inout String
    ) {
        out += separator
        out += name
        out += "="
        out += FieldText.format(field, value, mask, names)
        separator = ","
    }

    private var ethType: UInt64? {
        match.mask[.ethType] == .ones(16) ? match.key[.ethType].low : nil
    }

    private var ipProtocol: UInt64? {
        match.mask[.ipProtocol] == .ones(8) ? match.key[.ipProtocol].low : nil
    }

    private var transportShorthand: String? {
        switch (ethType, ipProtocol) {
        case (0x0800, 1): "icmp"
        case (0x86dd, 58): "icmp6"
        case (0x0800, 6): "tcp"
        case (0x86dd, 6): "tcp6"
        case (0x0800, 17): "udp"
        case (0x86dd, 17): "udp6"
        case (0x0800, 132): "sctp"
        case (0x86dd, 132): "sctp6"
        default: nil
        }
    }

    private var ethShorthand: String? {
        switch ethType {
        case 0x0800: "ip"
        case 0x86dd: "ipv6"
        case 0x0806: "arp"
        case 0x8035: "rarp"
        case 0x8847: "mpls"
        case 0x8848: "mplsm"
        default: nil
        }
    }

    private mutating func writeVLAN(_ tci: UInt64, _ mask: UInt64, to out: inout String) {
        let present = tci & 0x1000 != 0 && mask & 0x1000 != 0
        let number = mask & 0xfff == 0xfff
        let priority = mask & 0xe000 == 0xe000
        if present && (number || mask & 0xfff == 0) && (priority || mask & 0xe000 == 0) && (number || priority) {
            if number { add("dl_vlan=\(tci & 0xfff)", to: &out) }
            if priority { add("dl_vlan_pcp=\(tci >> 13)", to: &out) }
        } else if mask == 0xffff {
            add("vlan_tci=0x\(FieldText.hexadecimal(FieldValue(tci), digits: 4))", to: &out)
        } else {
            let value = FieldText.hexadecimal(FieldValue(tci), digits: 4)
            add("vlan_tci=0x\(value)/0x\(FieldText.hexadecimal(FieldValue(mask), digits: 4))", to: &out)
        }
    }

    private mutating func writePort(_ field: Field, _ value: FieldValue, _ mask: FieldValue, to out: inout String) {
        let isSource = field == .tcpSource
        switch (ethType, ipProtocol) {
        case (0x0800, 1), (0x86dd, 58): add("\(isSource ? "icmp_type" : "icmp_code")=\(value.low)", to: &out)
        default: add(isSource ? "tp_src" : "tp_dst", field, value, mask, to: &out)
        }
    }
}
