import Switch

/// The header of an entry of an extensible match.
struct OXMHeader {
    var type: OXMType
    var hasMask: Bool
    /// Bytes of value and mask.
    var payloadBytes: Int

    /// Reads the header: 4 bytes, or 8 of an experimenter's.
    @inline(__always)
    init(reading reader: inout WireReader) throws(OpenFlowError) {
        let word = try reader.uint32()
        var length = Int(word & 0xff)
        var type = OXMType(UInt16(word >> 16), UInt8(word >> 9 & 0x7f))
        if type.classID == OXMType.experimenterClass {
            type.experimenter = try reader.uint32()
            length -= 4
            guard length >= 0 else { throw reader.shortage }
        }
        self.type = type
        hasMask = word & 0x100 != 0
        payloadBytes = length
    }

    /// Bytes of the value.
    var valueBytes: Int { hasMask ? payloadBytes / 2 : payloadBytes }
}

extension OXMType {
    /// Bytes of the value of `field` in an entry of this type.
    @inline(__always)
    func valueBytes(of field: Field) -> Int {
        // Of options, the most that there may be.
        if field.tunnelOption != nil { return TunnelOption.maximumByteCount }
        return switch field.width {
        case ...8: 1
        case ...16: 2
        // Of 20 bits: MPLS labels and flow labels have 32 on the wire; of 24 bits, paths of NSH too.
        case 24: field == .nshPath ? 4 : 3
        case ...32: field == .inPort && classID == Self.niciraBasic ? 2 : 4
        case ...48: 6
        case ...64: 8
        default: 16
        }
    }

    /// Writes the header of an entry of `field`.
    /// - Parameter length: bytes of value and mask.
    func writeHeader(hasMask: Bool, length: Int, into writer: inout WireWriter) {
        let total = length + headerBytes - 4
        writer.uint32(
            UInt32(classID) << 16 | UInt32(number) << 9 | (hasMask ? 0x100 : 0) | UInt32(total))
        if classID == Self.experimenterClass { writer.uint32(experimenter) }
    }

    /// Writes a header that only names `field`, as actions do.
    func writeName(of field: Field, into writer: inout WireWriter) {
        writeHeader(hasMask: false, length: valueBytes(of: field), into: &writer)
    }

    /// Writes an entry.
    /// - Parameter mask: nil: exact.
    func writeEntry(_ field: Field, _ value: FieldValue, mask: FieldValue?, into writer: inout WireWriter) {
        let bytes = valueBytes(of: field)
        writeHeader(hasMask: mask != nil, length: mask == nil ? bytes : 2 * bytes, into: &writer)
        writer.value(value, bytes: bytes)
        if let mask { writer.value(mask, bytes: bytes) }
    }
}

extension OXMType {
    /// Writes an entry of an option, as long as its value.
    func writeEntry(_ option: TunnelOption, into writer: inout WireWriter) {
        let bytes = option.value.count
        writeHeader(hasMask: option.mask != nil, length: option.mask == nil ? bytes : 2 * bytes, into: &writer)
        writer.bytes(option.value)
        if let mask = option.mask { writer.bytes(mask) }
    }
}

extension TunnelOption {
    /// Reads value and mask behind the header of an entry.
    init(index: Int, _ header: OXMHeader, reading reader: inout WireReader) throws(OpenFlowError) {
        let count = header.valueBytes
        guard count <= Self.maximumByteCount, header.payloadBytes == (header.hasMask ? 2 * count : count) else {
            throw reader.shortage
        }
        var value = try reader.slice(count)
        let bytes = value.rest()
        guard header.hasMask else {
            self.init(index: index, value: bytes)
            return
        }
        var mask = try reader.slice(count)
        let bits = mask.rest()
        guard zip(bytes, bits).allSatisfy({ $0 & ~$1 == 0 }) else { throw .badMatch(.badWildcards) }
        self.init(index: index, value: bytes, mask: bits)
    }
}
