import Switch

extension Message {
    /// Bytes of `ofp_header`.
    public static let headerBytes = 8

    /// Reads one message.
    ///
    /// A hello is read whatever its version, and so is an error that answers one. What an error asks for — the answer
    /// with the message's first bytes, the end of the connection — is the caller's to do.
    ///
    /// Messages of experimenters that the codec does not know come as `Body.experimenter`; a switch answers them with
    /// `badRequest(.badExperimenter)`.
    ///
    /// - Parameters:
    ///   - frame: The whole message, with its header; as `MessageFramer` cuts them.
    ///   - version: What was negotiated; nil: nothing yet, so that every version counts that is known.
    ///   - hasTableID: OpenFlow 1.0: whether the commands of flow-mods hold a table (`NXT_FLOW_MOD_TABLE_ID`).
    public static func decode(
        _ frame: UnsafeRawBufferPointer, version: OpenFlowVersion?, hasTableID: Bool = false
    ) throws(OpenFlowError) -> Message {
        var reader = WireReader(frame)
        guard let header = reader.peek32(), let xid = reader.peek32(at: 4) else { throw .badRequest(.badLength) }
        guard header & 0xffff == frame.count else { throw .badRequest(.badLength) }
        let number = UInt8(header >> 24)
        switch UInt8(truncatingIfNeeded: header >> 16) {
        case MessageType.hello.rawValue:
            try reader.skip(headerBytes)
            return Message(xid: xid, .hello(HelloCodec.decode(&reader, version: number)))
        case MessageType.error.rawValue:
            guard let version = OpenFlowVersion(rawValue: number) ?? version else { throw .badRequest(.badVersion) }
            return try decodeFrame(&reader, version: version, hasTableID: hasTableID, isNested: false)
        default:
            guard let own = OpenFlowVersion(rawValue: number), version == nil || own == version else {
                throw .badRequest(.badVersion)
            }
            return try decodeFrame(&reader, version: own, hasTableID: hasTableID, isNested: false)
        }
    }

    /// Reads one message.
    public static func decode(
        _ frame: [UInt8], version: OpenFlowVersion?, hasTableID: Bool = false
    ) throws(OpenFlowError) -> Message {
        let result = frame.withUnsafeBytes { bytes in
            Result { () throws(OpenFlowError) in try decode(bytes, version: version, hasTableID: hasTableID) }
        }
        return try result.get()
    }

    /// Reads a message whose header's length is the reader's, in the version of the reader's caller.
    /// - Parameter isNested: it stands inside another message, and must not itself hold one.
    static func decodeFrame(
        _ reader: inout WireReader, version: OpenFlowVersion, hasTableID: Bool, isNested: Bool
    ) throws(OpenFlowError) -> Message {
        try reader.skip(1)
        let number = try reader.uint8()
        try reader.skip(2)
        let xid = try reader.uint32()
        guard let type = MessageType(number: number, version: version) else { throw .badRequest(.badType) }
        if isNested, type == .bundleAdd || type == .requestForward { throw .badRequest(.badType) }
        var spelling = Spelling.standard
        let body: Body
        switch type {
        case .flowMod:
            body = .flowMod(try FlowModCodec.decode(&reader, version: version, hasTableID: hasTableID))
        case .packetIn: body = .packetIn(try PacketInCodec.decode(&reader, version: version))
        case .packetOut: body = .packetOut(try PacketOutCodec.decode(&reader, version: version))
        case .multipartRequest:
            let (request, own) = try MultipartRequestCodec.decode(&reader, version: version)
            body = .multipartRequest(request)
            spelling = own
        case .multipartReply:
            let (reply, own) = try MultipartReplyCodec.decode(&reader, version: version)
            body = .multipartReply(reply)
            spelling = own
        case .experimenter:
            (body, spelling) = try decodeExperimenter(
                &reader, version: version, xid: xid, hasTableID: hasTableID, isNested: isNested)
        default: body = try decodeBody(type, &reader, version: version, xid: xid)
        }
        guard reader.isAtEnd else { throw .badRequest(.badLength) }
        return Message(xid: xid, body, spelling: spelling)
    }

