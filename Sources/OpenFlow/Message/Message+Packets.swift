import Switch

extension Message {
    /// `ofp_packet_in`, `NXT_PACKET_IN`, `NXT_PACKET_IN2` (and `NXT_RESUME`, which is the last one sent back).
    public struct PacketIn: Equatable, Sendable {
        /// The whole packet's number in the switch; nil: not kept.
        public var buffer: UInt32?
        /// Bytes of the whole packet, of which `data` may be the first ones.
        public var totalLength: UInt32
        public var reason: PacketInReason
        public var table: UInt8
        public var cookie: UInt64
        /// `in_port` and the other pipeline fields of the packet.
        public var fields: Match
        public var data: [UInt8]
        /// What the action that sent it here said (`NXT_PACKET_IN2`).
        public var userData: [UInt8]
        /// What the switch needs to go on, opaque (`NXT_PACKET_IN2`).
        public var continuation: [UInt8]

        public init(
            buffer: UInt32? = nil, totalLength: UInt32? = nil, reason: PacketInReason, table: UInt8 = 0,
            cookie: UInt64 = .max, fields: Match, data: [UInt8], userData: [UInt8] = [], continuation: [UInt8] = []
        ) {
            self.buffer = buffer
            self.totalLength = totalLength ?? UInt32(data.count)
            self.reason = reason
            self.table = table
            self.cookie = cookie
            self.fields = fields
            self.data = data
            self.userData = userData
            self.continuation = continuation
        }
    }

    /// `ofp_packet_out`.
    public struct PacketOut: Equatable, Sendable {
        /// The packet that waits in the switch; nil: it is `data`.
        public var buffer: UInt32?
        /// The port that it counts as received on; `PortNumber.controller` or `any`: none.
        public var inPort: UInt32
        /// Pipeline fields besides the port (OpenFlow 1.5).
        public var fields: Match
        public var actions: [Action]
        public var data: [UInt8]

        public init(
            buffer: UInt32? = nil, inPort: UInt32 = PortNumber.controller, fields: Match = Match(), actions: [Action],
            data: [UInt8] = []
        ) {
            self.buffer = buffer
            self.inPort = inPort
            self.fields = fields
            self.actions = actions
            self.data = data
        }
    }

    /// `ofp_flow_removed`, `NXT_FLOW_REMOVED`.
    public struct FlowRemoved: Equatable, Sendable {
        public var reason: FlowRemovedReason
        /// nil: not said, as in OpenFlow 1.0.
        public var table: UInt8?
        public var priority: UInt16
        public var match: Match
        public var cookie: UInt64
        public var idleTimeout: UInt16
        public var hardTimeout: UInt16
        public var statistics: FlowStatistics

        public init(
            reason: FlowRemovedReason, table: UInt8?, priority: UInt16, match: Match, cookie: UInt64,
            idleTimeout: UInt16, hardTimeout: UInt16, statistics: FlowStatistics
        ) {
            self.reason = reason
            self.table = table
            self.priority = priority
            self.match = match
            self.cookie = cookie
            self.idleTimeout = idleTimeout
            self.hardTimeout = hardTimeout
            self.statistics = statistics
        }
    }
}
