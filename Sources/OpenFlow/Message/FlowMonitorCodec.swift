import Switch

/// Flow monitors: OpenFlow 1.4's multipart message, the ONF's for 1.3, Nicira's before (OpenFlow 1.5, 7.3.5.17;
/// nicira-ext.h).
enum FlowMonitorCodec {
    typealias Monitor = Message.FlowMonitor
    typealias Update = Message.FlowUpdate

    private static let allTables: UInt8 = 0xff
    private static let abbreviated: UInt16 = 4
    private static let paused: UInt16 = 5
    private static let resumed: UInt16 = 6
    /// Nicira's and the ONF's number of an abbreviated update.
    private static let abbreviatedEarly: UInt16 = 3

    // MARK: Requests

    static func decodeRequest(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Monitor {
        var monitor = Monitor(id: try reader.uint32(), flags: [])
        if version >= .v14 {
            monitor.outPort = try reader.uint32()
            monitor.outGroup = try reader.uint32()
            monitor.flags = Monitor.Flags(rawValue: try reader.uint16())
            monitor.table = table(try reader.uint8())
            guard let command = Monitor.Command(rawValue: try reader.uint8()) else {
                throw .flowMonitorFailed(.badCommand)
            }
            monitor.command = command
            // ovs-ofctl leaves the match out of a delete.
            if command == .delete, reader.isAtEnd { return monitor }
            if command != .delete { try check(monitor.flags, known: 0x7f) }
            monitor.match = try MatchCodec.decode(&reader, version: version)
            return monitor
        }
        monitor.flags = Monitor.Flags(rawValue: try reader.uint16())
        try check(monitor.flags, known: 0x3f)
        if version == .v13 {
            try reader.skip(2)
            monitor.outPort = try reader.uint32()
            monitor.table = table(try reader.uint8())
            try reader.skipZeros(3, or: .badRequest(.mustBeZero))
            monitor.match = try MatchCodec.decode(&reader, version: version)
        } else {
            monitor.outPort = PortNumber.fromShort(try reader.uint16())
            let length = Int(try reader.uint16())
            monitor.table = table(try reader.uint8())
            try reader.skipZeros(5, or: .badRequest(.mustBeZero))
            monitor.match = try NiciraMatch.entries(&reader, length: length).match
        }
        return monitor
    }

    private static func table(_ number: UInt8) -> UInt8? { number == allTables ? nil : number }

    private static func check(_ flags: Monitor.Flags, known: UInt16) throws(OpenFlowError) {
        guard flags.rawValue & ~known == 0, !flags.isDisjoint(with: [.add, .removed, .modify]) else {
            throw .flowMonitorFailed(.badFlags)
        }
    }

    static func encodeRequest(_ monitor: Monitor, version: OpenFlowVersion, into writer: inout WireWriter) {
        writer.uint32(monitor.id)
        if version >= .v14 {
            writer.uint32(monitor.outPort)
            writer.uint32(monitor.outGroup)
            writer.uint16(monitor.flags.rawValue)
            writer.uint8(monitor.table ?? allTables)
            writer.uint8(monitor.command.rawValue)
            return MatchCodec.encode(monitor.match, version: version, into: &writer)
        }
        writer.uint16(monitor.flags.rawValue & 0x3f)
        if version == .v13 {
            let lengthAt = writer.count
            writer.zeros(2)
            writer.uint32(monitor.outPort)
            writer.uint8(monitor.table ?? allTables)
            writer.zeros(3)
            let start = writer.count
            MatchCodec.encode(monitor.match, version: version, into: &writer)
            copyMatchLength(from: start, to: lengthAt, in: &writer)
        } else {
            writer.uint16(PortNumber.short(monitor.outPort))
            let lengthAt = writer.count
            writer.zeros(2)
            writer.uint8(monitor.table ?? allTables)
            writer.zeros(5)
            NiciraMatch.entries(monitor.match, lengthAt: lengthAt, into: &writer)
        }
    }

    /// The ONF's messages have the length of the match once more.
    private static func copyMatchLength(from start: Int, to lengthAt: Int, in writer: inout WireWriter) {
        writer.patch16(writer.read16(at: start + 2), at: lengthAt)
    }

    // MARK: Updates

    static func decodeUpdate(_ reader: inout WireReader, version: OpenFlowVersion) throws(OpenFlowError) -> Update {
        guard let length = reader.peek16(), length >= 8, length % 8 == 0 else { throw .badRequest(.badLength) }
        var body = try reader.slice(Int(length))
        try body.skip(2)
        let number = try body.uint16()
        if number == (version >= .v14 ? abbreviated : abbreviatedEarly) {
            let xid = try body.uint32()
            guard body.isAtEnd else { throw .badRequest(.badLength) }
            return .abbreviated(xid: xid)
        }
        if version >= .v14, number == paused || number == resumed {
            try body.skip(4)
            guard body.isAtEnd else { throw .badRequest(.badLength) }
            return number == paused ? .paused : .resumed
        }
        guard let event = Update.Event(rawValue: version >= .v14 ? number : number &+ 1) else {
            throw .badRequest(.flowMonitorBadEvent)
        }
        var change = Update.FlowChange(
            event, table: 0, priority: 0, idleTimeout: 0, hardTimeout: 0, cookie: 0, match: Match())
        if version >= .v14 {
            change.table = try body.uint8()
            change.reason = try reason(UInt16(try body.uint8()), event)
            change.idleTimeout = try body.uint16()
            change.hardTimeout = try body.uint16()
            change.priority = try body.uint16()
            try body.skip(4)
            change.cookie = try body.uint64()
            change.match = try MatchCodec.decode(&body, version: version)
        } else {
            change.reason = try reason(try body.uint16(), event)
            change.priority = try body.uint16()
            change.idleTimeout = try body.uint16()
            change.hardTimeout = try body.uint16()
            let matchLength = Int(try body.uint16())
            change.table = try body.uint8()
            try body.skip(1)
            change.cookie = try body.uint64()
            change.match =
                version == .v13
                ? try MatchCodec.decode(&body, version: version)
                : try NiciraMatch.entries(&body, length: matchLength).match
        }
        // Nicira's updates hold a list of actions.
        if version == .v11 || version == .v12 {
            change.instructions.apply = try ActionCodec.decode(&body, version: version)
        } else {
            change.instructions = try InstructionCodec.decode(&body, version: version)
        }
        return .full(change)
    }

    private static func reason(_ number: UInt16, _ event: Update.Event) throws(OpenFlowError) -> FlowRemovedReason? {
        guard event == .removed else { return nil }
        guard let byte = UInt8(exactly: number), let reason = FlowRemovedReason(rawValue: byte) else {
            throw .badRequest(.badReason)
        }
        return reason
    }

    static func encode(_ update: Update, version: OpenFlowVersion, into writer: inout WireWriter) {
        let start = writer.count
        writer.zeros(2)
        switch update {
        case .abbreviated(let xid):
            writer.uint16(version >= .v14 ? abbreviated : abbreviatedEarly)
            writer.uint32(xid)
        case .paused, .resumed:
            guard version >= .v14 else { return writer.truncate(to: start) }
            writer.uint16(update == .paused ? paused : resumed)
            writer.zeros(4)
        case .full(let change): encode(change, version: version, into: &writer)
        }
        writer.patchLength(from: start, at: start)
    }

    private static func encode(_ change: Update.FlowChange, version: OpenFlowVersion, into writer: inout WireWriter) {
        let reason = change.event == .removed ? (change.reason ?? .delete).rawValue : 0
        if version >= .v14 {
            writer.uint16(change.event.rawValue)
            writer.uint8(change.table)
            writer.uint8(reason)
            writer.uint16(change.idleTimeout)
            writer.uint16(change.hardTimeout)
            writer.uint16(change.priority)
            writer.zeros(4)
            writer.uint64(change.cookie)
            MatchCodec.encode(change.match, version: version, into: &writer)
        } else {
            writer.uint16(change.event == .initial ? 0 : change.event.rawValue - 1)
            writer.uint16(UInt16(reason))
            writer.uint16(change.priority)
            writer.uint16(change.idleTimeout)
            writer.uint16(change.hardTimeout)
            let lengthAt = writer.count
            writer.zeros(2)
            writer.uint8(change.table)
            writer.zeros(1)
            writer.uint64(change.cookie)
            if version == .v13 {
                let start = writer.count
                MatchCodec.encode(change.match, version: version, into: &writer)
                copyMatchLength(from: start, to: lengthAt, in: &writer)
            } else {
                NiciraMatch.entries(change.match, lengthAt: lengthAt, into: &writer)
            }
        }
        if version == .v11 || version == .v12 {
            ActionCodec.encode(change.instructions.apply, version: version, match: change.match, into: &writer)
        } else {
            InstructionCodec.encode(change.instructions, version: version, match: change.match, into: &writer)
        }
    }
}
