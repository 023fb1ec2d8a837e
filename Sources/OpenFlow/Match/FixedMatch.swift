import Switch

/// The matches of fixed shape: `ofp_match` of OpenFlow 1.0 (5.2.3), and `OFPMT_STANDARD` of 1.1 (A.2.3).
///
/// What a version says is ignored (ports without a transport protocol, say) is left out of the match that is read.
enum FixedMatch {
    /// Bytes of 1.1's match with its type and length.
    static let byteCount11 = 88

    /// `OFP_VLAN_NONE` of 1.0, `OFPVID_NONE` of 1.1: no tag.
    private static let noVLAN: UInt16 = 0xffff
    /// `OFPVID_ANY` of 1.1: a tag of any number.
    private static let anyVLAN: UInt16 = 0xfffe

    /// The bits of `ofp_flow_wildcards`.
    struct Wildcards {
        var inPort: UInt32
        var vlan: UInt32
        var vlanPriority: UInt32
        var ethType: UInt32
        var protocolNumber: UInt32
        var transportSource: UInt32
        var transportDestination: UInt32
        var toS: UInt32

        static let v10 = Wildcards(
            inPort: 1, vlan: 1 << 1, vlanPriority: 1 << 20, ethType: 1 << 4, protocolNumber: 1 << 5,
            transportSource: 1 << 6, transportDestination: 1 << 7, toS: 1 << 21)
        static let v11 = Wildcards(
            inPort: 1, vlan: 1 << 1, vlanPriority: 1 << 2, ethType: 1 << 3, protocolNumber: 1 << 5,
            transportSource: 1 << 6, transportDestination: 1 << 7, toS: 1 << 4)
        static let ethSource10: UInt32 = 1 << 2
        static let ethDestination10: UInt32 = 1 << 3
        static let mplsLabel11: UInt32 = 1 << 8
        static let mplsTC11: UInt32 = 1 << 9
    }

    // MARK: Reading

    /// Reads the 40 bytes of OpenFlow 1.0.
    static func decode10(_ reader: inout WireReader) throws(OpenFlowError) -> Match {
        var match = Match()
        let wildcards = try reader.uint32()
        let bits = Wildcards.v10
        let inPort = try reader.uint16()
        if wildcards & bits.inPort == 0 { match.set(.inPort, PortNumber.fromShort(inPort)) }
        let ethSource = try reader.uint48()
        if wildcards & Wildcards.ethSource10 == 0 { match.set(.ethSource, ethSource) }
        let ethDestination = try reader.uint48()
        if wildcards & Wildcards.ethDestination10 == 0 { match.set(.ethDestination, ethDestination) }
        let vlan = try reader.uint16()
        let priority = try reader.uint8()
        try reader.skip(1)
        let hasVLAN = wildcards & bits.vlan == 0
        if hasVLAN, vlan == noVLAN {
            match.set(.vlanTCI, 0)
        } else {
            setTag(&match, vlan: hasVLAN ? vlan & 0xfff : nil, wildcards & bits.vlanPriority == 0 ? priority & 7 : nil)
        }
        let ethType = try reader.uint16()
        if wildcards & bits.ethType == 0 { match.set(.ethType, ethType) }
        let toS = try reader.uint8()
        let protocolNumber = try reader.uint8()
        try reader.skip(2)
        let source = try reader.uint32()
        let destination = try reader.uint32()
        let ports = (try reader.uint16(), try reader.uint16())
        guard wildcards & bits.ethType == 0 else { return match }
        func prefix(_ shift: UInt32) -> UInt32 {
            let open = wildcards >> shift & 63
            return open >= 32 ? 0 : UInt32.max << open
        }
        setNetwork(
            &match, ethType, wildcards, bits, toS: toS & 0xfc, protocolNumber, source: (source, prefix(8)),
            destination: (destination, prefix(14)))
        try? setTransport(&match, ethType, wildcards, bits, protocolNumber, ports)
        return match
    }

