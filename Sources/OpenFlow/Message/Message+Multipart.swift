import Switch

extension Message {
    /// `ofp_multipart_request`, before OpenFlow 1.3 `ofp_stats_request`.
    public struct MultipartRequest: Sendable {
        public enum Body: Sendable {
            case description
            case flows(FlowRequest)
            case aggregate(FlowRequest)
            case tables
            /// `PortNumber.any`: all ports; `Queue.all`: all queues; `Group.all`, `Meter.all`: all of them.
            case ports(UInt32)
            case queues(port: UInt32, queue: UInt32)
            case groups(UInt32)
            /// Before OpenFlow 1.5 of all groups.
            case groupDescriptions(UInt32)
            case groupFeatures
            case meters(UInt32)
            case meterDescriptions(UInt32)
            case meterFeatures
            /// Not empty: they are to be set.
            case tableFeatures([TableFeatures])
            /// Before OpenFlow 1.5 of all ports.
            case portDescriptions(UInt32)
            case tableDescriptions
            case queueDescriptions(port: UInt32, queue: UInt32)
            case flowMonitors([FlowMonitor])
            /// OpenFlow 1.5's `OFPMP_FLOW_STATS`; its `OFPMP_FLOW_DESC` is `flows`.
            case flowStatistics(FlowRequest)
            case controllerStatus
            case bundleFeatures(BundleFeatures)
            case ipfixBridge
            case ipfixFlows
            case experimenter(Experimenter)
        }

        public var body: Body
        /// `OFPMPF_REQ_MORE`: another part of the request follows.
        public var hasMore: Bool

        public init(_ body: Body, hasMore: Bool = false) {
            self.body = body
            self.hasMore = hasMore
        }
    }

    /// `ofp_multipart_reply`, before OpenFlow 1.3 `ofp_stats_reply`.
    public struct MultipartReply: Sendable {
        public enum Body: Sendable {
            case description(SwitchDescription)
            case flows([FlowSnapshot])
            /// `packets`, `bytes`, `flows`.
            case aggregate(FlowStatistics)
            case tables([TableStatistics])
            case ports([PortStatistics])
            case queues([QueueStatistics])
            case groups([GroupStatistics])
            case groupDescriptions([Group])
            case groupFeatures(GroupFeatures)
            case meters([MeterStatistics])
            case meterDescriptions([Meter])
            case meterFeatures(MeterFeatures)
            case tableFeatures([TableFeatures])
            case portDescriptions([Port])
            case tableDescriptions([TableDescription])
            case queueDescriptions([Queue])
            case flowMonitors([FlowUpdate])
            case flowStatistics([FlowStatisticsEntry])
            case controllerStatus([ControllerStatus])
            case bundleFeatures(BundleFeatures)
            case ipfixBridge(IPFIXStatistics)
            case ipfixFlows([IPFIXStatistics])
            case experimenter(Experimenter)
        }

        public var body: Body
        /// `OFPMPF_REPLY_MORE`: another part of the reply follows.
        public var hasMore: Bool

        public init(_ body: Body, hasMore: Bool = false) {
            self.body = body
            self.hasMore = hasMore
        }
    }

    /// `ofp_desc`.
    public struct SwitchDescription: Equatable, Sendable {
        public var manufacturer: String
        public var hardware: String
        public var software: String
        public var serialNumber: String
        public var datapath: String

        public init(
            manufacturer: String, hardware: String, software: String, serialNumber: String = "None",
            datapath: String = "None"
        ) {
            self.manufacturer = manufacturer
            self.hardware = hardware
            self.software = software
            self.serialNumber = serialNumber
            self.datapath = datapath
        }
    }

    /// `ofp_flow_stats_request`, `nx_flow_stats_request` and OpenFlow 1.5's `ofp_flow_desc_request`: which flows.
    public struct FlowRequest: Equatable, Sendable {
        /// nil: all tables.
        public var table: UInt8?
        public var outPort: UInt32
        public var outGroup: UInt32
        public var cookie: UInt64
        public var cookieMask: UInt64
        public var match: Match

