import Switch

extension OXMCodec {
    /// Writes the fields of a match in Open vSwitch's order, each field behind what it needs.
    struct Encoder {
        let match: Match
        let version: OpenFlowVersion?
        private var occupied: UInt64

        init(match: Match, version: OpenFlowVersion?) {
            self.match = match
            self.version = version
            occupied = match.mask.occupied
        }

        private static let stage0: UInt64 = 0xffff_ffff
        private static let stage3: UInt64 = 0xff00_0000_0000_0000

        func write(into writer: inout WireWriter) {
            if occupied & Self.stage0 != 0 {
                if !isPacketTypeImplied { put(.packetType, into: &writer) }
                put(.packetHash, into: &writer)
                put(.recirculationID, into: &writer)
                put(.conjunctionID, into: &writer)
                put(.inPort, into: &writer)
                put(.inPhysicalPort, into: &writer)
                put(.actionSetOutput, into: &writer)
            }
            put(.ethSource, into: &writer)
            put(.ethDestination, into: &writer)
            put(.ethType, into: &writer)
            writeVLAN(into: &writer)
            put(.mplsTC, into: &writer)
            put(.mplsBoS, into: &writer)
            put(.mplsTTL, into: &writer)
            put(.mplsLabel, into: &writer)
            put(.pbbISID, into: &writer)
            put(.pbbUCA, into: &writer)
            if occupied & 0x00ff_ff00_0000_0000 != 0 { writeNetwork(into: &writer) }
            if occupied & (Self.stage0 | Self.serviceHeader) != 0 { writePipelineFields(into: &writer) }
        }

        /// Open vSwitch leaves the packet type out where it is Ethernet and another field says as much.
        private var isPacketTypeImplied: Bool {
            match.mask[.packetType].low == 0xffff_ffff && match.key[.packetType].low == 0
                && match.mask.occupied & ~Self.stage0 != 0
        }

        @inline(__always)
        private func put(_ field: Field, into writer: inout WireWriter) {
            guard occupied >> UInt64(field.place.word) & 1 != 0 || field.width > 64 else { return }
            let mask = match.mask[field]
            if mask.isZero { return }
            put(field, match.key[field], mask == .ones(field.width) ? nil : mask, into: &writer)
        }

        private func put(_ field: Field, _ value: FieldValue, _ mask: FieldValue?, into writer: inout WireWriter) {
            guard let type = OXMType(field, version: version) else { return }
            type.writeEntry(field, value, mask: mask, into: &writer)
        }

        private func writeVLAN(into writer: inout WireWriter) {
            guard version != nil else { return put(.vlanTCI, into: &writer) }
            let mask = match.mask[.vlanVID]
            let tag = match.key[.vlanVID]
            if !mask.isZero { put(.vlanVID, tag, mask == .ones(13) ? nil : mask, into: &writer) }
            if !tag.isZero, !match.mask[.vlanPCP].isZero { put(.vlanPCP, match.key[.vlanPCP], nil, into: &writer) }
        }

        private func writeNetwork(into writer: inout WireWriter) {
            put(.ipv4Source, into: &writer)
            put(.ipv4Destination, into: &writer)
            put(.ipv6Source, into: &writer)
            put(.ipv6Destination, into: &writer)
            put(.arpOperation, into: &writer)
            put(.arpSource, into: &writer)
            put(.arpTarget, into: &writer)
            put(.arpSourceEth, into: &writer)
            put(.arpTargetEth, into: &writer)
            guard occupied >> 41 & 1 != 0 else { return }
            put(.ipFragment, into: &writer)
            if match.mask[.ipDSCP] == .ones(6) {
                if version == nil {
                    put(.ipToS, match.key[.ipDSCP] << 2, nil, into: &writer)
                } else {
                    put(.ipDSCP, match.key[.ipDSCP], nil, into: &writer)
                }
            }
            put(.ipECN, into: &writer)
            put(.ipTTL, into: &writer)
            put(.ipv6FlowLabel, into: &writer)
            put(.ipv6ExtensionHeaders, into: &writer)
            put(.ipProtocol, into: &writer)
            if occupied & Self.stage3 != 0 { writeTransport(into: &writer) }
        }

        private func writeTransport(into writer: inout WireWriter) {
            switch match.key[.ipProtocol].low {
            case 6:
                put(.tcpSource, into: &writer)
                put(.tcpDestination, into: &writer)
                put(.tcpFlags, into: &writer)
            case 17:
                put(.udpSource, into: &writer)
                put(.udpDestination, into: &writer)
            case 132:
                put(.sctpSource, into: &writer)
                put(.sctpDestination, into: &writer)
            case 1:
                put(.icmpType, into: &writer)
                put(.icmpCode, into: &writer)
            case 58:
                put(.icmpv6Type, into: &writer)
                put(.icmpv6Code, into: &writer)
                put(.ndReserved, into: &writer)
                put(.ndTarget, into: &writer)
                put(.ndOptionsType, into: &writer)
                put(.ndSourceEth, into: &writer)
                put(.ndTargetEth, into: &writer)
            default: break
            }
        }

        private static let tunnelFields: [14 of Field] = [
            .tunnelID, .tunnelFlags, .tunnelSource, .tunnelDestination, .tunnelIPv6Source, .tunnelIPv6Destination,
            .tunnelGBPID, .tunnelGBPFlags, .erspanIndex, .erspanVersion, .erspanDirection, .erspanHardware, .gtpuFlags,
            .gtpuMessageType,
        ]
        private func writeOptions(into writer: inout WireWriter) {
            var bits = match.mask[word: FlowKey.optionWord]
            while bits != 0 {
                let index = bits.trailingZeroBitCount
                if let option = match.option(index), let type = OXMType(option.field, version: nil) {
                    type.writeEntry(option, into: &writer)
                }
                bits &= bits &- 1
            }
        }

        private static let serviceHeader: UInt64 = 7 << 49
        private static let serviceFields: [10 of Field] = [
            .nshFlags, .nshTTL, .nshMDType, .nshNextProtocol, .nshPath, .nshIndex, .nshContext1, .nshContext2,
            .nshContext3, .nshContext4,
        ]
        private static let connectionFields: [12 of Field] = [
            .packetMark, .ctState, .ctZone, .ctMark, .ctLabel, .ctIPv4Source, .ctIPv6Source, .ctIPv4Destination,
            .ctIPv6Destination, .ctProtocol, .ctTransportSource, .ctTransportDestination,
        ]

        private func writePipelineFields(into writer: inout WireWriter) {
            if occupied & 0xc001_fc00 != 0 {
                for index in Self.tunnelFields.indices {
                    put(Self.tunnelFields[index], into: &writer)
                    if Self.tunnelFields[index] == .tunnelGBPFlags { writeOptions(into: &writer) }
                }
            }
            if occupied & Self.serviceHeader != 0 {
                for index in Self.serviceFields.indices { put(Self.serviceFields[index], into: &writer) }
            }
            if occupied & 0x3fc != 0 {
                let isWide = version.map { $0 >= .v15 } ?? false
                let first = isWide ? Field.xreg0 : .reg0
                for index in 0..<(isWide ? 8 : 16) as Range<UInt8> {
                    put(Field(rawValue: first.rawValue + index)!, into: &writer)
                }
            }
            if occupied & 0x1ffc_0000 != 0 {
                for index in Self.connectionFields.indices { put(Self.connectionFields[index], into: &writer) }
            }
            put(.metadata, into: &writer)
        }
    }
}
