import OpenFlow
import Switch

/// Parts of a multipart request that go on in the next message.
struct PartialRequest {
    var features: [Message.TableFeatures] = []
    var monitors: [Message.FlowMonitor] = []
    var byteCount = 0
    /// When it is given up, if nothing more comes.
    var deadline: UInt64

    /// Bytes of all parts together, and requests of one connection that may be under way.
    static let byteLimit = 1 << 20
    static let limit = 4
    /// How long the next part may take, in nanoseconds (at least 100 ms by OpenFlow 1.5, 7.3.5.1; Open vSwitch's second).
    static let patience: UInt64 = 1_000_000_000
}

/// A long answer that is made in parts.
struct ReplyJob {
    var listing: FlowListing
    var xid: UInt32
    var spelling: Message.Spelling
    /// OpenFlow 1.5's `OFPMP_FLOW_STATS`, which has no instructions.
    var isStatistics: Bool
}

// Multipart requests (OpenFlow 1.5, 7.3.5; before 1.3: statistics).

extension OpenFlowAgent {
    func reply(_ body: Message.MultipartReply.Body, to message: Message, of connection: AgentConnection) {
        connection.send(Message(xid: message.xid, .multipartReply(.init(body)), spelling: message.spelling))
    }

    func perform(
        _ request: Message.MultipartRequest, _ message: Message, byteCount: Int, from connection: AgentConnection,
        now: UInt64
    ) throws(OpenFlowError) {
        guard let body = try assembled(request, xid: message.xid, byteCount: byteCount, from: connection, now: now)
        else { return }
        func answer(_ body: Message.MultipartReply.Body) { reply(body, to: message, of: connection) }
        switch body {
        case .description:
            answer(
                .description(
                    .init(
                        manufacturer: identity.manufacturer, hardware: identity.hardware, software: identity.software,
                        serialNumber: identity.serialNumber, datapath: identity.description)))
        case .flows(let flows): try list(flows, isStatistics: false, message, from: connection, now: now)
        case .flowStatistics(let flows): try list(flows, isStatistics: true, message, from: connection, now: now)
        case .aggregate(let flows):
            let sum = datapath.aggregate(bridge: bridge, try query(flows), now: now)
            answer(.aggregate(.init(flows: UInt32(sum.flows), packets: sum.packets, bytes: sum.bytes)))
        case .tables: answer(.tables(tableStatistics(version: connection.version)))
        case .ports(let port): answer(.ports(try portStatistics(port, now: now)))
        case .queues(let port, let queue): answer(.queues(try queueStatistics(port: port, queue: queue, now: now)))
        case .groups(let id):
            let statistics = datapath.groupStatistics(bridge: bridge, id: id == Group.all ? nil : id, now: now)
            answer(.groups(statistics.map(Message.GroupStatistics.init)))
        case .groupDescriptions(let id):
            answer(.groupDescriptions(datapath.groups(bridge: bridge).filter { id == Group.all || $0.id == id }))
        case .groupFeatures: answer(.groupFeatures(Self.groupFeatures))
        case .meters(let id):
            let statistics = datapath.meterStatistics(bridge: bridge, id: id == Meter.all ? nil : id, now: now)
            if id != Meter.all && statistics.isEmpty { throw .meterModFailed(.unknownMeter) }
            answer(.meters(statistics.map(Message.MeterStatistics.init)))
        case .meterDescriptions(let id):
            let meters = datapath.meters(bridge: bridge).filter { id == Meter.all || $0.id == id }
            if id != Meter.all && meters.isEmpty { throw .meterModFailed(.unknownMeter) }
            answer(.meterDescriptions(meters))
        case .meterFeatures: answer(.meterFeatures(Self.meterFeatures(version: connection.version)))
        case .tableFeatures(let features):
            if !features.isEmpty { try setTableFeatures(features, version: connection.version, now: now) }
            answer(.tableFeatures(tableFeatures(version: connection.version)))
        case .portDescriptions(let port):
            let all = portDescriptions()
            if port != PortNumber.any && !all.contains(where: { $0.number == port }) { throw .badRequest(.badPort) }
            answer(.portDescriptions(port == PortNumber.any ? all : all.filter { $0.number == port }))
        case .tableDescriptions: answer(.tableDescriptions(tableDescriptions()))
        case .queueDescriptions(let port, let queue):
            if port != PortNumber.any && datapath.portDescription(bridge: bridge, number: port) == nil {
                throw .queueOperationFailed(.badPort)
            }
            answer(.queueDescriptions(queues(port: port, queue: queue)))
        case .flowMonitors(let monitors): try perform(monitors, message, from: connection, now: now)
        case .controllerStatus:
            answer(.controllerStatus(channels.filter { !$0.isService }.map { status(of: $0, reason: .request) }))
        case .bundleFeatures: answer(.bundleFeatures(bundleFeatures()))
        case .ipfixBridge, .ipfixFlows: throw .statisticsFailed(.notConfigured)
        case .experimenter(let message):
            throw [Experimenter.nicira, Experimenter.onf].contains(message.id)
                ? .badRequest(.badExperimenterType) : .badRequest(.badExperimenter)
        }
    }

