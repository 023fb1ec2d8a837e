import Switch

/// Flows that are gone: `ofp_flow_removed` of every version and `NXT_FLOW_REMOVED` (OpenFlow 1.5, 7.4.2).
enum FlowRemovedCodec {
    static func decode(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Message.FlowRemoved {
        var removed = Message.FlowRemoved(
            reason: .delete, table: nil, priority: 0, match: Match(), cookie: 0, idleTimeout: 0, hardTimeout: 0,
            statistics: FlowStatistics())
        if version >= .v15 {
            removed.table = try reader.uint8()
            removed.reason = try reason(&reader)
            removed.priority = try reader.uint16()
            removed.idleTimeout = try reader.uint16()
            removed.hardTimeout = try reader.uint16()
            removed.cookie = try reader.uint64()
            removed.match = try MatchCodec.decode(&reader, version: version)
            removed.statistics = try StatisticsCodec.decode(&reader)
        } else {
            if version == .v10 { removed.match = try MatchCodec.decode(&reader, version: version) }
            removed.cookie = try reader.uint64()
            removed.priority = try reader.uint16()
            removed.reason = try reason(&reader)
            let table = try reader.uint8()
            if version > .v10 { removed.table = table }
            removed.statistics.duration = try reader.duration()
            removed.idleTimeout = try reader.uint16()
            let hardTimeout = try reader.uint16()
            if version >= .v12 { removed.hardTimeout = hardTimeout }
            removed.statistics.packets = try reader.uint64()
            removed.statistics.bytes = try reader.uint64()
            if version > .v10 { removed.match = try MatchCodec.decode(&reader, version: version) }
        }
        guard reader.isAtEnd else { throw .badRequest(.badLength) }
        return removed
    }

    static func decodeNicira(_ reader: inout WireReader) throws(OpenFlowError) -> Message.FlowRemoved {
        var removed = Message.FlowRemoved(
            reason: .delete, table: nil, priority: 0, match: Match(), cookie: try reader.uint64(), idleTimeout: 0,
            hardTimeout: 0, statistics: FlowStatistics())
        removed.priority = try reader.uint16()
        removed.reason = try reason(&reader)
        let table = try reader.uint8()
        removed.table = table == 0 ? nil : table - 1
        removed.statistics.duration = try reader.duration()
        removed.idleTimeout = try reader.uint16()
        let length = Int(try reader.uint16())
        removed.statistics.packets = try reader.uint64()
        removed.statistics.bytes = try reader.uint64()
        removed.match = try NiciraMatch.entries(&reader, length: length).match
        guard reader.isAtEnd else { throw .badRequest(.badLength) }
        return removed
    }

    private static func reason(_ reader: inout WireReader) throws(OpenFlowError) -> FlowRemovedReason {
        guard let reason = FlowRemovedReason(rawValue: try reader.uint8()) else { throw .badRequest(.badReason) }
        return reason
    }

    // MARK: Encoding

    static func encode(_ removed: Message.FlowRemoved, version: OpenFlowVersion, into writer: inout WireWriter) {
        if version >= .v15 {
            writer.uint8(removed.table ?? 0)
            writer.uint8(removed.reason.rawValue)
            writer.uint16(removed.priority)
            writer.uint16(removed.idleTimeout)
            writer.uint16(removed.hardTimeout)
            writer.uint64(removed.cookie)
            MatchCodec.encode(removed.match, version: version, into: &writer)
            return StatisticsCodec.encode(removed.statistics, into: &writer)
        }
        if version == .v10 { MatchCodec.encode(removed.match, version: version, into: &writer) }
        writer.uint64(removed.cookie)
        writer.uint16(removed.priority)
        writer.uint8(reason(removed.reason, version))
        writer.uint8(version == .v10 ? 0 : removed.table ?? 0)
        writer.duration(removed.statistics.duration ?? 0)
        writer.uint16(removed.idleTimeout)
        writer.uint16(version >= .v12 ? removed.hardTimeout : 0)
        writer.uint64(removed.statistics.packets ?? .max)
        writer.uint64(removed.statistics.bytes ?? .max)
        if version > .v10 { MatchCodec.encodeTold(removed.match, version: version, into: &writer) }
    }

    static func encodeNicira(_ removed: Message.FlowRemoved, into writer: inout WireWriter) {
        writer.uint64(removed.cookie)
        writer.uint16(removed.priority)
        writer.uint8(reason(removed.reason, .v10))
        writer.uint8(removed.table.map { $0 &+ 1 } ?? 0)
        writer.duration(removed.statistics.duration ?? 0)
        writer.uint16(removed.idleTimeout)
        let lengthAt = writer.count
        writer.zeros(2)
        writer.uint64(removed.statistics.packets ?? .max)
        writer.uint64(removed.statistics.bytes ?? .max)
        NiciraMatch.entries(removed.match, lengthAt: lengthAt, into: &writer)
    }

    /// A reason that a version does not have is a deletion there.
    private static func reason(_ reason: FlowRemovedReason, _ version: OpenFlowVersion) -> UInt8 {
        switch reason {
        case .groupDelete where version == .v10: FlowRemovedReason.delete.rawValue
        case .meterDelete where version < .v14, .eviction where version < .v14: FlowRemovedReason.delete.rawValue
        default: reason.rawValue
        }
    }
}
