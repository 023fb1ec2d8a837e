import Switch

/// `ofp_multipart_request` (OpenFlow 1.5, 7.3.5).
enum MultipartRequestCodec {
    typealias Body = Message.MultipartRequest.Body

    static func decode(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> (request: Message.MultipartRequest, spelling: Message.Spelling) {
        let (heading, hasMore) = try reader.multipartHeading(version)
        let body: Body
        var spelling = Message.Spelling.standard
        switch heading {
        case .standard(let type): body = try decode(type, &reader, version: version)
        case .nicira(let subtype): (body, spelling) = try decodeNicira(subtype, &reader, version: version)
        case .onf: body = .flowMonitors(try decodeMonitors(&reader, version: version))
        case .experimenter(let id, let type):
            body = .experimenter(Experimenter(id: id, type: type, data: reader.rest()))
        }
        guard reader.isAtEnd else { throw .badRequest(.badLength) }
        return (Message.MultipartRequest(body, hasMore: hasMore), spelling)
    }

    private static func decode(
        _ type: MultipartType, _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Body {
        switch type {
        case .description: return .description
        case .flows: return .flows(try FlowEntryCodec.decodeRequest(&reader, version: version))
        case .aggregate: return .aggregate(try FlowEntryCodec.decodeRequest(&reader, version: version))
        case .tables: return .tables
        case .ports:
            let port = try reader.port(version)
            try reader.skip(version == .v10 ? 6 : 4)
            return .ports(port)
        case .queues:
            let port = try reader.port(version)
            if version == .v10 { try reader.skip(2) }
            // OpenFlow 1.0 says `ALL` for all ports, others `ANY`; both have meant it.
            return .queues(port: port == PortNumber.all ? PortNumber.any : port, queue: try reader.uint32())
        case .groups: return .groups(try padded(&reader))
        case .groupDescriptions: return .groupDescriptions(version >= .v15 ? try padded(&reader) : Group.all)
        case .groupFeatures: return .groupFeatures
        case .meters: return .meters(try padded(&reader))
        case .meterDescriptions: return .meterDescriptions(try padded(&reader))
        case .meterFeatures: return .meterFeatures
        case .tableFeatures:
            var features: [Message.TableFeatures] = []
            while !reader.isAtEnd { features.append(try TableFeaturesCodec.decode(&reader, version: version)) }
            return .tableFeatures(features)
        case .portDescriptions: return .portDescriptions(version >= .v15 ? try padded(&reader) : PortNumber.any)
        case .tableDescriptions: return .tableDescriptions
        case .queueDescriptions:
            let port = try reader.uint32()
            return .queueDescriptions(port: port, queue: try reader.uint32())
        case .flowMonitors: return .flowMonitors(try decodeMonitors(&reader, version: version))
        case .flowStatistics: return .flowStatistics(try FlowEntryCodec.decodeRequest(&reader, version: version))
        case .controllerStatus: return .controllerStatus
        case .bundleFeatures: return .bundleFeatures(try BundleCodec.decodeFeatures(&reader, isRequest: true))
        case .experimenter: throw .badRequest(.badMultipart)  // Has its own heading.
        }
    }

    /// A 32-bit number and as much padding.
    private static func padded(_ reader: inout WireReader) throws(OpenFlowError) -> UInt32 {
        let number = try reader.uint32()
        try reader.skip(4)
        return number
    }

    private static func decodeMonitors(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> [Message.FlowMonitor] {
        var monitors: [Message.FlowMonitor] = []
        while !reader.isAtEnd { monitors.append(try FlowMonitorCodec.decodeRequest(&reader, version: version)) }
        return monitors
    }

    private static func decodeNicira(
        _ subtype: UInt32, _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> (Body, Message.Spelling) {
        typealias Number = MultipartType.Extension
        switch subtype {
        case Number.flows where version == .v10:
            return (.flows(try FlowEntryCodec.decodeNiciraRequest(&reader)), .nicira)
        case Number.aggregate where version == .v10:
            return (.aggregate(try FlowEntryCodec.decodeNiciraRequest(&reader)), .nicira)
        case Number.flowMonitors where version <= .v12:
            return (.flowMonitors(try decodeMonitors(&reader, version: version)), .standard)
        case Number.ipfixBridge: return (.ipfixBridge, .standard)
        case Number.ipfixFlows: return (.ipfixFlows, .standard)
        case Number.groups where version == .v10: return (.groups(try padded(&reader)), .standard)
        case Number.groupDescriptions where version == .v10:
            return (.groupDescriptions(try padded(&reader)), .standard)
        case Number.groupFeatures where version <= .v11: return (.groupFeatures, .standard)
        default: throw .badRequest(.badExperimenterType)
        }
    }

    // MARK: Encoding

    /// Writes the request behind the header of the message.
    /// - Returns: false: the version has no such request, and nothing was written.
    static func encode(
        _ request: Message.MultipartRequest, version: OpenFlowVersion, spelling: Message.Spelling,
        into writer: inout WireWriter
    ) -> Bool {
        guard let heading = heading(request.body, version, spelling) else { return false }
        writer.multipartHeading(heading, version, hasMore: request.hasMore)
        let isNicira = version == .v10 && spelling != .standard
        switch request.body {
        case .description, .tables, .groupFeatures, .meterFeatures, .tableDescriptions, .controllerStatus, .ipfixBridge,
            .ipfixFlows:
            break
        case .flows(let flows), .aggregate(let flows), .flowStatistics(let flows):
            if isNicira {
                FlowEntryCodec.encodeNiciraRequest(flows, into: &writer)
            } else {
                FlowEntryCodec.encodeRequest(flows, version: version, into: &writer)
            }
        case .ports(let port):
            writer.port(port, version)
            writer.zeros(version == .v10 ? 6 : 4)
        case .queues(let port, let queue):
            writer.port(version == .v10 && port == PortNumber.any ? PortNumber.all : port, version)
            if version == .v10 { writer.zeros(2) }
            writer.uint32(queue)
        case .groups(let id), .meters(let id), .meterDescriptions(let id):
            writer.uint32(id)
            writer.zeros(4)
        case .groupDescriptions(let id):
            guard version >= .v15 || version == .v10 else { break }
            writer.uint32(id)
            writer.zeros(4)
        case .portDescriptions(let port):
            guard version >= .v15 else { break }
            writer.uint32(port)
            writer.zeros(4)
        case .tableFeatures(let features):
            for table in features { TableFeaturesCodec.encode(table, version: version, into: &writer) }
        case .queueDescriptions(let port, let queue):
            writer.uint32(port)
            writer.uint32(queue)
        case .flowMonitors(let monitors):
            for monitor in monitors { FlowMonitorCodec.encodeRequest(monitor, version: version, into: &writer) }
        case .bundleFeatures(let features): BundleCodec.encode(features, isRequest: true, into: &writer)
        case .experimenter(let experimenter): writer.bytes(experimenter.data)
        }
        return true
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

extension MultipartType {
    /// How `version` says a message of `type`; nil: not at all.
    static func heading(
        _ type: MultipartType, _ version: OpenFlowVersion, _ spelling: Message.Spelling
    ) -> Heading? {
        switch type {
        case .flows where version == .v10 && spelling != .standard: .nicira(Extension.flows)
        case .aggregate where version == .v10 && spelling != .standard: .nicira(Extension.aggregate)
        case .flowMonitors where version <= .v12: .nicira(Extension.flowMonitors)
        case .flowMonitors where version == .v13: .onf
        case .groups where version == .v10: .nicira(Extension.groups)
        case .groupDescriptions where version == .v10: .nicira(Extension.groupDescriptions)
        case .groupFeatures where version <= .v11: .nicira(Extension.groupFeatures)
        default: version >= type.firstVersion ? .standard(type) : nil
        }
    }
}
