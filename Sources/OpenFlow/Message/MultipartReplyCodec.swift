import Switch

/// `ofp_multipart_reply`, split where it does not fit into one message (OpenFlow 1.5, 7.3.5).
enum MultipartReplyCodec {
    typealias Body = Message.MultipartReply.Body

    static func decode(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> (reply: Message.MultipartReply, spelling: Message.Spelling) {
        let (heading, hasMore) = try reader.multipartHeading(version)
        let body: Body
        var spelling = Message.Spelling.standard
        switch heading {
        case .standard(let type): body = try decode(type, &reader, version: version)
        case .nicira(let subtype): (body, spelling) = try decodeNicira(subtype, &reader, version: version)
        case .onf: body = .flowMonitors(try decodeUpdates(&reader, version: version))
        case .experimenter(let id, let type):
            body = .experimenter(Experimenter(id: id, type: type, data: reader.rest()))
        }
        guard reader.isAtEnd else { throw .badRequest(.badLength) }
        return (Message.MultipartReply(body, hasMore: hasMore), spelling)
    }

    /// Reads entries to the end of the reader.
    @inline(__always)
    private static func list<Entry>(
        _ reader: inout WireReader, _ entry: (inout WireReader) throws(OpenFlowError) -> Entry
    ) throws(OpenFlowError) -> [Entry] {
        var entries: [Entry] = []
        while !reader.isAtEnd { entries.append(try entry(&reader)) }
        return entries
    }

    private static func decode(
        _ type: MultipartType, _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Body {
        switch type {
        case .description: return .description(try decodeDescription(&reader))
        case .flows:
            var flows: [FlowSnapshot] = []
            while !reader.isAtEnd { flows.append(try FlowEntryCodec.decode(&reader, version: version)) }
            return .flows(flows)
        case .aggregate: return .aggregate(try decodeAggregate(&reader, version: version))
        case .tables:
            var tables: [Message.TableStatistics] = []
            while !reader.isAtEnd { tables.append(try StatisticsEntryCodec.decodeTable(&reader, version: version)) }
            return .tables(tables)
        case .ports:
            var ports: [Message.PortStatistics] = []
            while !reader.isAtEnd { ports.append(try StatisticsEntryCodec.decodePort(&reader, version: version)) }
            return .ports(ports)
        case .queues:
            var queues: [Message.QueueStatistics] = []
            while !reader.isAtEnd { queues.append(try StatisticsEntryCodec.decodeQueue(&reader, version: version)) }
            return .queues(queues)
        case .groups: return .groups(try decodeGroups(&reader, version: version))
        case .groupDescriptions: return .groupDescriptions(try decodeGroupDescriptions(&reader, version: version))
        case .groupFeatures: return .groupFeatures(try decodeGroupFeatures(&reader))
        case .meters:
            return .meters(try list(&reader) { r throws(OpenFlowError) in try StatisticsEntryCodec.decodeMeter(&r) })
        case .meterDescriptions:
            return .meterDescriptions(
                try list(&reader) { r throws(OpenFlowError) in try MeterModCodec.decodeDescription(&r) })
        case .meterFeatures: return .meterFeatures(try decodeMeterFeatures(&reader, version: version))
        case .tableFeatures:
            return .tableFeatures(
                try list(&reader) { r throws(OpenFlowError) in try TableFeaturesCodec.decode(&r, version: version) })
        case .portDescriptions:
            return .portDescriptions(
                try list(&reader) { r throws(OpenFlowError) in try PortCodec.decode(&r, version: version) })
        case .tableDescriptions:
            return .tableDescriptions(
                try list(&reader) { r throws(OpenFlowError) in try TableModCodec.decodeDescription(&r) })
        case .queueDescriptions:
            return .queueDescriptions(
                try list(&reader) { r throws(OpenFlowError) in
                    try QueueCodec.decode(&r, version: version, port: 0)
                })
        case .flowMonitors: return .flowMonitors(try decodeUpdates(&reader, version: version))
        case .flowStatistics:
            return .flowStatistics(
                try list(&reader) { r throws(OpenFlowError) in try FlowEntryCodec.decodeStatistics(&r) })
        case .controllerStatus:
            return .controllerStatus(
                try list(&reader) { r throws(OpenFlowError) in try RoleCodec.decodeControllerStatus(&r) })
        case .bundleFeatures: return .bundleFeatures(try BundleCodec.decodeFeatures(&reader, isRequest: false))
        case .experimenter: throw .badRequest(.badMultipart)  // Has its own heading.
        }
    }

    private static func decodeNicira(
        _ subtype: UInt32, _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> (Body, Message.Spelling) {
        typealias Number = MultipartType.Extension
        switch subtype {
        case Number.flows where version == .v10:
            return (
                .flows(try list(&reader) { r throws(OpenFlowError) in try FlowEntryCodec.decodeNicira(&r) }), .nicira
            )
        case Number.aggregate where version == .v10:
            return (.aggregate(try decodeAggregate(&reader, version: version)), .nicira)
        case Number.flowMonitors where version <= .v12:
            return (.flowMonitors(try decodeUpdates(&reader, version: version)), .standard)
        case Number.ipfixBridge: return (.ipfixBridge(try StatisticsEntryCodec.decodeIPFIX(&reader)), .standard)
        case Number.ipfixFlows:
            return (
                .ipfixFlows(
                    try list(&reader) { r throws(OpenFlowError) in try StatisticsEntryCodec.decodeIPFIX(&r) }),
                .standard
            )
        case Number.groups where version == .v10:
            return (.groups(try decodeGroups(&reader, version: version)), .standard)
        case Number.groupDescriptions where version == .v10:
            return (.groupDescriptions(try decodeGroupDescriptions(&reader, version: version)), .standard)
        case Number.groupFeatures where version <= .v11:
            return (.groupFeatures(try decodeGroupFeatures(&reader)), .standard)
        default: throw .badRequest(.badExperimenterType)
        }
    }

    private static func decodeUpdates(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> [Message.FlowUpdate] {
        try list(&reader) { r throws(OpenFlowError) in try FlowMonitorCodec.decodeUpdate(&r, version: version) }
    }

    private static func decodeGroups(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> [Message.GroupStatistics] {
        try list(&reader) { r throws(OpenFlowError) in try StatisticsEntryCodec.decodeGroup(&r, version: version) }
    }

    private static func decodeGroupDescriptions(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> [Group] {
        try list(&reader) { r throws(OpenFlowError) in try GroupModCodec.decodeDescription(&r, version: version) }
    }

    // MARK: Encoding

    private static let maximumBytes = 0xffff

    /// Where the message stands that is being written, and how to begin another.
    private struct Parts {
        var start: Int
        let version: OpenFlowVersion
        let xid: UInt32
        let heading: MultipartType.Heading
        let hasMore: Bool

        /// The flags' place behind the start.
        static let flagsAt = 10

        mutating func begin(_ writer: inout WireWriter) {
            start = writer.count
            writer.uint8(version.rawValue)
            writer.uint8(MessageType.multipartReply.number(in: version)!)
            writer.zeros(2)
            writer.uint32(xid)
            writer.multipartHeading(heading, version, hasMore: hasMore)
        }

        func finish(_ writer: inout WireWriter) { writer.patchLength(from: start) }

        /// Moves the entry that begins at `entry`, and does not fit any more, into a message of its own. An entry that
        /// fits into no message at all is left out.
        mutating func split(before entry: Int, _ writer: inout WireWriter) {
            let bytes = writer.copy(from: entry)
            writer.truncate(to: entry)
            let headingBytes = headingBytes
            guard bytes.count <= maximumBytes - headingBytes else { return }
            writer.patch16(WireReader.multipartMore, at: start + Self.flagsAt)
            finish(&writer)
            begin(&writer)
            writer.bytes(bytes)
        }

        private var headingBytes: Int {
            var probe = WireWriter()
            probe.multipartHeading(heading, version, hasMore: false)
            return 8 + probe.count
        }
    }

    /// Writes the reply: one message, or as many as it takes, all but the last with `OFPMPF_REPLY_MORE`.
    /// - Returns: false: the version has no such reply, and nothing was written.
    static func encode(
        _ reply: Message.MultipartReply, version: OpenFlowVersion, xid: UInt32, spelling: Message.Spelling,
        into writer: inout WireWriter
    ) -> Bool {
        guard let heading = heading(reply.body, version, spelling) else { return false }
        var parts = Parts(start: 0, version: version, xid: xid, heading: heading, hasMore: reply.hasMore)
        parts.begin(&writer)
        encode(reply.body, version: version, spelling: spelling, parts: &parts, into: &writer)
        parts.finish(&writer)
        return true
    }

    @inline(__always)
    private static func list<Entry>(
        _ entries: [Entry], _ parts: inout Parts, _ writer: inout WireWriter,
        _ encode: (Entry, inout WireWriter) -> Void
    ) {
        for entry in entries {
            let start = writer.count
            encode(entry, &writer)
            if writer.count - parts.start > maximumBytes { parts.split(before: start, &writer) }
        }
    }

    private static func encode(
        _ body: Body, version: OpenFlowVersion, spelling: Message.Spelling, parts: inout Parts,
        into writer: inout WireWriter
    ) {
        switch body {
        case .description(let description): encode(description, into: &writer)
        case .flows(let flows):
            if version == .v10, spelling != .standard {
                list(flows, &parts, &writer) { FlowEntryCodec.encodeNicira($0, into: &$1) }
            } else {
                list(flows, &parts, &writer) { FlowEntryCodec.encode($0, version: version, into: &$1) }
            }
        case .aggregate(let statistics): encode(statistics, version: version, into: &writer)
        case .tables(let tables):
            list(tables, &parts, &writer) { StatisticsEntryCodec.encode($0, version: version, into: &$1) }
        case .ports(let ports):
            list(ports, &parts, &writer) { StatisticsEntryCodec.encode($0, version: version, into: &$1) }
        case .queues(let queues):
            list(queues, &parts, &writer) { StatisticsEntryCodec.encode($0, version: version, into: &$1) }
        case .groups(let groups):
            list(groups, &parts, &writer) { StatisticsEntryCodec.encode($0, version: version, into: &$1) }
        case .groupDescriptions(let groups):
            list(groups, &parts, &writer) { GroupModCodec.encodeDescription($0, version: version, into: &$1) }
        case .groupFeatures(let features): encode(features, into: &writer)
        case .meters(let meters): list(meters, &parts, &writer) { StatisticsEntryCodec.encode($0, into: &$1) }
        case .meterDescriptions(let meters):
            list(meters, &parts, &writer) { MeterModCodec.encodeDescription($0, into: &$1) }
        case .meterFeatures(let features): encode(features, version: version, into: &writer)
        case .tableFeatures(let tables):
            list(tables, &parts, &writer) { TableFeaturesCodec.encode($0, version: version, into: &$1) }
        case .portDescriptions(let ports):
            list(ports, &parts, &writer) { PortCodec.encode($0, version: version, into: &$1) }
        case .tableDescriptions(let tables):
            list(tables, &parts, &writer) { TableModCodec.encodeDescription($0, into: &$1) }
        case .queueDescriptions(let queues):
            list(queues, &parts, &writer) { QueueCodec.encode($0, version: version, into: &$1) }
        case .flowMonitors(let updates):
            list(updates, &parts, &writer) { FlowMonitorCodec.encode($0, version: version, into: &$1) }
        case .flowStatistics(let flows): list(flows, &parts, &writer) { FlowEntryCodec.encode($0, into: &$1) }
        case .controllerStatus(let controllers):
            list(controllers, &parts, &writer) { RoleCodec.encode($0, into: &$1) }
        case .bundleFeatures(let features): BundleCodec.encode(features, isRequest: false, into: &writer)
        case .ipfixBridge(let statistics): StatisticsEntryCodec.encode(statistics, into: &writer)
        case .ipfixFlows(let flows): list(flows, &parts, &writer) { StatisticsEntryCodec.encode($0, into: &$1) }
        case .experimenter(let experimenter): writer.bytes(experimenter.data)
        }
    }

    private static func heading(
        _ body: Body, _ version: OpenFlowVersion, _ spelling: Message.Spelling
    ) -> MultipartType.Heading? {
        typealias Number = MultipartType.Extension
        let type: MultipartType
        switch body {
        case .description: type = .description
        case .flows: type = .flows
        case .aggregate: type = .aggregate
        case .tables: type = .tables
        case .ports: type = .ports
        case .queues: type = .queues
        case .groups: type = .groups
        case .groupDescriptions: type = .groupDescriptions
        case .groupFeatures: type = .groupFeatures
        case .meters: type = .meters
        case .meterDescriptions: type = .meterDescriptions
        case .meterFeatures: type = .meterFeatures
        case .tableFeatures: type = .tableFeatures
        case .portDescriptions: type = .portDescriptions
        case .tableDescriptions: type = .tableDescriptions
        case .queueDescriptions: type = .queueDescriptions
        case .flowMonitors: type = .flowMonitors
        case .flowStatistics: type = .flowStatistics
        case .controllerStatus: type = .controllerStatus
        case .bundleFeatures: type = .bundleFeatures
        case .ipfixBridge: return .nicira(Number.ipfixBridge)
        case .ipfixFlows: return .nicira(Number.ipfixFlows)
        case .experimenter(let experimenter): return .experimenter(experimenter.id, experimenter.type)
        }
        return MultipartType.heading(type, version, spelling)
    }
}
