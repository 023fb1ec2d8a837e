extension FlowKey {
    /// All fields that the packet has, zeros too, as Open vSwitch's tools print a packet (`flow_format`).
    /// - Parameter options: what the packet has of its tunnel.
    func packetText(_ options: [TunnelOption]) -> String {
        var mask = FlowMask()
        for field in Self.pipelineFields where !self[field].isZero { mask[field] = field.validBits }
        // Of a packet that no tunnel has brought, or will take, Open vSwitch tells nothing of tunnels.
        let isTunnelled = !self[.tunnelDestination].isZero || !self[.tunnelIPv6Destination].isZero
        if isTunnelled { for field in Self.tunnelFields where !self[field].isZero { mask[field] = field.validBits } }
        if value(.recirculationID) != 0 { mask.setExact(.packetType) }
        for field in packetFields { mask.setExact(field) }
        var match = Match(key: self, mask: mask)
        if isTunnelled { for option in options { match.set(option) } }
        return match.description
    }

    private var packetFields: [Field] {
        var fields: [Field] = [.inPort, .ethSource, .ethDestination, .ethType, .vlanTCI]
        if value(.vlanTCI) & UInt64(Self.vlanPresent) != 0 { fields.append(.vlan2TCI) }
        switch value(.ethType) {
        case 0x0800: fields += [.ipv4Source, .ipv4Destination] + Self.networkFields
        case 0x86dd: fields += [.ipv6Source, .ipv6Destination, .ipv6FlowLabel] + Self.networkFields
        case 0x0806, 0x8035: fields += [.arpOperation, .arpSource, .arpTarget, .arpSourceEth, .arpTargetEth]
        case 0x8847, 0x8848: fields += [.mplsLabel, .mplsTC, .mplsTTL, .mplsBoS]
        case 0x88e7: fields += [.pbbISID, .pbbUCA]
        default: break
        }
        fields += transportFields
        if isIP && value(.ipProtocol) == 6 && value(.ipFragment) & UInt64(Self.fragmentLater) == 0 {
            fields.append(.tcpFlags)
        }
        if value(.icmpv6Type) == 135 || value(.icmpv6Type) == 136, transportFields.first == .icmpv6Type {
            fields += [.ndTarget, .ndSourceEth, .ndTargetEth]
        }
        return fields
    }

    private static let networkFields: [Field] = [.ipProtocol, .ipToS, .ipTTL, .ipFragment]
    private static let pipelineFields: [Field] =
        [
            .recirculationID, .packetType, .metadata, .packetMark,
        ] + Translation.registers + Translation.connectionFields
    private static let tunnelFields: [Field] = [
        .tunnelID, .tunnelSource, .tunnelDestination, .tunnelIPv6Source, .tunnelIPv6Destination, .tunnelGBPID,
        .tunnelGBPFlags, .tunnelFlags, .tunnelToS, .tunnelTTL, .erspanVersion, .erspanIndex, .erspanDirection,
        .erspanHardware, .gtpuFlags, .gtpuMessageType,
    ]
}
