import Switch

/// The match of flow entries as each version writes it: OpenFlow 1.0's fixed structure, 1.1's, and the extensible match
/// with its header and padding from 1.2 on (OpenFlow 1.5, 7.2.3).
public enum MatchCodec {
    /// `ofp_match_type`.
    static let standardType: UInt16 = 0
    static let extensibleType: UInt16 = 1

    /// Reads a match and the padding behind it.
    public static func decode(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Match {
        try decode(&reader, version: version, context: .match)
    }

    /// Reads a match that stands in a request for statistics: fields that are not known here match nothing more and are
    /// passed over.
    public static func decodeFilter(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Match {
        try decode(&reader, version: version, context: .filter)
    }

    /// Reads a match that describes a packet, as in a packet-in: its fields need no prerequisites.
    public static func decodePacketFields(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Match {
        try decode(&reader, version: version, context: .packet)
    }

    private static func decode(
        _ reader: inout WireReader, version: OpenFlowVersion, context: OXMCodec.Context
    ) throws(OpenFlowError) -> Match {
        let outside = reader.shortage
        reader.shortage = .badMatch(.badLength)
        defer { reader.shortage = outside }
        if version == .v10 { return try FixedMatch.decode10(&reader) }
        let start = reader.position
        let type = try reader.uint16()
        let length = Int(try reader.uint16())
        switch type {
        case standardType where version == .v11:
            guard length == FixedMatch.byteCount11 else { throw .badMatch(.badLength) }
            return try FixedMatch.decode11(&reader)
        // Open vSwitch writes this one in OpenFlow 1.1 too, and takes it.
        case extensibleType:
            guard length >= 4 else { throw .badMatch(.badLength) }
            var entries = try reader.slice(length - 4)
            let match = try OXMCodec.decode(&entries, context)
            try reader.align(to: 8, from: start)
            return match
        default: throw .badMatch(.badType)
        }
    }

    /// Writes a match, with the padding from OpenFlow 1.2 on.
    public static func encode(_ match: Match, version: OpenFlowVersion, into writer: inout WireWriter) {
        switch version {
        case .v10: FixedMatch.encode10(match, into: &writer)
        case .v11: FixedMatch.encode11(match, into: &writer)
        default: encodeExtensible(match, version: version, into: &writer)
        }
    }

    /// Writes the match of a flow that a switch tells of. What OpenFlow 1.1's structure cannot say, IPv6 for instance, is
    /// written as an extensible match there too, as Open vSwitch does, so that nothing is left out.
    public static func encodeTold(_ match: Match, version: OpenFlowVersion, into writer: inout WireWriter) {
        if version == .v11 && !FixedMatch.says11(match) {
            encodeExtensible(match, version: version, into: &writer)
        } else {
            encode(match, version: version, into: &writer)
        }
    }

    private static func encodeExtensible(_ match: Match, version: OpenFlowVersion, into writer: inout WireWriter) {
        let start = writer.count
        writer.uint16(extensibleType)
        writer.zeros(2)
        OXMCodec.encode(match, version: version, into: &writer)
        writer.patchLength(from: start)
        writer.align(to: 8, from: start)
    }

    // MARK: Without a header

    /// Reads the `length` bytes of a Nicira extended match (`nx_match`), which may hold a cookie; the padding behind is
    /// the caller's.
    public static func decodeNXM(
        _ reader: inout WireReader, length: Int
    ) throws(OpenFlowError) -> (match: Match, cookie: (value: UInt64, mask: UInt64)?) {
        var entries = try reader.slice(length, shortage: .badMatch(.badLength))
        var cookie: OXMCodec.Cookie?
        let match = try OXMCodec.decode(&entries, .match, cookie: &cookie)
        return (match, cookie.map { ($0.value, $0.mask) })
    }

    /// Writes a Nicira extended match without padding.
    public static func encodeNXM(
        _ match: Match, cookie: (value: UInt64, mask: UInt64)? = nil, into writer: inout WireWriter
    ) {
        OXMCodec.encode(match, version: nil, into: &writer)
        guard let cookie, cookie.mask != 0 else { return }
        let isExact = cookie.mask == .max
        OXMType.cookie.writeHeader(hasMask: !isExact, length: isExact ? 8 : 16, into: &writer)
        writer.uint64(cookie.value & cookie.mask)
        if !isExact { writer.uint64(cookie.mask) }
    }

    /// Reads entries to the end of the reader: the fields of a packet (packet-in2, packet-out of OpenFlow 1.5).
    public static func decodeOXMList(_ reader: inout WireReader) throws(OpenFlowError) -> Match {
        try OXMCodec.decode(&reader, .packet)
    }

    /// Writes the entries of a match.
    /// - Parameter version: whose entries to prefer; nil: Nicira's.
    public static func encodeOXMList(_ match: Match, version: OpenFlowVersion?, into writer: inout WireWriter) {
        OXMCodec.encode(match, version: version, into: &writer)
    }
}
