import Switch

/// Lists of extensible match entries: OpenFlow's OXM and Nicira's NXM, which differ in which entry a field is written as.
///
/// Reading takes both, in any version, as Open vSwitch does.
enum OXMCodec {
    /// Where a list is read, which decides what is allowed in it.
    enum Context {
        /// A match that selects flows: prerequisites must stand before what needs them, unknown fields are errors.
        case match
        /// The pipeline fields of a packet: no prerequisites.
        case packet
        /// A match in a request that only filters: unknown fields are passed over.
        case filter
    }

    /// A cookie that stands in an NXM match.
    struct Cookie: Equatable {
        var value: UInt64
        var mask: UInt64
    }

    /// Reads entries to the end of the reader.
    /// - Parameter cookie: takes the `NXM_NX_COOKIE`; nil where none is allowed.
    static func decode(
        _ reader: inout WireReader, _ context: Context, cookie: UnsafeMutablePointer<Cookie?>? = nil
    ) throws(OpenFlowError) -> Match {
        var match = Match()
        reader.shortage = .badMatch(.badLength)
        while !reader.isAtEnd {
            let header = try OXMHeader(reading: &reader)
            guard let field = header.type.field else {
                if context != .filter { throw .badMatch(.badField) }
                try reader.skip(header.payloadBytes)
                continue
            }
            if let index = field.tunnelOption {
                let option = try TunnelOption(index: index, header, reading: &reader)
                guard match.mask[field].isZero else { throw .badMatch(.duplicateField) }
                match.set(option)
                continue
            }
            let count = header.type.valueBytes(of: field)
            guard header.payloadBytes == (header.hasMask ? 2 * count : count) else {
                if field == .mplsTTL, let cookie, header.payloadBytes == (header.hasMask ? 16 : 8) {
                    guard cookie.pointee == nil else { throw .badMatch(.duplicateField) }
                    let value = try reader.uint64()
                    let mask = header.hasMask ? try reader.uint64() : .max
                    guard value & ~mask == 0 else { throw .badMatch(.badWildcards) }
                    cookie.pointee = Cookie(value: value, mask: mask)
                    continue
                }
                throw .badMatch(.badLength)
            }
            var value = try reader.value(bytes: count)
            let ones = FieldValue.ones(8 * count)
            var mask = header.hasMask ? try reader.value(bytes: count) : ones
            guard (value & ~mask).isZero else { throw .badMatch(.badWildcards) }
            if header.hasMask, !field.isMaskable, mask != ones, !mask.isZero { throw .badMatch(.badMask) }
            guard field.accepts(value) else { throw .badMatch(.badValue) }
            if context == .match, !field.isPrerequisiteMet(by: match) { throw .badMatch(.badPrerequisite) }
            if field == .inPort, count == 2 {
                value = FieldValue(PortNumber.fromShort(UInt16(truncatingIfNeeded: value.low)))
                if mask == ones { mask = .ones(32) }
            }
            try match.add(field, value, mask & field.validBits)
        }
        return match
    }

    /// Writes the fields of a match.
    /// - Parameter version: whose entries to prefer; nil: Nicira's.
    static func encode(_ match: Match, version: OpenFlowVersion?, into writer: inout WireWriter) {
        let encoder = Encoder(match: match, version: version)
        encoder.write(into: &writer)
    }
}

extension Field {
    @inline(__always)
    func isPrerequisiteMet(by match: Match) -> Bool { prerequisite == .none || prerequisite.isMet(by: match) }
}

extension Match {
    /// Asks for a field that a list of entries names; refuses what was asked for before.
    @inline(__always)
    fileprivate mutating func add(
        _ field: Field, _ value: FieldValue, _ mask: FieldValue
    ) throws(OpenFlowError) {
        switch field {
        case .vlanVID:
            guard self.mask[.vlanVID].isZero else { throw .badMatch(.duplicateField) }
            set(.vlanVID, value, mask: mask)
        case .vlanPCP:
            guard self.mask[.vlanPCP].isZero else { throw .badMatch(.duplicateField) }
            let present = UInt64(FlowKey.vlanPresent)
            set(
                .vlanTCI, key[.vlanTCI] | FieldValue(value.low << 13 | present),
                mask: self.mask[.vlanTCI] | FieldValue(mask.low << 13 | present))
        case .ipToS, .ipDSCP:
            guard (self.mask[.ipToS] & FieldValue(0xfc)).isZero else { throw .badMatch(.duplicateField) }
            let shift = field == .ipDSCP ? 2 : 0
            set(.ipToS, key[.ipToS] | value << shift, mask: self.mask[.ipToS] | mask << shift)
        default:
            guard self.mask[field].isZero else { throw .badMatch(.duplicateField) }
            set(field, value, mask: mask)
        }
    }
}
