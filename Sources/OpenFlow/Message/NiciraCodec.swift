import Switch

/// Nicira's messages, and the ONF's extensions to OpenFlow 1.3, which are all experimenter messages (nicira-ext.h;
/// EXT-187, EXT-191, EXT-230).
enum NiciraCodec {
    /// `enum nicira_type`.
    enum Number {
        static let roleRequest: UInt32 = 10
        static let roleReply: UInt32 = 11
        static let setFlowFormat: UInt32 = 12
        static let flowMod: UInt32 = 13
        static let flowRemoved: UInt32 = 14
        static let flowModTableID: UInt32 = 15
        static let setPacketInFormat: UInt32 = 16
        static let packetIn: UInt32 = 17
        static let flowAge: UInt32 = 18
        static let setAsync: UInt32 = 19
        static let setControllerID: UInt32 = 20
        static let flowMonitorCancel: UInt32 = 21
        static let flowMonitorPaused: UInt32 = 22
        static let flowMonitorResumed: UInt32 = 23
        static let tlvTableMod: UInt32 = 24
        static let tlvTableRequest: UInt32 = 25
        static let tlvTableReply: UInt32 = 26
        static let setAsync2: UInt32 = 27
        static let resume: UInt32 = 28
        static let ctFlushZone: UInt32 = 29
        static let packetIn2: UInt32 = 30
        static let groupMod: UInt32 = 31
        static let ctFlush: UInt32 = 32
        static let requestForward: UInt32 = 132
    }

    /// The ONF's numbers for OpenFlow 1.3.
    enum ONFNumber {
        static let flowMonitorCancel: UInt32 = 1870
        static let flowMonitorPaused: UInt32 = 1871
        static let flowMonitorResumed: UInt32 = 1872
        static let roleStatus: UInt32 = 1911
        static let bundleControl: UInt32 = 2300
        static let bundleAdd: UInt32 = 2301
        static let requestForward: UInt32 = 2350
    }

    // MARK: Decoding

    /// Reads what is behind the number.
    static func decode(
        _ reader: inout WireReader, number: UInt32, version: OpenFlowVersion, hasTableID: Bool
    ) throws(OpenFlowError) -> (body: Message.Body, spelling: Message.Spelling) {
        var isFixed = true
        let body: Message.Body
        var spelling = Message.Spelling.nicira
        switch number {
        case Number.roleRequest: body = .roleRequest(try RoleCodec.decodeNicira(&reader))
        case Number.roleReply: body = .roleReply(try RoleCodec.decodeNicira(&reader))
        case Number.flowMod:
            body = .flowMod(try FlowModCodec.decodeNicira(&reader, version: version, hasTableID: hasTableID))
        case Number.flowRemoved: body = .flowRemoved(try FlowRemovedCodec.decodeNicira(&reader))
        case Number.packetIn: body = .packetIn(try PacketInCodec.decodeNicira(&reader))
        case Number.packetIn2:
            body = .packetIn(try PacketInCodec.decodeNicira2(&reader))
            spelling = .nicira2
        case Number.setAsync: body = .setAsync(try AsyncCodec.decodeFixed(&reader))
        case Number.setAsync2 where version < .v14:
            body = .setAsync(try AsyncCodec.decodeRequest(&reader, version: .v14))
            spelling = .nicira2
        case Number.groupMod where version == .v10:
            body = .groupMod(try GroupModCodec.decode(&reader, version: version))
        case Number.requestForward where version <= .v12:
            body = .requestForward(try decodeForwarded(&reader, version: version))
        default:
            spelling = .standard
            body = .nicira(try decodeOwn(&reader, number: number, version: version, isFixed: &isFixed))
        }
        if isFixed, !reader.isAtEnd { throw .badRequest(.badLength) }
        return (body, spelling)
    }

    private static func decodeOwn(
        _ reader: inout WireReader, number: UInt32, version: OpenFlowVersion, isFixed: inout Bool
    ) throws(OpenFlowError) -> NiciraMessage {
        switch number {
        case Number.setFlowFormat where version == .v10: return .setFlowFormat(try reader.uint32())
        case Number.flowModTableID:
            let isSet = try reader.uint8()
            try reader.skip(7)
            return .flowModTableID(isSet != 0)
        case Number.setPacketInFormat: return .setPacketInFormat(try reader.uint32())
        case Number.flowAge: return .flowAge
        case Number.setControllerID:
            try reader.skipZeros(6, or: .badRequest(.mustBeZero))
            return .setControllerID(try reader.uint16())
        case Number.flowMonitorCancel where version <= .v12: return .flowMonitorCancel(id: try reader.uint32())
        case Number.flowMonitorPaused where version <= .v12: return .flowMonitorPaused
        case Number.flowMonitorResumed where version <= .v12: return .flowMonitorResumed
        case Number.tlvTableMod:
            guard let command = NiciraMessage.TLVTableModification.Command(rawValue: try reader.uint16()) else {
                throw .tlvTableModFailed(.badCommand)
            }
            try reader.skip(6)
            return .tlvTableModification(.init(command, mappings: try decodeMappings(&reader)))
        case Number.tlvTableRequest: return .tlvTableRequest
        case Number.tlvTableReply:
            let space = try reader.uint32()
            let fields = try reader.uint16()
            try reader.skip(10)
            return .tlvTableReply(
                .init(maximumOptionSpace: space, maximumFields: fields, mappings: try decodeMappings(&reader)))
        case Number.resume: return .resume(try PacketInCodec.decodeNicira2(&reader))
        case Number.ctFlushZone:
            try reader.skipZeros(6, or: .badRequest(.mustBeZero))
            return .ctFlushZone(try reader.uint16())
        case Number.ctFlush: return .ctFlush(try ConnectionFlushCodec.decode(&reader))
        default: throw .badRequest(.badExperimenterType)
        }
    }