    // MARK: Parts of requests

    /// The whole request, once its last part is here. Parts of requests with different xids may mix.
    private func assembled(
        _ request: Message.MultipartRequest, xid: UInt32, byteCount: Int, from connection: AgentConnection, now: UInt64
    ) throws(OpenFlowError) -> Message.MultipartRequest.Body? {
        let earlier = connection.partialRequests.removeValue(forKey: xid)
        guard request.hasMore || earlier != nil else { return request.body }
        var partial = earlier ?? PartialRequest(deadline: 0)
        partial.byteCount += byteCount
        partial.deadline = now &+ PartialRequest.patience
        guard partial.byteCount <= PartialRequest.byteLimit, connection.partialRequests.count < PartialRequest.limit
        else { throw .badRequest(.multipartBufferOverflow) }
        switch request.body {
        case .tableFeatures(let features) where partial.monitors.isEmpty:
            partial.features += features
            if !request.hasMore { return .tableFeatures(partial.features) }
        case .flowMonitors(let monitors) where partial.features.isEmpty:
            partial.monitors += monitors
            if !request.hasMore { return .flowMonitors(partial.monitors) }
        default:
            // The other requests fit into one message, and all parts are of one type.
            throw .badRequest(.badLength)
        }
        connection.partialRequests[xid] = partial
        return nil
    }

    /// Gives up requests whose next part has stayed away.
    func runPartialRequests(now: UInt64) {
        for connection in connections.values where !connection.partialRequests.isEmpty {
            for (xid, partial) in connection.partialRequests where partial.deadline <= now {
                connection.partialRequests[xid] = nil
                // Earlier versions have no error for it.
                guard connection.version >= .v14 else { continue }
                refuse(.badRequest(.multipartRequestTimeout), xid: xid, quote: [], to: connection)
            }
        }
    }

    // MARK: Flows

    private func query(_ request: Message.FlowRequest) throws(OpenFlowError) -> FlowQuery {
        if let table = request.table, Int(table) >= Datapath.tableCount { throw .badRequest(.badTableID) }
        let match = try told { () throws(ModificationError) in
            try datapath.bound(bridge: bridge, request.match)
        }
        return FlowQuery(
            table: request.table, match: match, cookie: request.cookie, cookieMask: request.cookieMask,
            outPort: request.outPort, outGroup: request.outGroup)
    }

    private func list(
        _ request: Message.FlowRequest, isStatistics: Bool, _ message: Message, from connection: AgentConnection,
        now: UInt64
    ) throws(OpenFlowError) {
        let listing = datapath.flowListing(bridge: bridge, try query(request))
        connection.job = ReplyJob(
            listing: listing, xid: message.xid, spelling: message.spelling, isStatistics: isStatistics)
        advance(connection, now: now)
    }

    /// Flows of one part of a long answer.
    private static let flowsInAPart = 100
    private static let partsInARun = 10