        public init(
            table: UInt8? = nil, match: Match = Match(), outPort: UInt32 = PortNumber.any, outGroup: UInt32 = Group.any,
            cookie: UInt64 = 0, cookieMask: UInt64 = 0
        ) {
            self.table = table
            self.outPort = outPort
            self.outGroup = outGroup
            self.cookie = cookie
            self.cookieMask = cookieMask
            self.match = match
        }
    }

    /// `ofp_flow_stats` of OpenFlow 1.5.
    public struct FlowStatisticsEntry: Equatable, Sendable {
        /// `ofp_flow_stats_reason`, with its numbers.
        public enum Reason: UInt8, Sendable, CaseIterable { case request, trigger }

        public var table: UInt8
        public var reason: Reason
        public var priority: UInt16
        public var match: Match
        public var statistics: FlowStatistics

        public init(
            table: UInt8, reason: Reason = .request, priority: UInt16, match: Match, statistics: FlowStatistics
        ) {
            self.table = table
            self.reason = reason
            self.priority = priority
            self.match = match
            self.statistics = statistics
        }
    }

    /// `ofp_group_features`; the arrays have a member for each `GroupType`.
    public struct GroupFeatures: Equatable, Sendable {
        /// `ofp_group_capabilities`.
        public struct Capabilities: OptionSet, Hashable, Sendable {
            public var rawValue: UInt32
            public init(rawValue: UInt32) { self.rawValue = rawValue }
            public static let selectWeight = Capabilities(rawValue: 1)
            public static let selectLiveness = Capabilities(rawValue: 2)
            public static let chaining = Capabilities(rawValue: 4)
            public static let chainingChecks = Capabilities(rawValue: 8)
        }

        /// Bit n: type n is known.
        public var types: UInt32
        public var capabilities: Capabilities
        public var maximumGroups: [UInt32]
        /// Bit n: an action of type n may stand in a bucket.
        public var actions: [UInt32]

        public init(types: UInt32, capabilities: Capabilities, maximumGroups: [UInt32], actions: [UInt32]) {
            self.types = types
            self.capabilities = capabilities
            self.maximumGroups = maximumGroups
            self.actions = actions
        }
    }

    /// `ofp_meter_features`.
    public struct MeterFeatures: Equatable, Sendable {
        public var maximumMeters: UInt32
        /// Bit n: bands of type n are known (1 drop, 2 DSCP remark).
        public var bandTypes: UInt32
        /// `Meter.Flags` that are known.
        public var capabilities: UInt32
        public var maximumBands: UInt8
        public var maximumColor: UInt8
        /// OpenFlow 1.5: 1 meter actions in any place, 2 several in a list.
        public var features: UInt32

        public init(
            maximumMeters: UInt32, bandTypes: UInt32, capabilities: UInt32, maximumBands: UInt8,
            maximumColor: UInt8 = 0, features: UInt32 = 0
        ) {
            self.maximumMeters = maximumMeters
            self.bandTypes = bandTypes
            self.capabilities = capabilities
            self.maximumBands = maximumBands
            self.maximumColor = maximumColor
            self.features = features
        }
    }

    /// `nx_ipfix_stats_reply`.
    public struct IPFIXStatistics: Equatable, Sendable {
        public var totalFlows: UInt64 = 0
        public var currentFlows: UInt64 = 0
        public var packets: UInt64 = 0
        public var ipv4Packets: UInt64 = 0
        public var ipv6Packets: UInt64 = 0
        public var errorPackets: UInt64 = 0
        public var ipv4ErrorPackets: UInt64 = 0
        public var ipv6ErrorPackets: UInt64 = 0
        public var sentPackets: UInt64 = 0
        public var sendErrors: UInt64 = 0
        public var collectorSet: UInt32 = 0

        public init() {}
    }
}
