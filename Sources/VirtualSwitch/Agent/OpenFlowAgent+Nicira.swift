import OpenFlow
import Switch

// Nicira's extensions that are messages of their own (nicira-ext.h).

extension OpenFlowAgent {
    func perform(
        _ message: NiciraMessage, xid: UInt32, from connection: AgentConnection, now: UInt64
    ) throws(OpenFlowError) {
        let channel = connection.channel
        switch message {
        case .setFlowFormat(let format):
            guard format == 0 || format == 2 else { throw .badRequest(.permission) }
            channel.usesExtendedMatch = format == 2
        case .flowModTableID, .flowAge: break
        case .setPacketInFormat(let format):
            guard format <= 2 else { throw .badRequest(.permission) }
            channel.packetInFormat = format
        case .setControllerID(let id): channel.controllerID = id
        case .flowMonitorCancel(let id): try cancelMonitor(id, of: channel)
        case .tlvTableModification(let change): try modify(change)
        case .tlvTableRequest:
            connection.send(
                Message(
                    xid: xid,
                    .nicira(
                        .tlvTableReply(
                            .init(
                                maximumOptionSpace: UInt32(TunnelOptionTable.space),
                                maximumFields: UInt16(TunnelOption.count),
                                mappings: datapath.tunnelOptions(bridge: bridge).mappings)))))
        case .resume(let packet): try resume(packet, now: now)
        case .ctFlushZone(let zone): flushConnections(zone: zone)
        case .ctFlush(let filter): flushConnections(filter)
        case .flowMonitorPaused, .flowMonitorResumed, .tlvTableReply: throw .badRequest(.badExperimenterType)
        }
    }

    private func resume(_ packet: Message.PacketIn, now: UInt64) throws(OpenFlowError) {
        let header = Self.continuationHeader
        guard packet.continuation.count == header.count + 8, packet.continuation.starts(with: header) else {
            throw .resumeFailed(.notSupported)
        }
        let number = packet.continuation.dropFirst(header.count).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let isKnown = datapath.resume(
            bridge: bridge, continuation: number, frame: packet.data, fields: packet.fields, now: now)
        if !isKnown { throw .resumeFailed(.stale) }
    }

    // MARK: Options of tunnels

    private func modify(_ change: NiciraMessage.TLVTableModification) throws(OpenFlowError) {
        do throws(TunnelOptionTable.Refusal) {
            switch change.command {
            case .clear: try datapath.removeTunnelOptions(bridge: bridge, nil)
            // The field alone says which, as in Open vSwitch.
            case .delete:
                try datapath.removeTunnelOptions(bridge: bridge, change.mappings.map { Int($0.index) })
            case .add: try datapath.addTunnelOptions(bridge: bridge, change.mappings)
            }
        } catch {
            throw .tlvTableModFailed(error.openFlowError)
        }
    }
}

extension TunnelOptionTable.Refusal {
    fileprivate var openFlowError: OpenFlowError.TLVTableModFailed {
        switch self {
        case .badLength: .badOptionLength
        case .badIndex: .badFieldIndex
        case .tableFull: .tableFull
        case .alreadyMapped: .alreadyMapped
        case .duplicate: .duplicateEntry
        case .inUse: .invalidTLVDeletion
        }
    }
}
