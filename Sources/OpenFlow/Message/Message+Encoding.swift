import Switch

extension Message {
    /// The bytes of the message; of a multipart reply that does not fit into one message, of as many as it takes, one
    /// behind the other. Empty: `version` has no such message.
    ///
    /// - Parameter hasTableID: OpenFlow 1.0: whether flow-mods say their table in the command, which the receiver must
    ///   have been told (`NXT_FLOW_MOD_TABLE_ID`).
    public func encode(version: OpenFlowVersion, hasTableID: Bool = false) -> [UInt8] {
        var writer = WireWriter(capacity: expectedBytes)
        encode(version: version, hasTableID: hasTableID, into: &writer)
        return writer.finish()
    }

    /// Writes the message behind what the writer holds.
    /// - Returns: false: `version` has no such message, and nothing was written.
    @discardableResult
    public func encode(version: OpenFlowVersion, hasTableID: Bool = false, into writer: inout WireWriter) -> Bool {
        if case .multipartReply(let reply) = body {
            return MultipartReplyCodec.encode(reply, version: version, xid: xid, spelling: spelling, into: &writer)
        }
        guard let kind = kind(version) else { return false }
        let start = writer.count
        var headerVersion = version.rawValue
        if case .hello(let hello) = body { headerVersion = hello.version }
        writer.uint8(headerVersion)
        switch kind {
        case .standard(let number): writer.uint8(number)
        case .experimenter: writer.uint8(MessageType.experimenter.rawValue)
        }
        writer.zeros(2)
        writer.uint32(xid)
        if case .experimenter(let id, let number) = kind {
            writer.uint32(id)
            writer.uint32(number)
        }
        guard encodeBody(version: version, kind: kind, hasTableID: hasTableID, into: &writer) else {
            writer.truncate(to: start)
            return false
        }
        writer.patchLength(from: start)
        return true
    }

    private var expectedBytes: Int {
        switch body {
        case .packetIn(let packet): packet.data.count + 160
        case .packetOut(let packet): packet.data.count + 160
        case .multipartReply: 4096
        default: 192
        }
    }

    // MARK: Which message

    private enum Kind {
        case standard(UInt8)
        case experimenter(UInt32, UInt32)
    }

    /// How a version says this message; nil: not at all.
    private func kind(_ version: OpenFlowVersion) -> Kind? {
        typealias Number = NiciraCodec.Number
        typealias ONFNumber = NiciraCodec.ONFNumber
        func nicira(_ number: UInt32) -> Kind { .experimenter(Experimenter.nicira, number) }
        func onf(_ number: UInt32) -> Kind { .experimenter(Experimenter.onf, number) }
        func standard(_ type: MessageType) -> Kind? { type.number(in: version).map { .standard($0) } }
        let isStandard = spelling == .standard
        switch body {
        case .hello: return standard(.hello)
        case .error: return standard(.error)
        case .echoRequest: return standard(.echoRequest)
        case .echoReply: return standard(.echoReply)
        case .experimenter(let experimenter): return .experimenter(experimenter.id, experimenter.type)
        case .featuresRequest: return standard(.featuresRequest)
        case .featuresReply: return standard(.featuresReply)
        case .getConfigRequest: return standard(.getConfigRequest)
        case .getConfigReply: return standard(.getConfigReply)
        case .setConfig: return standard(.setConfig)
        case .packetIn:
            switch spelling {
            case .standard: return standard(.packetIn)
            case .nicira: return nicira(Number.packetIn)
            case .nicira2: return nicira(Number.packetIn2)
            }
        case .flowRemoved: return isStandard ? standard(.flowRemoved) : nicira(Number.flowRemoved)
        case .portStatus: return standard(.portStatus)
        case .roleStatus: return version == .v13 ? onf(ONFNumber.roleStatus) : standard(.roleStatus)
        case .tableStatus: return standard(.tableStatus)
        case .requestForward:
            if version <= .v12 { return nicira(Number.requestForward) }
            return version == .v13 ? onf(ONFNumber.requestForward) : standard(.requestForward)
        case .controllerStatus: return standard(.controllerStatus)
        case .packetOut: return standard(.packetOut)
        case .flowMod: return isStandard ? standard(.flowMod) : nicira(Number.flowMod)
        case .groupMod: return version == .v10 ? nicira(Number.groupMod) : standard(.groupMod)
        case .portMod: return standard(.portMod)
        case .tableMod: return standard(.tableMod)
        case .meterMod: return standard(.meterMod)
        case .multipartRequest: return standard(.multipartRequest)
        case .multipartReply: return standard(.multipartReply)
        case .barrierRequest: return standard(.barrierRequest)
        case .barrierReply: return standard(.barrierReply)
        case .queueGetConfigRequest: return standard(.queueGetConfigRequest)
        case .queueGetConfigReply: return standard(.queueGetConfigReply)
        case .roleRequest:
            return isStandard && version >= .v12 ? standard(.roleRequest) : nicira(Number.roleRequest)
        case .roleReply: return isStandard && version >= .v12 ? standard(.roleReply) : nicira(Number.roleReply)
        case .getAsyncRequest: return standard(.getAsyncRequest)
        case .getAsyncReply: return standard(.getAsyncReply)
        case .setAsync:
            switch spelling {
            case .nicira2 where version < .v14: return nicira(Number.setAsync2)
            case .standard where version >= .v13: return standard(.setAsync)
            case .nicira2: return standard(.setAsync)
            default: return nicira(Number.setAsync)
            }
        case .bundleControl: return version == .v13 ? onf(ONFNumber.bundleControl) : standard(.bundleControl)
        case .bundleAdd: return version == .v13 ? onf(ONFNumber.bundleAdd) : standard(.bundleAdd)
        case .nicira(let message):
            return NiciraCodec.number(of: message, version: version).map { .experimenter($0.experimenter, $0.number) }
        }
    }

