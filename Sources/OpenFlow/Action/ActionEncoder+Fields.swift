import Switch

// Actions that name fields by the headers of extensible match entries.

extension ActionEncoder {
    /// The entry that names the bits in Nicira's actions.
    static func type(of bits: Subfield, version: OpenFlowVersion? = nil) -> OXMType? {
        if bits.field == .inPort, bits.start + bits.count > 16 { return OXMType(OXMType.openFlowBasic, 0) }
        return type(toSet: bits.field, version: version)
    }

    /// The entry that sets a field. OpenFlow's own of the input port cannot be set; Nicira's can, and has 16 bits.
    static func type(toSet field: Field, version: OpenFlowVersion?) -> OXMType? {
        OXMType(field, version: field == .inPort ? nil : version)
    }

    static func name(_ bits: Subfield, version: OpenFlowVersion?, into writer: inout WireWriter) {
        guard let type = type(of: bits, version: version) else { return writer.zeros(4) }
        type.writeName(of: bits.field, into: &writer)
    }

    /// `ofs_nbits`.
    static func packed(_ bits: Subfield) -> UInt16 {
        UInt16(truncatingIfNeeded: bits.start << 6 | (bits.count - 1) & 63)
    }

    /// Sets a whole field with `OFPAT_SET_FIELD`.
    func setWhole(_ field: Field, _ value: UInt64, into writer: inout WireWriter) {
        setEntry(field, FieldValue(value), nil, into: &writer)
    }

    private func setEntry(_ field: Field, _ value: FieldValue, _ mask: FieldValue?, into writer: inout WireWriter) {
        guard let type = Self.type(toSet: field, version: version) else { return }
        standard(25, into: &writer) { type.writeEntry(field, value, mask: mask, into: &$0) }
    }

    func setField(_ field: Field, _ value: FieldValue, _ mask: FieldValue, into writer: inout WireWriter) {
        let isExact = mask == .ones(field.width)
        if version >= .v15 {
            setEntry(field, value, isExact ? nil : mask, into: &writer)
        } else if version >= .v12, isExact {
            setEntry(field, value, nil, into: &writer)
        } else if version >= .v12 {
            loadSegments(field, value, mask, into: &writer)
        } else {
            setLegacy(field, value, mask, into: &writer)
        }
    }

    /// Masks are OpenFlow 1.5's; before, and before OpenFlow 1.2 at all, it is `NXAST_REG_LOAD2`.
    func setTunnelOption(_ option: TunnelOption, into writer: inout WireWriter) {
        guard let type = OXMType(option.field, version: nil) else { return }
        if version >= .v15 || version >= .v12 && option.mask == nil {
            standard(25, into: &writer) { type.writeEntry(option, into: &$0) }
        } else {
            nicira(33, into: &writer) { type.writeEntry(option, into: &$0) }
        }
    }

    /// In OpenFlow 1.0 and 1.1, which have actions for some fields only.
    private func setLegacy(
        _ field: Field, _ value: FieldValue, _ mask: FieldValue, into writer: inout WireWriter
    ) {
        let number = value.low
        let isOld = version == .v10
        switch field {
        case .vlanTCI:
            guard number & UInt64(FlowKey.vlanPresent) != 0 else {
                return standard(isOld ? 3 : 18, into: &writer) { $0.zeros(4) }
            }
            if !isOld { standard(17, into: &writer) { $0.uint16(0x8100) } }
            standard(1, into: &writer) { $0.uint16(UInt16(truncatingIfNeeded: number & 0xfff)) }
            standard(2, into: &writer) { $0.uint8(UInt8(truncatingIfNeeded: number >> 13)) }
        case .vlanVID:
            standard(1, into: &writer) { $0.uint16(UInt16(truncatingIfNeeded: number & 0xfff)) }
        case .vlanPCP: standard(2, into: &writer) { $0.uint8(UInt8(truncatingIfNeeded: number)) }
        case .ethSource, .ethDestination:
            let type: UInt16 = field == .ethSource ? 4 : 5
            standard(isOld ? type : type - 1, into: &writer) { $0.uint48(number) }
        case .ipv4Source, .ipv4Destination:
            let type: UInt16 = field == .ipv4Source ? 6 : 7
            standard(isOld ? type : type - 1, into: &writer) { $0.uint32(UInt32(truncatingIfNeeded: number)) }
        case .ipToS, .ipDSCP:
            let octet = UInt8(truncatingIfNeeded: field == .ipToS ? number : number << 2)
            standard(isOld ? 8 : 7, into: &writer) { $0.uint8(octet) }
        case .ipECN:
            if isOld {
                load(number, Subfield(.ipECN), into: &writer)
            } else {
                standard(8, into: &writer) { $0.uint8(UInt8(truncatingIfNeeded: number)) }
            }
        case .tcpSource, .udpSource: standard(9, into: &writer) { $0.uint16(UInt16(truncatingIfNeeded: number)) }
        case .tcpDestination, .udpDestination:
            standard(10, into: &writer) { $0.uint16(UInt16(truncatingIfNeeded: number)) }
        default: loadSegments(field, value, mask, into: &writer)
        }
    }

