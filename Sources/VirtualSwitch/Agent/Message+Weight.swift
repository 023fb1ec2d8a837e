import OpenFlow

extension Message {
    /// About how many kilobytes it takes until it is encoded, at least 1: what is counted against a slow peer.
    var weight: Int {
        switch body {
        case .packetIn(let packet): 1 + packet.data.count / 1024
        case .echoReply(let data): 1 + data.count / 1024
        case .error(let report): 1 + report.data.count / 1024
        case .multipartReply(let reply):
            switch reply.body {
            case .flows(let flows): 1 + flows.count
            case .flowStatistics(let flows): 1 + flows.count
            case .flowMonitors(let updates): 1 + updates.count
            case .tableFeatures(let features): 1 + 2 * features.count
            case .tables(let tables): 1 + tables.count / 4
            case .tableDescriptions(let tables): 1 + tables.count / 8
            case .portDescriptions(let ports): 1 + ports.count / 4
            case .ports(let ports): 1 + ports.count / 4
            case .queues(let queues): 1 + queues.count / 8
            case .queueDescriptions(let queues): 1 + queues.count / 8
            case .groups(let groups): 1 + groups.count / 2
            case .groupDescriptions(let groups): 1 + groups.count
            case .meters(let meters): 1 + meters.count / 4
            case .meterDescriptions(let meters): 1 + meters.count / 4
            default: 1
            }
        case .featuresReply(let features): 1 + features.ports.count / 4
        default: 1
        }
    }
}
