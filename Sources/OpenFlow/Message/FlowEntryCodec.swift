import Switch

/// Flows in multipart messages: which are asked for, and what they are (OpenFlow 1.5, 7.3.5.2 to 7.3.5.4).
enum FlowEntryCodec {
    private static let allTables: UInt8 = 0xff

    // MARK: Requests

    static func decodeRequest(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Message.FlowRequest {
        var request = Message.FlowRequest()
        if version == .v10 {
            request.match = try MatchCodec.decode(&reader, version: version)
            request.table = table(try reader.uint8())
            try reader.skip(1)
            request.outPort = PortNumber.fromShort(try reader.uint16())
        } else {
            request.table = table(try reader.uint8())
            try reader.skip(3)
            request.outPort = try reader.uint32()
            request.outGroup = try reader.uint32()
            try reader.skip(4)
            request.cookie = try reader.uint64()
            request.cookieMask = try reader.uint64()
            request.match = try MatchCodec.decodeFilter(&reader, version: version)
        }
        guard reader.isAtEnd else { throw .badRequest(.badLength) }
        return request
    }

    static func decodeNiciraRequest(_ reader: inout WireReader) throws(OpenFlowError) -> Message.FlowRequest {
        var request = Message.FlowRequest(outPort: PortNumber.fromShort(try reader.uint16()))
        let length = Int(try reader.uint16())
        request.table = table(try reader.uint8())
        try reader.skip(3)
        let (match, cookie) = try NiciraMatch.entries(&reader, length: length)
        request.match = match
        request.cookie = cookie?.value ?? 0
        request.cookieMask = cookie?.mask ?? 0
        guard reader.isAtEnd else { throw .badRequest(.badLength) }
        return request
    }

    private static func table(_ number: UInt8) -> UInt8? { number == allTables ? nil : number }

    static func encodeRequest(
        _ request: Message.FlowRequest, version: OpenFlowVersion, into writer: inout WireWriter
    ) {
        if version == .v10 {
            MatchCodec.encode(request.match, version: version, into: &writer)
            writer.uint8(request.table ?? allTables)
            writer.zeros(1)
            return writer.uint16(PortNumber.short(request.outPort))
        }
        writer.uint8(request.table ?? allTables)
        writer.zeros(3)
        writer.uint32(request.outPort)
        writer.uint32(request.outGroup)
        writer.zeros(4)
        writer.uint64(request.cookie)
        writer.uint64(request.cookieMask)
        MatchCodec.encode(request.match, version: version, into: &writer)
    }

    static func encodeNiciraRequest(_ request: Message.FlowRequest, into writer: inout WireWriter) {
        writer.uint16(PortNumber.short(request.outPort))
        let lengthAt = writer.count
        writer.zeros(2)
        writer.uint8(request.table ?? allTables)
        writer.zeros(3)
        let cookie = request.cookieMask == 0 ? nil : (value: request.cookie, mask: request.cookieMask)
        NiciraMatch.entries(request.match, cookie: cookie, lengthAt: lengthAt, into: &writer)
    }

    // MARK: Flows

    private static let second: UInt64 = 1_000_000_000

    private static func emptySnapshot() -> FlowSnapshot {
        FlowSnapshot(
            table: 0, priority: 0, match: Match(), cookie: 0, instructions: Instructions(), idleTimeout: 0,
            hardTimeout: 0, importance: 0, flags: [], age: 0, idle: .max, packets: .max, bytes: .max)
    }

    static func decode(_ reader: inout WireReader, version: OpenFlowVersion) throws(OpenFlowError) -> FlowSnapshot {
        guard let length = reader.peek16() else { throw .badRequest(.badLength) }
        var body = try reader.slice(Int(length))
        try body.skip(2)
        var flow = emptySnapshot()
        if version >= .v15 {
            try body.skip(2)
            flow.table = try body.uint8()
            try body.skip(1)
            flow.priority = try body.uint16()
            flow.idleTimeout = try body.uint16()
            flow.hardTimeout = try body.uint16()
            flow.flags = FlowModification.Flags(rawValue: UInt32(try body.uint16()))
            flow.importance = try body.uint16()
            flow.cookie = try body.uint64()
            flow.match = try MatchCodec.decode(&body, version: version)
            let statistics = try StatisticsCodec.decode(&body)
            flow.age = statistics.duration ?? 0
            flow.idle = statistics.idleTime ?? .max
            flow.packets = statistics.packets ?? .max
            flow.bytes = statistics.bytes ?? .max
            flow.instructions = try InstructionCodec.decode(&body, version: version)
            return flow
        }
        flow.table = try body.uint8()
        try body.skip(1)
        if version == .v10 { flow.match = try MatchCodec.decode(&body, version: version) }
        flow.age = try body.duration()
        flow.priority = try body.uint16()
        flow.idleTimeout = try body.uint16()
        flow.hardTimeout = try body.uint16()
        let flags = try body.uint16()
        let importance = try body.uint16()
        try body.skip(2)
        if version >= .v13 { flow.flags = FlowModification.Flags(rawValue: UInt32(flags)) }
        if version >= .v14 { flow.importance = importance }
        flow.cookie = try body.uint64()
        flow.packets = try body.uint64()
        flow.bytes = try body.uint64()
        if version > .v10 { flow.match = try MatchCodec.decode(&body, version: version) }
        flow.instructions = try InstructionCodec.decode(&body, version: version)
        return flow
    }

    static func decodeNicira(_ reader: inout WireReader) throws(OpenFlowError) -> FlowSnapshot {
        guard let length = reader.peek16() else { throw .badRequest(.badLength) }
        var body = try reader.slice(Int(length))
        try body.skip(2)
        var flow = emptySnapshot()
        flow.table = try body.uint8()
        try body.skip(1)
        flow.age = try body.duration()
        flow.priority = try body.uint16()
        flow.idleTimeout = try body.uint16()
        flow.hardTimeout = try body.uint16()
        let matchLength = Int(try body.uint16())
        flow.idle = seconds(plusOne: try body.uint16()) ?? .max
        flow.sinceModified = seconds(plusOne: try body.uint16())
        flow.cookie = try body.uint64()
        flow.packets = try body.uint64()
        flow.bytes = try body.uint64()
        flow.match = try NiciraMatch.entries(&body, length: matchLength).match
        flow.instructions = try InstructionCodec.decode(&body, version: .v10)
        return flow
    }

    /// Nicira's ages are seconds, and one more; 0 says nothing.
    private static func seconds(plusOne value: UInt16) -> UInt64? {
        value == 0 ? nil : UInt64(value - 1) * second
    }

    private static func plusOne(_ nanoseconds: UInt64?) -> UInt16 {
        guard let nanoseconds, nanoseconds != .max else { return 0 }
        return UInt16(min(nanoseconds / second, 0xfffe)) + 1
    }

    static func encode(_ flow: FlowSnapshot, version: OpenFlowVersion, into writer: inout WireWriter) {
        let start = writer.count
        if version >= .v15 {
            writer.zeros(4)
            writer.uint8(flow.table)
            writer.zeros(1)
            writer.uint16(flow.priority)
            writer.uint16(flow.idleTimeout)
            writer.uint16(flow.hardTimeout)
            writer.uint16(FlowModCodec.flags(flow.flags, version))
            writer.uint16(flow.importance)
            writer.uint64(flow.cookie)
            MatchCodec.encode(flow.match, version: version, into: &writer)
            StatisticsCodec.encode(
                FlowStatistics(
                    duration: flow.age, idleTime: flow.idle == .max ? nil : flow.idle,
                    packets: flow.packets == .max ? nil : flow.packets, bytes: flow.bytes == .max ? nil : flow.bytes),
                into: &writer)
        } else {
            writer.zeros(2)
            writer.uint8(flow.table)
            writer.zeros(1)
            if version == .v10 { MatchCodec.encode(flow.match, version: version, into: &writer) }
            writer.duration(flow.age)
            writer.uint16(flow.priority)
            writer.uint16(flow.idleTimeout)
            writer.uint16(flow.hardTimeout)
            writer.uint16(version >= .v13 ? FlowModCodec.flags(flow.flags, version) : 0)
            writer.uint16(version >= .v14 ? flow.importance : 0)
            writer.zeros(2)
            writer.uint64(flow.cookie)
            writer.uint64(flow.packets)
            writer.uint64(flow.bytes)
            if version > .v10 { MatchCodec.encodeTold(flow.match, version: version, into: &writer) }
        }
        InstructionCodec.encode(flow.instructions, version: version, match: flow.match, into: &writer)
        writer.patchLength(from: start, at: start)
    }

    static func encodeNicira(_ flow: FlowSnapshot, into writer: inout WireWriter) {
        let start = writer.count
        writer.zeros(2)
        writer.uint8(flow.table)
        writer.zeros(1)
        writer.duration(flow.age)
        writer.uint16(flow.priority)
        writer.uint16(flow.idleTimeout)
        writer.uint16(flow.hardTimeout)
        let lengthAt = writer.count
        writer.zeros(2)
        writer.uint16(plusOne(flow.idle))
        writer.uint16(plusOne(flow.sinceModified))
        writer.uint64(flow.cookie)
        writer.uint64(flow.packets)
        writer.uint64(flow.bytes)
        NiciraMatch.entries(flow.match, lengthAt: lengthAt, into: &writer)
        InstructionCodec.encode(flow.instructions, version: .v10, match: flow.match, into: &writer)
        writer.patchLength(from: start, at: start)
    }

    // MARK: Statistics (OpenFlow 1.5)

    static func decodeStatistics(_ reader: inout WireReader) throws(OpenFlowError) -> Message.FlowStatisticsEntry {
        guard let length = reader.peek16() else { throw .badRequest(.badLength) }
        var body = try reader.slice(Int(length))
        try body.skip(4)
        let table = try body.uint8()
        guard let reason = Message.FlowStatisticsEntry.Reason(rawValue: try body.uint8()) else {
            throw .badRequest(.badReason)
        }
        let priority = try body.uint16()
        let match = try MatchCodec.decode(&body, version: .v15)
        return Message.FlowStatisticsEntry(
            table: table, reason: reason, priority: priority, match: match,
            statistics: try StatisticsCodec.decode(&body))
    }

    static func encode(_ entry: Message.FlowStatisticsEntry, into writer: inout WireWriter) {
        let start = writer.count
        writer.zeros(4)
        writer.uint8(entry.table)
        writer.uint8(entry.reason.rawValue)
        writer.uint16(entry.priority)
        MatchCodec.encode(entry.match, version: .v15, into: &writer)
        StatisticsCodec.encode(entry.statistics, into: &writer)
        writer.patchLength(from: start, at: start)
    }
}