    private static func decodeBody(
        _ type: MessageType, _ reader: inout WireReader, version: OpenFlowVersion, xid: UInt32
    ) throws(OpenFlowError) -> Body {
        switch type {
        case .hello: return .hello(HelloCodec.decode(&reader, version: version.rawValue))
        case .error: return .error(try HelloCodec.decodeError(&reader, version: version))
        case .echoRequest: return .echoRequest(reader.rest())
        case .echoReply: return .echoReply(reader.rest())
        case .featuresRequest: return .featuresRequest
        case .featuresReply: return .featuresReply(try FeaturesCodec.decode(&reader, version: version))
        case .getConfigRequest: return .getConfigRequest
        case .getConfigReply:
            return .getConfigReply(try FeaturesCodec.decodeConfiguration(&reader, version: version))
        case .setConfig: return .setConfig(try FeaturesCodec.decodeConfiguration(&reader, version: version))
        case .flowRemoved: return .flowRemoved(try FlowRemovedCodec.decode(&reader, version: version))
        case .portStatus: return .portStatus(try PortCodec.decodeStatus(&reader, version: version))
        case .groupMod: return .groupMod(try GroupModCodec.decode(&reader, version: version))
        case .portMod: return .portMod(try PortCodec.decodeModification(&reader, version: version))
        case .tableMod: return .tableMod(try TableModCodec.decode(&reader, version: version))
        case .barrierRequest: return .barrierRequest
        case .barrierReply: return .barrierReply
        case .queueGetConfigRequest:
            return .queueGetConfigRequest(port: try QueueCodec.decodeRequest(&reader, version: version))
        case .queueGetConfigReply:
            let (port, queues) = try QueueCodec.decodeReply(&reader, version: version)
            return .queueGetConfigReply(port: port, queues)
        case .roleRequest: return .roleRequest(try RoleCodec.decode(&reader, version: version))
        case .roleReply: return .roleReply(try RoleCodec.decode(&reader, version: version))
        case .getAsyncRequest: return .getAsyncRequest
        case .getAsyncReply where version == .v13: return .getAsyncReply(try AsyncCodec.decodeFixed(&reader))
        case .getAsyncReply: return .getAsyncReply(try AsyncCodec.decode(&reader, version: version))
        case .setAsync where version == .v13: return .setAsync(try AsyncCodec.decodeFixed(&reader))
        case .setAsync: return .setAsync(try AsyncCodec.decodeRequest(&reader, version: version))
        case .meterMod: return .meterMod(try MeterModCodec.decode(&reader))
        case .roleStatus: return .roleStatus(try RoleCodec.decodeStatus(&reader))
        case .tableStatus: return .tableStatus(try TableModCodec.decodeStatus(&reader))
        case .requestForward: return .requestForward(try NiciraCodec.decodeForwarded(&reader, version: version))
        case .bundleControl: return .bundleControl(try BundleCodec.decodeControl(&reader))
        case .bundleAdd:
            return .bundleAdd(try BundleCodec.decodeAdd(&reader, version: version, xid: xid))
        case .controllerStatus: return .controllerStatus(try RoleCodec.decodeControllerStatus(&reader))
        case .flowMod, .packetIn, .packetOut, .multipartRequest, .multipartReply, .experimenter:
            throw .badRequest(.badType)  // Read by the caller.
        }
    }

    private static func decodeExperimenter(
        _ reader: inout WireReader, version: OpenFlowVersion, xid: UInt32, hasTableID: Bool, isNested: Bool
    ) throws(OpenFlowError) -> (Body, Spelling) {
        let id = try reader.uint32()
        let isKnown = id == Experimenter.nicira || id == Experimenter.onf && version == .v13
        // The data of others may be shorter than a type, before OpenFlow 1.2.
        guard isKnown || version >= .v12 || reader.remaining >= 4 else {
            guard reader.isAtEnd else { throw .badRequest(.badExperimenter) }
            return (.experimenter(Experimenter(id: id, type: 0)), .standard)
        }
        let number = try reader.uint32()
        switch id {
        case Experimenter.nicira:
            if isNested, number == NiciraCodec.Number.requestForward { throw .badRequest(.badType) }
            return try NiciraCodec.decode(&reader, number: number, version: version, hasTableID: hasTableID)
        case Experimenter.onf where version == .v13:
            let holdsMessage =
                number == NiciraCodec.ONFNumber.bundleAdd || number == NiciraCodec.ONFNumber.requestForward
            if isNested, holdsMessage { throw .badRequest(.badType) }
            return (
                try NiciraCodec.decodeONF(&reader, number: number, version: version, xid: xid), .standard
            )
        default: return (.experimenter(Experimenter(id: id, type: number, data: reader.rest())), .standard)
        }
    }
}
