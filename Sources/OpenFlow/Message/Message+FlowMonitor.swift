import Switch

extension Message {
    /// `ofp_flow_monitor_request`, `nx_flow_monitor_request`: what to tell of which flows.
    public struct FlowMonitor: Equatable, Sendable {
        /// `ofp_flow_monitor_command`, with its numbers; Nicira's extension only adds.
        public enum Command: UInt8, Sendable, CaseIterable { case add, modify, delete }

        /// `ofp_flow_monitor_flags`.
        public struct Flags: OptionSet, Hashable, Sendable {
            public var rawValue: UInt16
            public init(rawValue: UInt16) { self.rawValue = rawValue }
            public static let initial = Flags(rawValue: 1)
            public static let add = Flags(rawValue: 2)
            public static let removed = Flags(rawValue: 4)
            public static let modify = Flags(rawValue: 8)
            /// Updates hold the instructions.
            public static let instructions = Flags(rawValue: 16)
            /// The asker's own changes are told in full (`NXFMF_OWN`).
            public static let noAbbreviation = Flags(rawValue: 32)
            /// The same, as Open vSwitch and its tools mean it and we do: `ovs-ofctl monitor BR watch:` sets it to see
            /// everything. OpenFlow 1.4, A.3.5.17, calls it `OFPFMF_ONLY_OWN` and means nothing but own changes.
            public static let own = Flags(rawValue: 64)
        }

        public var id: UInt32
        public var command: Command
        public var flags: Flags
        public var outPort: UInt32
        public var outGroup: UInt32
        /// nil: all tables.
        public var table: UInt8?
        public var match: Match

        public init(
            id: UInt32, command: Command = .add, flags: Flags, outPort: UInt32 = PortNumber.any,
            outGroup: UInt32 = Group.any, table: UInt8? = nil, match: Match = Match()
        ) {
            self.id = id
            self.command = command
            self.flags = flags
            self.outPort = outPort
            self.outGroup = outGroup
            self.table = table
            self.match = match
        }
    }

    /// `ofp_flow_update_*`.
    public enum FlowUpdate: Equatable, Sendable {
        case full(FlowChange)
        /// The receiver's own flow-mod with this xid.
        case abbreviated(xid: UInt32)
        /// Of OpenFlow 1.4 and later; before, messages of their own.
        case paused
        case resumed

        /// `ofp_flow_update_event`, with the numbers of OpenFlow 1.4; before, `initial` is `added`.
        public enum Event: UInt16, Sendable, CaseIterable { case initial, added, removed, modified }

        public struct FlowChange: Equatable, Sendable {
            public var event: Event
            /// Of a removed flow.
            public var reason: FlowRemovedReason?
            public var table: UInt8
            public var priority: UInt16
            public var idleTimeout: UInt16
            public var hardTimeout: UInt16
            public var cookie: UInt64
            public var match: Match
            /// Empty, where they were not asked for.
            public var instructions: Instructions

            public init(
                _ event: Event, reason: FlowRemovedReason? = nil, table: UInt8, priority: UInt16, idleTimeout: UInt16,
                hardTimeout: UInt16, cookie: UInt64, match: Match, instructions: Instructions = Instructions()
            ) {
                self.event = event
                self.reason = reason
                self.table = table
                self.priority = priority
                self.idleTimeout = idleTimeout
                self.hardTimeout = hardTimeout
                self.cookie = cookie
                self.match = match
                self.instructions = instructions
            }
        }
    }
}