    /// Reads the 84 bytes behind type and length of OpenFlow 1.1.
    static func decode11(_ reader: inout WireReader) throws(OpenFlowError) -> Match {
        var match = Match()
        let bits = Wildcards.v11
        let inPort = try reader.uint32()
        let wildcards = try reader.uint32()
        if wildcards & bits.inPort == 0 { match.set(.inPort, inPort) }
        let ethSource = try reader.uint48()
        match.set(.ethSource, FieldValue(ethSource), mask: FieldValue(~(try reader.uint48())))
        let ethDestination = try reader.uint48()
        match.set(.ethDestination, FieldValue(ethDestination), mask: FieldValue(~(try reader.uint48())))
        let vlan = try reader.uint16()
        let priority = try reader.uint8()
        try reader.skip(1)
        if wildcards & bits.vlan == 0 {
            if vlan == noVLAN {
                match.set(.vlanTCI, 0)
            } else {
                guard vlan < 4096 || vlan == anyVLAN else { throw .badMatch(.badValue) }
                let hasPriority = wildcards & bits.vlanPriority == 0
                guard !hasPriority || priority < 8 else { throw .badMatch(.badValue) }
                setTag(&match, vlan: vlan == anyVLAN ? nil : vlan, hasPriority ? priority : nil)
                let present = FieldValue(FlowKey.vlanPresent)
                match.set(.vlanTCI, match.key[.vlanTCI] | present, mask: match.mask[.vlanTCI] | present)
            }
        }
        let ethType = try reader.uint16()
        let hasEthType = wildcards & bits.ethType == 0
        if hasEthType { match.set(.ethType, ethType) }
        let toS = try reader.uint8()
        let protocolNumber = try reader.uint8()
        let source = (try reader.uint32(), ~(try reader.uint32()))
        let destination = (try reader.uint32(), ~(try reader.uint32()))
        let ports = (try reader.uint16(), try reader.uint16())
        if hasEthType {
            if ethType == 0x0800, wildcards & bits.toS == 0, toS & 3 != 0 { throw .badMatch(.badValue) }
            setNetwork(
                &match, ethType, wildcards, bits, toS: toS, protocolNumber, source: source, destination: destination)
            try setTransport(&match, ethType, wildcards, bits, protocolNumber, ports)
        }
        let label = try reader.uint32()
        let trafficClass = try reader.uint8()
        try reader.skip(3)
        if hasEthType, ethType == 0x8847 || ethType == 0x8848 {
            if wildcards & Wildcards.mplsLabel11 == 0 {
                guard label < 1 << 20 else { throw .badMatch(.badValue) }
                match.set(.mplsLabel, label)
            }
            if wildcards & Wildcards.mplsTC11 == 0 {
                guard trafficClass < 8 else { throw .badMatch(.badValue) }
                match.set(.mplsTC, trafficClass)
            }
        }
        let metadata = try reader.uint64()
        match.set(.metadata, FieldValue(metadata), mask: FieldValue(~(try reader.uint64())))
        return match
    }

    private static func setTag(_ match: inout Match, vlan: UInt16?, _ priority: UInt8?) {
        guard vlan != nil || priority != nil else { return }
        let value = FlowKey.vlanPresent | (vlan ?? 0) | UInt16(priority ?? 0) << 13
        let mask = FlowKey.vlanPresent | (vlan == nil ? 0 : 0xfff) | (priority == nil ? 0 : 0xe000)
        match.set(.vlanTCI, FieldValue(value), mask: FieldValue(mask))
    }

    private static func setNetwork(
        _ match: inout Match, _ ethType: UInt16, _ wildcards: UInt32, _ bits: Wildcards, toS: UInt8,
        _ protocolNumber: UInt8, source: (value: UInt32, mask: UInt32), destination: (value: UInt32, mask: UInt32)
    ) {
        let hasProtocol = wildcards & bits.protocolNumber == 0
        switch ethType {
        case 0x0800:
            match.set(.ipv4Source, FieldValue(source.value), mask: FieldValue(source.mask))
            match.set(.ipv4Destination, FieldValue(destination.value), mask: FieldValue(destination.mask))
            if wildcards & bits.toS == 0 { match.set(.ipDSCP, toS >> 2) }
            if hasProtocol { match.set(.ipProtocol, protocolNumber) }
        case 0x86dd where bits.vlanPriority == Wildcards.v10.vlanPriority:
            // Open vSwitch's reading of OpenFlow 1.0: IPv6 but for its addresses.
            if wildcards & bits.toS == 0 { match.set(.ipDSCP, toS >> 2) }
            if hasProtocol { match.set(.ipProtocol, protocolNumber) }
        case 0x0806, 0x8035:
            match.set(.arpSource, FieldValue(source.value), mask: FieldValue(source.mask))
            match.set(.arpTarget, FieldValue(destination.value), mask: FieldValue(destination.mask))
            if hasProtocol { match.set(.arpOperation, protocolNumber) }
        default: break
        }
    }

    private static func setTransport(
        _ match: inout Match, _ ethType: UInt16, _ wildcards: UInt32, _ bits: Wildcards, _ protocolNumber: UInt8,
        _ ports: (source: UInt16, destination: UInt16)
    ) throws(OpenFlowError) {
        guard match.mask[.ipProtocol] == .ones(8) else { return }
        let fields: (source: Field, destination: Field)
        switch (ethType, protocolNumber) {
        case (_, 6): fields = (.tcpSource, .tcpDestination)
        case (_, 17): fields = (.udpSource, .udpDestination)
        case (_, 132): fields = (.sctpSource, .sctpDestination)
        case (0x0800, 1): fields = (.icmpType, .icmpCode)
        case (0x86dd, 58): fields = (.icmpv6Type, .icmpv6Code)
        default: return
        }
        let limit: UInt16 = fields.source.width == 8 ? 0xff : 0xffff
        if wildcards & bits.transportSource == 0 {
            guard ports.source <= limit else { throw .badMatch(.badField) }
            match.set(fields.source, ports.source)
        }
        if wildcards & bits.transportDestination == 0 {
            guard ports.destination <= limit else { throw .badMatch(.badField) }
            match.set(fields.destination, ports.destination)
        }
    }
}
