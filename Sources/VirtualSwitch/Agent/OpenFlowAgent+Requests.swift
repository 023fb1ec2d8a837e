import OpenFlow
import Switch

// Which request is dealt with where, and which a secondary controller may not make.

extension OpenFlowAgent {
    func handle(
        _ request: RequestBatch.Request, of batch: RequestBatch, from connection: AgentConnection, now: UInt64
    ) {
        switch request.content {
        case .refused(let error, let xid, let type):
            // An error in answer to an error would have no end.
            guard type != 1 else { return }
            refuse(error, xid: xid, quote: batch.quote(request), to: connection)
        case .message(let message):
            cause = makeCause(connection, xid: message.xid)
            do throws(OpenFlowError) {
                try perform(message, request, of: batch, from: connection, now: now)
            } catch {
                refuse(error, xid: message.xid, quote: batch.quote(request), to: connection)
            }
            cause = nil
            tellEvents(now: now)
        }
    }

    private func perform(
        _ message: Message, _ request: RequestBatch.Request, of batch: RequestBatch, from connection: AgentConnection,
        now: UInt64
    ) throws(OpenFlowError) {
        if connection.channel.role == .secondary, Self.isForbiddenToSecondaries(message.body) {
            throw .badRequest(.isSecondary)
        }
        func answer(_ body: Message.Body) {
            connection.send(Message(xid: message.xid, body, spelling: message.spelling))
        }
        switch message.body {
        case .hello, .error, .echoReply: break
        case .echoRequest(let data): answer(.echoReply(data))
        case .experimenter(let message):
            // Nobody's, or somebody's unknown message: the codec has named all that are known.
            throw [Experimenter.nicira, Experimenter.onf].contains(message.id)
                ? .badRequest(.badExperimenterType) : .badRequest(.badExperimenter)
        case .featuresRequest: answer(.featuresReply(features(for: connection)))
        case .getConfigRequest: answer(.getConfigReply(configuration(of: connection.channel)))
        case .setConfig(let configuration): try setConfiguration(configuration, from: connection, now: now)
        case .packetOut(let packetOut): try send(packetOut, now: now)
        case .flowMod(let change): try modify(change, from: connection, now: now)
        case .groupMod(let change): try modify(change, message, from: connection, now: now)
        case .meterMod(let change): try modify(change, message, from: connection, now: now)
        case .portMod(let change): try modify(change, now: now)
        case .tableMod(let change): try modify(change, version: connection.version, now: now)
        case .multipartRequest(let multipart):
            try perform(multipart, message, byteCount: request.byteCount, from: connection, now: now)
        case .barrierRequest: answer(.barrierReply)
        case .queueGetConfigRequest(let port):
            guard port == PortNumber.any || datapath.portDescription(bridge: bridge, number: port) != nil else {
                throw .queueOperationFailed(.badPort)
            }
            answer(.queueGetConfigReply(port: port, queues(port: port, queue: Message.Queue.all)))
        case .roleRequest(let change): answer(.roleReply(try setRole(change, message.spelling, of: connection)))
        case .getAsyncRequest:
            answer(.getAsyncReply(connection.channel.asynchronous.configuration(version: connection.version)))
        case .setAsync(let configuration):
            connection.channel.asynchronous.merge(configuration, version: connection.version)
            updateMissBehaviour(now: now)
        case .bundleControl(let control):
            try perform(control, xid: message.xid, quote: batch.quote(request), from: connection, now: now)
        case .bundleAdd(let add):
            try perform(add, batch.bytes(request), from: connection, now: now)
        case .nicira(let extension_): try perform(extension_, xid: message.xid, from: connection, now: now)
        case .featuresReply, .getConfigReply, .packetIn, .flowRemoved, .portStatus, .roleStatus, .tableStatus,
            .requestForward, .controllerStatus, .multipartReply, .barrierReply, .queueGetConfigReply, .roleReply,
            .getAsyncReply:
            // What a switch says, not what it is told.
            throw .badRequest(.badType)
        }
    }

    /// Whether only primary and equal controllers may send it (OpenFlow 1.5, 6.3.5).
    private static func isForbiddenToSecondaries(_ body: Message.Body) -> Bool {
        switch body {
        case .packetOut, .flowMod, .groupMod, .portMod, .tableMod, .meterMod, .bundleControl, .bundleAdd: true
        case .multipartRequest(let request):
            if case .tableFeatures(let features) = request.body { !features.isEmpty } else { false }
        case .nicira(let message):
            switch message {
            case .tlvTableModification, .ctFlush, .ctFlushZone, .resume: true
            default: false
            }
        default: false
        }
    }

    // MARK: The switch itself

    private func features(for connection: AgentConnection) -> Message.Features {
        var capabilities: Message.Features.Capabilities = [
            .flowStatistics, .tableStatistics, .portStatistics, .queueStatistics, .arpAddresses,
        ]
        if connection.version >= .v11 { capabilities.insert(.groupStatistics) }
        if connection.version >= .v14 { capabilities.formUnion([.bundles, .flowMonitoring]) }
        return Message.Features(
            datapathID: identity.datapathID, bufferCount: PacketBuffers.capacity,
            tableCount: UInt8(Datapath.tableCount),
            auxiliaryID: connection.auxiliary, capabilities: capabilities,
            // OpenFlow 1.0: output, the setters of VLAN, addresses, ToS and ports, strip_vlan, enqueue.
            actions: connection.version == .v10 ? 0xfff : 0,
            ports: connection.version < .v13 ? portDescriptions() : [])
    }

    private func configuration(of channel: ControllerChannel) -> Message.SwitchConfiguration {
        Message.SwitchConfiguration(
            fragments: fragments, invalidTTLToController: channel.asynchronous.invalidTTLToController,
            missLength: channel.missLength)
    }

    private func setConfiguration(
        _ configuration: Message.SwitchConfiguration, from connection: AgentConnection, now: UInt64
    ) throws(OpenFlowError) {
        let channel = connection.channel
        if channel.role != .secondary { setFragments(configuration.fragments) }
        if connection.version < .v13 {
            channel.asynchronous.invalidTTLToController = configuration.invalidTTLToController
        }
        channel.missLength = configuration.missLength
        updateMissBehaviour(now: now)
    }
}
