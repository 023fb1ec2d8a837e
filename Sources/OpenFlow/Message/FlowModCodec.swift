import Switch

/// `ofp_flow_mod` of every version and `NXT_FLOW_MOD` (OpenFlow 1.5, 7.3.4.2).
enum FlowModCodec {
    private static let allTables: UInt8 = 0xff
    private static let noBuffer: UInt32 = 0xffff_ffff

    /// - Parameter hasTableID: OpenFlow 1.0: the command's upper byte is a table (`NXT_FLOW_MOD_TABLE_ID`).
    static func decode(
        _ reader: inout WireReader, version: OpenFlowVersion, hasTableID: Bool
    ) throws(OpenFlowError) -> FlowModification {
        if version == .v10 { return try decode10(&reader, hasTableID: hasTableID) }
        let cookie = try reader.uint64()
        let cookieMask = try reader.uint64()
        let table = try reader.uint8()
        let number = try reader.uint8()
        guard let command = FlowModification.Command(rawValue: number) else { throw .flowModFailed(.badCommand) }
        var change = FlowModification(command)
        // A modify of OpenFlow 1.1 that says no cookie adds a flow where it finds none, and this is its cookie.
        if command == .add {
            change.cookie = cookie
        } else {
            change.cookie = cookie
            change.cookieMask = cookieMask
            if version == .v11, command.isModify, cookieMask == 0 { change.newCookie = cookie }
        }
        if table == allTables {
            guard version > .v11, command.isDelete else { throw .flowModFailed(.badTableID) }
            change.table = nil
        } else {
            change.table = table
        }
        change.idleTimeout = try reader.uint16()
        change.hardTimeout = try reader.uint16()
        change.priority = try reader.uint16()
        let buffer = try reader.uint32()
        change.buffer = buffer == noBuffer ? nil : buffer
        change.outPort = try reader.uint32()
        let group = try reader.uint32()
        if command.isDelete { change.outGroup = group }
        let flags = try reader.uint16()
        let importance = try reader.uint16()
        if version >= .v14, command == .add { change.importance = importance }
        change.match = try MatchCodec.decode(&reader, version: version)
        change.instructions = try InstructionCodec.decode(&reader, version: version)
        change.flags = try decode(flags: flags, command, version)
        return change
    }

    private static func decode10(
        _ reader: inout WireReader, hasTableID: Bool
    ) throws(OpenFlowError) -> FlowModification {
        // The lower 22 bits of the wildcards: none set is a flow that is no pattern and comes before all that are.
        let isExact = (reader.peek32() ?? 0) & 0x3f_ffff == 0
        let match = try MatchCodec.decode(&reader, version: .v10)
        let cookie = try reader.uint64()
        var change = try decodeMiddle10(&reader, hasTableID: hasTableID, cookie: cookie)
        let flags = try reader.uint16()
        change.match = match
        if isExact { change.priority = .max }
        change.instructions = try InstructionCodec.decode(&reader, version: .v10)
        change.flags = try decode(flags: flags, change.command, .v10)
        return change
    }

    /// From the command to the output port.
    private static func decodeMiddle10(
        _ reader: inout WireReader, hasTableID: Bool, cookie: UInt64
    ) throws(OpenFlowError) -> FlowModification {
        let number = try reader.uint16()
        let table = hasTableID ? UInt8(number >> 8) : allTables
        guard let command = FlowModification.Command(rawValue: UInt8(truncatingIfNeeded: number)),
            hasTableID || number <= 0xff
        else { throw .flowModFailed(.badCommand) }
        var change = FlowModification(command, table: table == allTables ? nil : table)
        if command == .add { change.cookie = cookie } else { change.newCookie = cookie == .max ? nil : cookie }
        change.idleTimeout = try reader.uint16()
        change.hardTimeout = try reader.uint16()
        change.priority = try reader.uint16()
        let buffer = try reader.uint32()
        change.buffer = buffer == noBuffer ? nil : buffer
        change.outPort = PortNumber.fromShort(try reader.uint16())
        return change
    }

    static func decodeNicira(
        _ reader: inout WireReader, version: OpenFlowVersion, hasTableID: Bool
    ) throws(OpenFlowError) -> FlowModification {
        let cookie = try reader.uint64()
        var change = try decodeMiddle10(&reader, hasTableID: hasTableID, cookie: cookie)
        let flags = try reader.uint16()
        let (match, filter) = try NiciraMatch.decode(&reader, padding: 6)
        change.match = match
        if let filter {
            guard change.command != .add || filter.mask == 0 else { throw .badRequest(.nxmInvalid) }
            change.cookie = filter.value
            change.cookieMask = filter.mask
        }
        change.instructions = try InstructionCodec.decode(&reader, version: .v10)
        change.flags = try decode(flags: flags, change.command, .v10)
        return change
    }

    // MARK: Encoding