    /// With `NXAST_REG_LOAD` for each run of bits of the mask; with `NXAST_REG_LOAD2` where the field's name is too long
    /// for that.
    private func loadSegments(
        _ field: Field, _ value: FieldValue, _ mask: FieldValue, into writer: inout WireWriter
    ) {
        guard let type = OXMType(field, version: nil) else { return }
        if type.classID == OXMType.experimenterClass {
            let isExact = mask == .ones(field.width)
            return nicira(33, into: &writer) {
                type.writeEntry(field, value, mask: isExact ? nil : mask, into: &$0)
            }
        }
        var start = 0
        let width = field == .inPort ? 16 : field.subfieldWidth
        while start < width {
            let rest = mask >> start
            let zeros = rest.low != 0 ? rest.low.trailingZeroBitCount : 64 + rest.high.trailingZeroBitCount
            start += zeros
            guard start < width else { return }
            let run = min((~(mask >> start)).low.trailingZeroBitCount, width - start)
            load((value >> start & .ones(run)).low, Subfield(field, start: start, count: run), into: &writer)
            start += run
        }
    }

    func load(_ value: UInt64, _ bits: Subfield, into writer: inout WireWriter) {
        if let index = bits.field.tunnelOption {
            let option = TunnelOption(index: index, FieldValue(value), start: bits.start, count: bits.count)
            return setTunnelOption(option, into: &writer)
        }
        let type = Self.type(of: bits)
        if version >= .v15 || type?.classID == OXMType.experimenterClass {
            let mask = FieldValue.ones(bits.count) << bits.start
            let isExact = bits.start == 0 && bits.count == (bits.field == .inPort ? 16 : bits.field.width)
            let shifted = FieldValue(value) << bits.start
            if version >= .v15 { return setEntry(bits.field, shifted, isExact ? nil : mask, into: &writer) }
            return nicira(33, into: &writer) {
                type?.writeEntry(bits.field, shifted, mask: isExact ? nil : mask, into: &$0)
            }
        }
        nicira(7, into: &writer) {
            $0.uint16(Self.packed(bits))
            Self.name(bits, version: nil, into: &$0)
            $0.uint64(value)
        }
    }

    func move(_ source: Subfield, _ target: Subfield, into writer: inout WireWriter) {
        if version >= .v15 {
            return standard(28, into: &writer) {
                $0.uint16(UInt16(target.count))
                $0.uint16(UInt16(source.start))
                $0.uint16(UInt16(target.start))
                $0.zeros(2)
                Self.name(source, version: version, into: &$0)
                Self.name(target, version: version, into: &$0)
            }
        }
        // Open vSwitch prefers this to the ONF's action for OpenFlow 1.3, which older switches do not know.
        nicira(6, into: &writer) {
            $0.uint16(UInt16(target.count))
            $0.uint16(UInt16(source.start))
            $0.uint16(UInt16(target.start))
            Self.name(source, version: nil, into: &$0)
            Self.name(target, version: nil, into: &$0)
        }
    }

    func stack(_ subtype: UInt16, _ bits: Subfield, into writer: inout WireWriter) {
        nicira(subtype, length: 24, into: &writer) {
            $0.uint16(UInt16(bits.start))
            Self.name(bits, version: nil, into: &$0)
            $0.uint16(UInt16(bits.count))
        }
    }
}
