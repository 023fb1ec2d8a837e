import Switch

/// Packets for the controllers: `ofp_packet_in` of every version, `NXT_PACKET_IN` and `NXT_PACKET_IN2`, and `NXT_RESUME`
/// (OpenFlow 1.5, 7.4.1; nicira-ext.h).
enum PacketInCodec {
    private static let noBuffer: UInt32 = 0xffff_ffff

    private enum Property {
        static let packet: UInt16 = 0
        static let fullLength: UInt16 = 1
        static let buffer: UInt16 = 2
        static let table: UInt16 = 3
        static let cookie: UInt16 = 4
        static let reason: UInt16 = 5
        static let metadata: UInt16 = 6
        static let userData: UInt16 = 7
        /// From here on the switch's own, which the controller gives back unread.
        static let continuation: UInt16 = 8
    }

    // MARK: Decoding

    static func decode(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Message.PacketIn {
        var packet = Message.PacketIn(reason: .action, fields: Match(), data: [])
        packet.buffer = buffer(try reader.uint32())
        if version == .v11 {
            packet.fields.set(.inPort, try reader.uint32())
            let physical = try reader.uint32()
            if FieldValue(physical) != packet.fields.key[.inPort] { packet.fields.set(.inPhysicalPort, physical) }
        }
        packet.totalLength = UInt32(try reader.uint16())
        if version == .v10 {
            packet.fields.set(.inPort, PortNumber.fromShort(try reader.uint16()))
            packet.reason = try reason(&reader)
            try reader.skip(1)
        } else {
            packet.reason = try reason(&reader)
            packet.table = try reader.uint8()
            if version >= .v13 { packet.cookie = try reader.uint64() }
            if version >= .v12 {
                packet.fields = try MatchCodec.decodePacketFields(&reader, version: version)
                try reader.skip(2)
            }
        }
        packet.data = reader.rest()
        return packet
    }

    static func decodeNicira(_ reader: inout WireReader) throws(OpenFlowError) -> Message.PacketIn {
        var packet = Message.PacketIn(reason: .action, fields: Match(), data: [])
        packet.buffer = buffer(try reader.uint32())
        packet.totalLength = UInt32(try reader.uint16())
        packet.reason = try reason(&reader)
        packet.table = try reader.uint8()
        packet.cookie = try reader.uint64()
        let length = Int(try reader.uint16())
        try reader.skip(6)
        var entries = try reader.slice(length, shortage: .badMatch(.badLength))
        packet.fields = try MatchCodec.decodeOXMList(&entries)
        try reader.skip((8 - length % 8) % 8 + 2)
        packet.data = reader.rest()
        return packet
    }

    static func decodeNicira2(_ reader: inout WireReader) throws(OpenFlowError) -> Message.PacketIn {
        var packet = Message.PacketIn(reason: .action, fields: Match(), data: [])
        var fullLength: UInt32?
        while !reader.isAtEnd {
            let (type, bytes) = try reader.property()
            var property = bytes
            switch type {
            case Property.packet: packet.data = property.rest()
            case Property.fullLength: fullLength = try property.uint32()
            case Property.buffer: packet.buffer = buffer(try property.uint32())
            case Property.table: packet.table = try property.uint8()
            case Property.cookie:
                try property.skip(4)
                packet.cookie = try property.uint64()
            case Property.reason: packet.reason = try reason(&property)
            case Property.metadata:
                packet.fields = try MatchCodec.decodeOXMList(&property)
            case Property.userData: packet.userData = property.rest()
            case Property.continuation:
                try property.skip(4)
                packet.continuation = property.rest()
            default: throw .badProperty(.badType)
            }
        }
        packet.totalLength = fullLength ?? UInt32(packet.data.count)
        return packet
    }

    private static func buffer(_ number: UInt32) -> UInt32? { number == noBuffer ? nil : number }

    private static func reason(_ reader: inout WireReader) throws(OpenFlowError) -> PacketInReason {
        guard let reason = PacketInReason(rawValue: try reader.uint8()) else { throw .badRequest(.badReason) }
        return reason
    }

    // MARK: Encoding

    static func encode(_ packet: Message.PacketIn, version: OpenFlowVersion, into writer: inout WireWriter) {
        writer.uint32(packet.buffer ?? noBuffer)
        let port = UInt32(truncatingIfNeeded: packet.fields.key[.inPort].low)
        if version == .v11 {
            writer.uint32(port)
            let physical = UInt32(truncatingIfNeeded: packet.fields.key[.inPhysicalPort].low)
            writer.uint32(physical == 0 ? port : physical)
        }
        writer.uint16(UInt16(clamping: packet.totalLength))
        if version == .v10 {
            writer.uint16(PortNumber.short(port))
            writer.uint8(reason(packet.reason, version))
            writer.zeros(1)
        } else {
            writer.uint8(reason(packet.reason, version))
            writer.uint8(packet.table)
            if version >= .v13 { writer.uint64(packet.cookie) }
            if version >= .v12 {
                MatchCodec.encode(packet.fields, version: version, into: &writer)
                writer.zeros(2)
            }
        }
        writer.bytes(packet.data)
    }

    static func encodeNicira(_ packet: Message.PacketIn, version: OpenFlowVersion, into writer: inout WireWriter) {
        writer.uint32(packet.buffer ?? noBuffer)
        writer.uint16(UInt16(clamping: packet.totalLength))
        writer.uint8(reason(packet.reason, version))
        writer.uint8(packet.table)
        writer.uint64(packet.cookie)
        NiciraMatch.encode(packet.fields, padding: 6, into: &writer)
        writer.zeros(2)
        writer.bytes(packet.data)
    }

    static func encodeNicira2(
        _ packet: Message.PacketIn, version: OpenFlowVersion, into writer: inout WireWriter
    ) {
        writer.property(Property.packet) { $0.bytes(packet.data) }
        if packet.totalLength != packet.data.count {
            writer.property(Property.fullLength) { $0.uint32(packet.totalLength) }
        }
        if let buffer = packet.buffer { writer.property(Property.buffer) { $0.uint32(buffer) } }
        writer.property(Property.table) { $0.uint8(packet.table) }
        if packet.cookie != .max {
            writer.property(Property.cookie) {
                $0.zeros(4)
                $0.uint64(packet.cookie)
            }
        }
        writer.property(Property.reason) { $0.uint8(reason(packet.reason, version)) }
        writer.property(Property.metadata) {
            MatchCodec.encodeOXMList(packet.fields, version: version, into: &$0)
        }
        if !packet.continuation.isEmpty {
            writer.property(Property.continuation) {
                $0.zeros(4)
                $0.bytes(packet.continuation)
            }
        }
        if !packet.userData.isEmpty { writer.property(Property.userData) { $0.bytes(packet.userData) } }
    }

    /// Before OpenFlow 1.4, whatever sends a packet is an action.
    private static func reason(_ reason: PacketInReason, _ version: OpenFlowVersion) -> UInt8 {
        switch reason {
        case .actionSet where version < .v14, .group where version < .v14, .packetOut where version < .v14:
            PacketInReason.action.rawValue
        default: reason.rawValue
        }
    }
}
