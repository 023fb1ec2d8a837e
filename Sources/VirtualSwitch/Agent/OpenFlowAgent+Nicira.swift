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
                                maximumOptionSpace: UInt32(Self.tlvSpace), maximumFields: UInt16(Self.tlvFields),
                                mappings: tlvMappings)))))
        case .resume(let packet): try resume(packet, now: now)
        case .ctFlushZone(let zone): flushConnections(zone: zone)
        case .ctFlush(let filter): flushConnections(filter)
        case .flowMonitorPaused, .flowMonitorResumed, .tlvTableReply: throw .badRequest(.badExperimenterType)
        }
    }

    private func resume(_ packet: Message.PacketIn, now: UInt64) throws(OpenFlowError) {
        guard packet.continuation.count == 8 else { throw .resumeFailed(.notSupported) }
        let number = packet.continuation.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let isKnown = datapath.resume(
            bridge: bridge, continuation: number, frame: packet.data, fields: packet.fields, now: now)
        if !isKnown { throw .resumeFailed(.stale) }
    }

    // MARK: Options of tunnels

    private static let tlvFields = 64
    private static let tlvSpace = 256

    private func modify(_ change: NiciraMessage.TLVTableModification) throws(OpenFlowError) {
        switch change.command {
        case .clear: tlvMappings = []
        case .delete:
            for mapping in change.mappings {
                guard let index = tlvMappings.firstIndex(of: mapping) else {
                    throw .tlvTableModFailed(.invalidTLVDeletion)
                }
                tlvMappings.remove(at: index)
            }
        case .add:
            var table = tlvMappings
            for mapping in change.mappings {
                guard mapping.optionLength % 4 == 0, mapping.optionLength > 0, mapping.optionLength <= 124 else {
                    throw .tlvTableModFailed(.badOptionLength)
                }
                guard Int(mapping.index) < Self.tlvFields else { throw .tlvTableModFailed(.badFieldIndex) }
                guard !table.contains(where: { $0.index == mapping.index }) else {
                    throw .tlvTableModFailed(.alreadyMapped)
                }
                guard
                    !table.contains(where: {
                        $0.optionClass == mapping.optionClass && $0.optionType == mapping.optionType
                    })
                else { throw .tlvTableModFailed(.duplicateEntry) }
                table.append(mapping)
            }
            guard table.reduce(0, { $0 + Int($1.optionLength) }) <= Self.tlvSpace else {
                throw .tlvTableModFailed(.tableFull)
            }
            tlvMappings = table.sorted { $0.index < $1.index }
        }
    }
}