    // MARK: What it says

    private func encodeBody(
        version: OpenFlowVersion, kind: Kind, hasTableID: Bool, into writer: inout WireWriter
    ) -> Bool {
        switch body {
        case .featuresRequest, .getConfigRequest, .barrierRequest, .barrierReply, .getAsyncRequest: break
        case .hello(let hello): HelloCodec.encode(hello, into: &writer)
        case .error(let report): HelloCodec.encode(report, version: version, into: &writer)
        case .echoRequest(let data), .echoReply(let data): writer.bytes(data)
        case .experimenter(let experimenter): writer.bytes(experimenter.data)
        case .featuresReply(let features): FeaturesCodec.encode(features, version: version, into: &writer)
        case .getConfigReply(let configuration), .setConfig(let configuration):
            FeaturesCodec.encode(configuration, version: version, into: &writer)
        case .packetIn(let packet):
            switch spelling {
            case .standard: PacketInCodec.encode(packet, version: version, into: &writer)
            case .nicira: PacketInCodec.encodeNicira(packet, version: version, into: &writer)
            case .nicira2: PacketInCodec.encodeNicira2(packet, version: version, into: &writer)
            }
        case .flowRemoved(let removed):
            if spelling == .standard {
                FlowRemovedCodec.encode(removed, version: version, into: &writer)
            } else {
                FlowRemovedCodec.encodeNicira(removed, into: &writer)
            }
        case .portStatus(let status): PortCodec.encode(status, version: version, into: &writer)
        case .roleStatus(let status): RoleCodec.encode(status, into: &writer)
        case .tableStatus(let status): TableModCodec.encode(status, into: &writer)
        case .requestForward(let message): return message.encode(version: version, into: &writer)
        case .controllerStatus(let status): RoleCodec.encode(status, into: &writer)
        case .packetOut(let packet): PacketOutCodec.encode(packet, version: version, into: &writer)
        case .flowMod(let change):
            if spelling == .standard {
                FlowModCodec.encode(change, version: version, hasTableID: hasTableID, into: &writer)
            } else {
                FlowModCodec.encodeNicira(change, hasTableID: hasTableID, into: &writer)
            }
        case .groupMod(let change):
            GroupModCodec.encode(change, version: version, into: &writer)
        case .portMod(let change): PortCodec.encode(change, version: version, into: &writer)
        case .tableMod(let change): TableModCodec.encode(change, version: version, into: &writer)
        case .meterMod(let change): MeterModCodec.encode(change, into: &writer)
        case .multipartRequest(let request):
            return MultipartRequestCodec.encode(request, version: version, spelling: spelling, into: &writer)
        case .multipartReply: return false  // Writes its own headers.
        case .queueGetConfigRequest(let port):
            QueueCodec.encodeRequest(port, version: version, into: &writer)
        case .queueGetConfigReply(let port, let queues):
            QueueCodec.encodeReply(port, queues, version: version, into: &writer)
        case .roleRequest(let change), .roleReply(let change):
            if case .experimenter = kind {
                RoleCodec.encodeNicira(change, into: &writer)
            } else {
                RoleCodec.encode(change, version: version, into: &writer)
            }
        case .getAsyncReply(let configuration), .setAsync(let configuration):
            encode(configuration, version: version, kind: kind, into: &writer)
        case .bundleControl(let control): BundleCodec.encode(control, version: version, into: &writer)
        case .bundleAdd(let add): return BundleCodec.encode(add, version: version, xid: xid, into: &writer)
        case .nicira(let message): NiciraCodec.encode(message, version: version, into: &writer)
        }
        return true
    }

    private func encode(
        _ configuration: AsyncConfiguration, version: OpenFlowVersion, kind: Kind, into writer: inout WireWriter
    ) {
        if case .experimenter = kind {
            if spelling == .nicira2 {
                AsyncCodec.encode(configuration, version: .v14, into: &writer)
            } else {
                AsyncCodec.encodeFixed(configuration, into: &writer)
            }
        } else if version == .v13 {
            AsyncCodec.encodeFixed(configuration, into: &writer)
        } else {
            AsyncCodec.encode(configuration, version: version, into: &writer)
        }
    }
}
