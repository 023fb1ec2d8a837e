import Switch

// Actions that name fields by the headers of extensible match entries.

extension ActionDecoder {
    /// A field, named by an entry's header.
    /// - Returns: nil for a field that is not known.
    private func name(
        _ reader: inout WireReader
    ) throws(OpenFlowError) -> (field: Field, type: OXMType, header: OXMHeader) {
        let header = try OXMHeader(reading: &reader)
        guard let field = header.type.field else { throw .badAction(.badSetType) }
        let count = header.type.valueBytes(of: field)
        guard header.payloadBytes == (header.hasMask ? 2 * count : count) || field.tunnelOption != nil else {
            throw .badAction(.badSetLength)
        }
        return (field, header.type, header)
    }

    /// Bits of a field.
    private func subfield(
        _ field: Field, _ type: OXMType, start: Int, count: Int
    ) throws(OpenFlowError) -> Subfield {
        let width = field == .inPort ? 8 * type.valueBytes(of: field) : field.subfieldWidth
        guard count > 0, start + count <= width else { throw .badAction(.badSetLength) }
        return Subfield(field, start: start, count: count)
    }

    func subfield(
        _ reader: inout WireReader, start: Int, count: Int
    ) throws(OpenFlowError) -> Subfield {
        let (field, type, _) = try name(&reader)
        return try subfield(field, type, start: start, count: count)
    }

    /// A field, named alone.
    func field(_ reader: inout WireReader) throws(OpenFlowError) -> Field { try name(&reader).field }

    /// Bits of a field that an action is to change.
    func destination(
        _ reader: inout WireReader, start: Int, count: Int
    ) throws(OpenFlowError) -> Subfield {
        let bits = try subfield(&reader, start: start, count: count)
        guard bits.field.isWritable else { throw .badAction(.badSetArgument) }
        return bits
    }

    /// Start and count of `ofs_nbits`.
    static func range(_ packed: UInt16) -> (start: Int, count: Int) { (Int(packed >> 6), Int(packed & 63) + 1) }

    /// `OFPAT_SET_FIELD` or `NXAST_REG_LOAD2`, behind type and length.
    func setField(_ reader: inout WireReader, mayMask: Bool) throws(OpenFlowError) -> Action {
        var ahead = reader
        let (option, _, header) = try name(&ahead)
        if let index = option.tunnelOption {
            reader = ahead
            if header.hasMask, !mayMask { throw .badAction(.badSetMask) }
            let setting = try TunnelOption(index: index, header, reading: &reader)
            try reader.skipZeros(reader.remaining, or: .badAction(.badSetArgument))
            return .setTunnelOption(setting)
        }
        let (field, value, mask) = try entry(&reader, mayMask: mayMask)
        if field == .vlanVID {
            let present = FieldValue(FlowKey.vlanPresent)
            guard !(mask & present).isZero, !(value & present).isZero else { throw .badAction(.badSetArgument) }
        }
        return .setField(field, value: value, mask: mask)
    }

    /// An entry with value and perhaps mask, and zeros to the end.
    func entry(
        _ reader: inout WireReader, mayMask: Bool
    ) throws(OpenFlowError) -> (field: Field, value: FieldValue, mask: FieldValue) {
        let (field, type, header) = try name(&reader)
        if header.hasMask, !mayMask { throw .badAction(.badSetMask) }
        let count = type.valueBytes(of: field)
        var value = try reader.value(bytes: count)
        let ones = FieldValue.ones(8 * count)
        var mask = header.hasMask ? try reader.value(bytes: count) : ones
        guard (value & ~mask).isZero else { throw .badMatch(.badWildcards) }
        try reader.skipZeros(reader.remaining, or: .badAction(.badSetArgument))
        guard field.isWritable, !(field == .inPort && type.classID == OXMType.openFlowBasic) else {
            throw .badAction(.badSetArgument)
        }
        let width = FieldValue.ones(field.width)
        guard field.accepts(value) else { throw .badAction(.badSetArgument) }
        if field == .inPort, count == 2 {
            value = FieldValue(PortNumber.fromShort(UInt16(truncatingIfNeeded: value.low)))
            if mask == ones { mask = width }
        }
        return (field, value, mask & width)
    }

    /// `OFPAT_COPY_FIELD`, behind type and length, or the ONF's extension behind its own.
    func copyField(_ reader: inout WireReader) throws(OpenFlowError) -> Action {
        let count = Int(try reader.uint16())
        let from = Int(try reader.uint16())
        let to = Int(try reader.uint16())
        try reader.skip(2)
        return try move(&reader, from: from, to: to, count: count)
    }

    /// The two names of a copy and the zeros behind.
    func move(_ reader: inout WireReader, from: Int, to: Int, count: Int) throws(OpenFlowError) -> Action {
        let source = try subfield(&reader, start: from, count: count)
        let target = try subfield(&reader, start: to, count: count)
        try reader.skipZeros(reader.remaining, or: .badRequest(.mustBeZero))
        guard target.field.isWritable else { throw .badAction(.badSetArgument) }
        return .move(from: source, to: target)
    }
}
