import Switch

/// Packets from the controllers: `ofp_packet_out` (OpenFlow 1.5, 7.3.6).
enum PacketOutCodec {
    private static let noBuffer: UInt32 = 0xffff_ffff

    static func decode(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Message.PacketOut {
        let buffer = try reader.uint32()
        var packet = Message.PacketOut(buffer: buffer == noBuffer ? nil : buffer, actions: [])
        if version < .v15 { packet.inPort = try reader.port(version) }
        let actionBytes = Int(try reader.uint16())
        if version >= .v15 {
            try reader.skip(2)
            var fields = try MatchCodec.decodePacketFields(&reader, version: version)
            try checkPipelineFields(fields)
            guard !fields.mask[.inPort].isZero else { throw .badRequest(.badPort) }
            packet.inPort = UInt32(truncatingIfNeeded: fields.key[.inPort].low)
            fields.wildcard(.inPort)
            packet.fields = fields
        } else if version > .v10 {
            try reader.skip(6)
        }
        try checkPort(packet.inPort)
        var actions = try reader.slice(actionBytes, shortage: .badAction(.badLength))
        packet.actions = try ActionCodec.decode(&actions, version: version)
        packet.data = reader.rest()
        return packet
    }

    private static func checkPort(_ port: UInt32) throws(OpenFlowError) {
        // Of the reserved ports, a packet can come from the controller, the switch itself, or nowhere.
        switch port {
        case 0..<PortNumber.maximum, PortNumber.controller, PortNumber.local, PortNumber.any: break
        default: throw .badRequest(.badPort)
        }
    }

    /// What a packet brings along is what the pipeline notes beside it, nothing that stands in its headers.
    private static func checkPipelineFields(_ fields: Match) throws(OpenFlowError) {
        var bits = fields.mask.occupied
        while bits != 0 {
            guard bits.trailingZeroBitCount < 32 else { throw .badRequest(.pipelineFieldsOnly) }
            bits &= bits &- 1
        }
    }

    static func encode(_ packet: Message.PacketOut, version: OpenFlowVersion, into writer: inout WireWriter) {
        writer.uint32(packet.buffer ?? noBuffer)
        if version < .v15 { writer.port(packet.inPort, version) }
        let lengthAt = writer.count
        writer.zeros(version == .v10 ? 2 : version >= .v15 ? 4 : 8)
        if version >= .v15 {
            MatchCodec.encode(packet.fields.with(.inPort, packet.inPort), version: version, into: &writer)
        }
        let start = writer.count
        ActionCodec.encode(packet.actions, version: version, into: &writer)
        writer.patchLength(from: start, at: lengthAt)
        writer.bytes(packet.data)
    }
}