    static func encode(
        _ change: FlowModification, version: OpenFlowVersion, hasTableID: Bool, into writer: inout WireWriter
    ) {
        if version == .v10 {
            MatchCodec.encode(change.match, version: .v10, into: &writer)
            writer.uint64(cookie10(change))
            encodeMiddle10(change, hasTableID: hasTableID, into: &writer)
            return InstructionCodec.encode(change.instructions, version: .v10, match: change.match, into: &writer)
        }
        writer.uint64(change.cookieOnWire(version))
        writer.uint64(change.command == .add ? 0 : change.cookieMask)
        writer.uint8(change.table ?? (version > .v11 && change.command.isDelete ? allTables : 0))
        writer.uint8(change.command.rawValue)
        writer.uint16(change.idleTimeout)
        writer.uint16(change.hardTimeout)
        writer.uint16(change.priority)
        writer.uint32(change.buffer ?? noBuffer)
        writer.uint32(change.outPort)
        writer.uint32(change.outGroup)
        writer.uint16(flags(change.flags, version))
        writer.uint16(version >= .v14 && change.command == .add ? change.importance : 0)
        MatchCodec.encode(change.match, version: version, into: &writer)
        InstructionCodec.encode(change.instructions, version: version, match: change.match, into: &writer)
    }

    static func encodeNicira(_ change: FlowModification, hasTableID: Bool, into writer: inout WireWriter) {
        writer.uint64(cookie10(change))
        encodeMiddle10(change, hasTableID: hasTableID, into: &writer)
        let cookie = change.cookieMask == 0 ? nil : (value: change.cookie, mask: change.cookieMask)
        NiciraMatch.encode(change.match, cookie: cookie, padding: 6, into: &writer)
        InstructionCodec.encode(change.instructions, version: .v10, match: change.match, into: &writer)
    }

    private static func cookie10(_ change: FlowModification) -> UInt64 {
        change.command == .add ? change.cookie : change.newCookie ?? .max
    }

    /// From the command to the flags.
    private static func encodeMiddle10(_ change: FlowModification, hasTableID: Bool, into writer: inout WireWriter) {
        let table = hasTableID ? change.table ?? allTables : 0
        writer.uint16(UInt16(table) << 8 | UInt16(change.command.rawValue))
        writer.uint16(change.idleTimeout)
        writer.uint16(change.hardTimeout)
        writer.uint16(change.priority)
        writer.uint32(change.buffer ?? noBuffer)
        writer.uint16(PortNumber.short(change.outPort))
        writer.uint16(flags(change.flags, .v10))
    }

    // MARK: Flags

    private static func known(_ version: OpenFlowVersion) -> UInt16 {
        switch version {
        case .v10, .v11: 0x03
        case .v12: 0x07
        default: 0x1f
        }
    }

    private static let emergency10: UInt16 = 4

    private static func decode(
        flags: UInt16, _ command: FlowModification.Command, _ version: OpenFlowVersion
    ) throws(OpenFlowError) -> FlowModification.Flags {
        var result = FlowModification.Flags(rawValue: UInt32(flags & known(version)))
        var unknown = flags & ~known(version)
        if version == .v10, flags & emergency10 != 0 {
            result.insert(.emergency)
            unknown &= ~emergency10
        }
        guard unknown == 0 else { throw .flowModFailed(.badFlags) }
        // Adding a flow that is there resets its counters up to OpenFlow 1.1, whatever the message says.
        if version <= .v11, command == .add { result.insert(.resetCounts) }
        return result
    }

    /// The flags as a version writes them; what it does not know is left out.
    static func flags(_ flags: FlowModification.Flags, _ version: OpenFlowVersion) -> UInt16 {
        var result = UInt16(truncatingIfNeeded: flags.rawValue) & known(version)
        if version == .v10, flags.contains(.emergency) { result |= emergency10 }
        return result
    }
}

extension FlowModification.Command {
    var isModify: Bool { self == .modify || self == .modifyStrict }
    var isDelete: Bool { self == .delete || self == .deleteStrict }
}

extension FlowModification {
    fileprivate func cookieOnWire(_ version: OpenFlowVersion) -> UInt64 {
        if command == .add { return cookie }
        if version == .v11, command.isModify, cookieMask == 0 { return newCookie ?? 0 }
        return cookie
    }
}

/// The match of Nicira's messages: its length, padding, the entries, and zeros up to a multiple of 8.
enum NiciraMatch {
    typealias Cookie = (value: UInt64, mask: UInt64)

    /// Reads from the length on.
    static func decode(
        _ reader: inout WireReader, padding: Int
    ) throws(OpenFlowError) -> (match: Match, cookie: Cookie?) {
        let length = Int(try reader.uint16())
        try reader.skip(padding)
        return try entries(&reader, length: length)
    }

    static func entries(
        _ reader: inout WireReader, length: Int
    ) throws(OpenFlowError) -> (match: Match, cookie: Cookie?) {
        let result = try MatchCodec.decodeNXM(&reader, length: length)
        try reader.skip((8 - length % 8) % 8)
        return result
    }

    static func encode(_ match: Match, cookie: Cookie? = nil, padding: Int, into writer: inout WireWriter) {
        let lengthAt = writer.count
        writer.zeros(2 + padding)
        entries(match, cookie: cookie, lengthAt: lengthAt, into: &writer)
    }

    static func entries(_ match: Match, cookie: Cookie? = nil, lengthAt: Int, into writer: inout WireWriter) {
        let start = writer.count
        MatchCodec.encodeNXM(match, cookie: cookie, into: &writer)
        writer.patchLength(from: start, at: lengthAt)
        writer.align(to: 8, from: start)
    }
}
