/// `ofp_multipart_type`, with its numbers.
enum MultipartType: UInt16 {
    case description, flows, aggregate, tables, ports, queues
    case groups, groupDescriptions, groupFeatures
    case meters, meterDescriptions, meterFeatures
    case tableFeatures, portDescriptions, tableDescriptions, queueDescriptions, flowMonitors
    case flowStatistics, controllerStatus, bundleFeatures
    case experimenter = 0xffff

    /// The first version that has it; port descriptions came with 1.3, and Open vSwitch answers them in all.
    var firstVersion: OpenFlowVersion {
        switch self {
        case .groups, .groupDescriptions: .v11
        case .groupFeatures: .v12
        case .meters, .meterDescriptions, .meterFeatures, .tableFeatures: .v13
        case .tableDescriptions, .queueDescriptions, .flowMonitors: .v14
        case .flowStatistics, .controllerStatus, .bundleFeatures: .v15
        default: .v10
        }
    }

    init?(number: UInt16, version: OpenFlowVersion) {
        guard let type = MultipartType(rawValue: number), version >= type.firstVersion else { return nil }
        self = type
    }

    /// Nicira's numbers behind `experimenter` (`enum nicira_stats_type`) and the ONF's.
    enum Extension {
        static let flows: UInt32 = 0
        static let aggregate: UInt32 = 1
        static let flowMonitors: UInt32 = 2
        static let ipfixBridge: UInt32 = 3
        static let ipfixFlows: UInt32 = 4
        static let groups: UInt32 = 7
        static let groupDescriptions: UInt32 = 8
        static let groupFeatures: UInt32 = 9
        static let onfFlowMonitors: UInt32 = 1870
    }

    /// How a version says a multipart message: with a type of its own, or as an experimenter's.
    enum Heading: Equatable {
        case standard(MultipartType)
        case nicira(UInt32)
        case onf
        case experimenter(UInt32, UInt32)
    }
}

extension WireReader {
    static let multipartMore: UInt16 = 1

    /// Reads the header of a multipart message.
    mutating func multipartHeading(
        _ version: OpenFlowVersion
    ) throws(OpenFlowError) -> (heading: MultipartType.Heading, hasMore: Bool) {
        let number = try uint16()
        let hasMore = try uint16() & Self.multipartMore != 0
        if version > .v10 { try skip(4) }
        guard let type = MultipartType(number: number, version: version) else { throw .badRequest(.badMultipart) }
        guard type == .experimenter else { return (.standard(type), hasMore) }
        let id = try uint32()
        let subtype = try uint32()
        switch id {
        case Experimenter.nicira:
            if version == .v10 { try skip(4) }
            return (.nicira(subtype), hasMore)
        case Experimenter.onf where version == .v13 && subtype == MultipartType.Extension.onfFlowMonitors:
            return (.onf, hasMore)
        default: return (.experimenter(id, subtype), hasMore)
        }
    }
}

extension WireWriter {
    mutating func multipartHeading(_ heading: MultipartType.Heading, _ version: OpenFlowVersion, hasMore: Bool) {
        var type = MultipartType.experimenter
        if case .standard(let own) = heading { type = own }
        uint16(type.rawValue)
        uint16(hasMore ? WireReader.multipartMore : 0)
        if version > .v10 { zeros(4) }
        switch heading {
        case .standard: break
        case .nicira(let subtype):
            uint32(Experimenter.nicira)
            uint32(subtype)
            if version == .v10 { zeros(4) }
        case .onf:
            uint32(Experimenter.onf)
            uint32(MultipartType.Extension.onfFlowMonitors)
        case .experimenter(let id, let subtype):
            uint32(id)
            uint32(subtype)
        }
    }
}