    private static func decodeMappings(
        _ reader: inout WireReader
    ) throws(OpenFlowError) -> [NiciraMessage.TLVMapping] {
        var mappings: [NiciraMessage.TLVMapping] = []
        while !reader.isAtEnd {
            let optionClass = try reader.uint16()
            let type = try reader.uint8()
            let length = try reader.uint8()
            mappings.append(
                .init(optionClass: optionClass, optionType: type, optionLength: length, index: try reader.uint16()))
            try reader.skip(2)
        }
        return mappings
    }

    static func decodeONF(
        _ reader: inout WireReader, number: UInt32, version: OpenFlowVersion, xid: UInt32
    ) throws(OpenFlowError) -> Message.Body {
        guard version == .v13 else { throw .badRequest(.badExperimenterType) }
        let body: Message.Body
        switch number {
        case ONFNumber.flowMonitorCancel: body = .nicira(.flowMonitorCancel(id: try reader.uint32()))
        case ONFNumber.flowMonitorPaused: body = .nicira(.flowMonitorPaused)
        case ONFNumber.flowMonitorResumed: body = .nicira(.flowMonitorResumed)
        case ONFNumber.roleStatus: body = .roleStatus(try RoleCodec.decodeStatus(&reader))
        case ONFNumber.bundleControl: body = .bundleControl(try BundleCodec.decodeControl(&reader))
        case ONFNumber.bundleAdd:
            body = .bundleAdd(try BundleCodec.decodeAdd(&reader, version: version, xid: xid))
        case ONFNumber.requestForward:
            body = .requestForward(try decodeForwarded(&reader, version: version))
        default: throw .badRequest(.badExperimenterType)
        }
        guard reader.isAtEnd else { throw .badRequest(.badLength) }
        return body
    }

    /// The message inside an `ofp_requestforward`: a group-mod or a meter-mod.
    static func decodeForwarded(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Message {
        guard let length = reader.peek16(at: 2), length >= 8 else { throw .badRequest(.badLength) }
        var inner = try reader.slice(Int(length))
        let message = try Message.decodeFrame(&inner, version: version, hasTableID: false, isNested: true)
        switch message.body {
        case .groupMod, .meterMod: return message
        default: throw .badRequest(.badType)
        }
    }

    // MARK: Encoding

    /// The number of a message in a version, and whether it is the ONF's; nil: the version says it otherwise.
    static func number(
        of message: NiciraMessage, version: OpenFlowVersion
    ) -> (experimenter: UInt32, number: UInt32)? {
        let nicira = Experimenter.nicira
        switch message {
        case .setFlowFormat: return version == .v10 ? (nicira, Number.setFlowFormat) : nil
        case .flowModTableID: return (nicira, Number.flowModTableID)
        case .setPacketInFormat: return (nicira, Number.setPacketInFormat)
        case .flowAge: return (nicira, Number.flowAge)
        case .setControllerID: return (nicira, Number.setControllerID)
        case .flowMonitorCancel, .flowMonitorPaused, .flowMonitorResumed:
            let offset: UInt32 =
                switch message {
                case .flowMonitorCancel: 0
                case .flowMonitorPaused: 1
                default: 2
                }
            if version <= .v12 { return (nicira, Number.flowMonitorCancel + offset) }
            return version == .v13 ? (Experimenter.onf, ONFNumber.flowMonitorCancel + offset) : nil
        case .tlvTableModification: return (nicira, Number.tlvTableMod)
        case .tlvTableRequest: return (nicira, Number.tlvTableRequest)
        case .tlvTableReply: return (nicira, Number.tlvTableReply)
        case .resume: return (nicira, Number.resume)
        case .ctFlushZone: return (nicira, Number.ctFlushZone)
        case .ctFlush: return (nicira, Number.ctFlush)
        }
    }

    /// Writes what is behind the number.
    static func encode(_ message: NiciraMessage, version: OpenFlowVersion, into writer: inout WireWriter) {
        switch message {
        case .setFlowFormat(let format), .setPacketInFormat(let format): writer.uint32(format)
        case .flowModTableID(let isSet):
            writer.uint8(isSet ? 1 : 0)
            writer.zeros(7)
        case .setControllerID(let id), .ctFlushZone(let id):
            writer.zeros(6)
            writer.uint16(id)
        case .flowMonitorCancel(let id): writer.uint32(id)
        case .flowAge, .flowMonitorPaused, .flowMonitorResumed, .tlvTableRequest: break
        case .tlvTableModification(let change):
            writer.uint16(change.command.rawValue)
            writer.zeros(6)
            encode(change.mappings, into: &writer)
        case .tlvTableReply(let table):
            writer.uint32(table.maximumOptionSpace)
            writer.uint16(table.maximumFields)
            writer.zeros(10)
            encode(table.mappings, into: &writer)
        case .resume(let packet):
            PacketInCodec.encodeNicira2(packet, version: version, into: &writer)
        case .ctFlush(let flush): ConnectionFlushCodec.encode(flush, into: &writer)
        }
    }

    private static func encode(_ mappings: [NiciraMessage.TLVMapping], into writer: inout WireWriter) {
        for mapping in mappings {
            writer.uint16(mapping.optionClass)
            writer.uint8(mapping.optionType)
            writer.uint8(mapping.optionLength)
            writer.uint16(mapping.index)
            writer.zeros(2)
        }
    }
}