    /// Goes on with a long answer, as far as the peer takes it.
    func advance(_ connection: AgentConnection, now: UInt64) {
        guard var job = connection.job else { return }
        connection.job = nil
        var parts = Self.partsInARun
        while parts > 0 {
            guard connection.gauge.hasRoom else { break }
            parts -= 1
            let flows = datapath.next(of: &job.listing, limit: Self.flowsInAPart, now: now)
            let isLast = job.listing.isAtEnd
            let body: Message.MultipartReply.Body =
                job.isStatistics
                ? .flowStatistics(
                    flows.map {
                        .init(
                            table: $0.table, priority: $0.priority, match: $0.match,
                            statistics: FlowStatistics($0))
                    })
                : .flows(flows)
            connection.send(
                Message(xid: job.xid, .multipartReply(.init(body, hasMore: !isLast)), spelling: job.spelling))
            if isLast { return }
        }
        connection.job = job
    }

    // MARK: Ports and queues

    private func portStatistics(_ port: UInt32, now: UInt64) throws(OpenFlowError) -> [Message.PortStatistics] {
        let statistics = datapath.portStatistics(bridge: bridge, number: port == PortNumber.any ? nil : port, now: now)
        if port != PortNumber.any && statistics.isEmpty { throw .badRequest(.badPort) }
        return statistics.map(Message.PortStatistics.init)
    }

    private func queueStatistics(
        port: UInt32, queue: UInt32, now: UInt64
    ) throws(OpenFlowError) -> [Message.QueueStatistics] {
        if port != PortNumber.any && datapath.portDescription(bridge: bridge, number: port) == nil {
            throw .queueOperationFailed(.badPort)
        }
        let statistics = datapath.queueStatistics(
            bridge: bridge, port: port == PortNumber.any ? nil : port, queue: queue == Message.Queue.all ? nil : queue,
            now: now)
        if queue != Message.Queue.all && statistics.isEmpty { throw .queueOperationFailed(.badQueue) }
        return statistics.map {
            Message.QueueStatistics(port: $0.port, queue: $0.queue, sent: $0.sent, errors: $0.drops, duration: $0.age)
        }
    }

    func queues(port: UInt32, queue: UInt32) -> [Message.Queue] {
        datapath.queueDescriptions(
            bridge: bridge, port: port == PortNumber.any ? nil : port, queue: queue == Message.Queue.all ? nil : queue
        ).map { description in
            let rate = datapath.portDescription(bridge: bridge, number: description.port)?.rate
            func share(_ bits: UInt64?) -> UInt16? {
                guard let bits, let rate, rate > 0 else { return nil }
                guard bits < rate else { return 1000 }
                return UInt16(rate.dividingFullWidth(bits.multipliedFullWidth(by: 1000)).quotient)
            }
            return Message.Queue(
                port: description.port, id: description.queue.id, minimumRate: share(description.queue.minRate),
                maximumRate: share(description.queue.maxRate))
        }
    }

    func portDescriptions() -> [Message.Port] {
        datapath.portDescriptions(bridge: bridge).map { Message.Port($0) }
    }

    // MARK: Groups and meters

    private static let groupFeatures = Message.GroupFeatures(
        types: 0b1111, capabilities: [.selectWeight, .selectLiveness, .chaining, .chainingChecks],
        maximumGroups: Array(repeating: Group.maximum, count: 4),
        // output, copy TTL, MPLS TTL, push and pop of VLAN, MPLS and PBB, set_queue, group, IP TTL, set_field.
        actions: Array(repeating: 0x0fff_9801, count: 4))

    private static func meterFeatures(version: OpenFlowVersion) -> Message.MeterFeatures {
        Message.MeterFeatures(
            maximumMeters: 200_000, bandTypes: 0b110, capabilities: 0b1111, maximumBands: 8,
            features: version >= .v15 ? 0b11 : 0)
    }
}

extension Message.GroupStatistics {
    init(_ statistics: Switch.GroupStatistics) {
        self.init(
            group: statistics.id, referenceCount: statistics.referenceCount,
            traffic: TrafficCount(packets: statistics.packets, bytes: statistics.bytes), duration: statistics.age,
            buckets: statistics.buckets)
    }
}

extension Message.MeterStatistics {
    init(_ statistics: Switch.MeterStatistics) {
        self.init(
            meter: statistics.id, referenceCount: statistics.flowCount,
            traffic: TrafficCount(packets: statistics.packetsIn, bytes: statistics.bytesIn), duration: statistics.age,
            bands: statistics.bands)
    }
}
