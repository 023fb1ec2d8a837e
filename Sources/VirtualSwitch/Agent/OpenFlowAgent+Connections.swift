import OpenFlow
import Switch

// Tracked connections, for `NXT_CT_FLUSH_ZONE` and `NXT_CT_FLUSH`.

extension OpenFlowAgent {
    func flushConnections(zone: UInt16) {
        var filter = ConnectionFilter()
        filter.zone = zone
        _ = datapath.connections.tracker.flush(filter)
    }

    func flushConnections(_ request: NiciraMessage.ConnectionFlush) {
        var filter = ConnectionFilter()
        filter.zone = request.zone
        filter.ipProtocol = request.ipProtocol
        if let original = request.original { filter.original = .init(original) }
        if let reply = request.reply { filter.reply = .init(reply) }
        _ = datapath.connections.tracker.flush(filter)
    }
}

extension ConnectionFilter.Tuple {
    init(_ tuple: NiciraMessage.ConnectionFlush.Tuple) {
        self.init()
        source = tuple.source
        destination = tuple.destination
        sourcePort = tuple.sourcePort ?? 0
        destinationPort = tuple.destinationPort ?? 0
        icmpIdentifier = tuple.icmpID
        icmpType = tuple.icmpType
        icmpCode = tuple.icmpCode
    }
}
