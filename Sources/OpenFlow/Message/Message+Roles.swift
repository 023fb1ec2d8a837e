extension Message {
    /// `ofp_controller_role`, with its numbers.
    public enum Role: UInt32, Sendable, CaseIterable { case noChange, equal, primary, secondary }

    /// `ofp_role_request`, which is the reply too, and `NXT_ROLE_REQUEST`.
    public struct RoleChange: Equatable, Sendable {
        public var role: Role
        /// Nicira's message has none: 0.
        public var generation: UInt64
        /// The controller's own number; `0xffff`: none (OpenFlow 1.5).
        public var shortID: UInt16

        public init(_ role: Role, generation: UInt64 = 0, shortID: UInt16 = 0xffff) {
            self.role = role
            self.generation = generation
            self.shortID = shortID
        }
    }

    /// `ofp_role_status`.
    public struct RoleStatus: Equatable, Sendable {
        /// `ofp_controller_role_reason`, with its numbers.
        public enum Reason: UInt8, Sendable, CaseIterable { case primaryRequest, configuration, experimenter }

        public var role: Role
        public var reason: Reason
        public var generation: UInt64
        public var experimenters: [Experimenter]

        public init(_ role: Role, reason: Reason, generation: UInt64, experimenters: [Experimenter] = []) {
            self.role = role
            self.reason = reason
            self.generation = generation
            self.experimenters = experimenters
        }
    }

    /// `ofp_controller_status` (OpenFlow 1.5).
    public struct ControllerStatus: Equatable, Sendable {
        /// `ofp_controller_status_reason`, with its numbers.
        public enum Reason: UInt8, Sendable, CaseIterable {
            case request, channelStatus, role, controllerAdded, controllerRemoved, shortID, experimenter
        }

        public var shortID: UInt16
        public var role: Role
        public var reason: Reason
        public var isUp: Bool
        /// The connection's URI (`tcp:198.51.100.1:6653`).
        public var uri: String
        public var experimenters: [Experimenter]

        public init(
            shortID: UInt16, role: Role, reason: Reason, isUp: Bool, uri: String, experimenters: [Experimenter] = []
        ) {
            self.shortID = shortID
            self.role = role
            self.reason = reason
            self.isUp = isUp
            self.uri = uri
            self.experimenters = experimenters
        }
    }

    /// Which messages a controller gets unasked (`ofp_async_config`, `NXT_SET_ASYNC_CONFIG`).
    public struct AsyncConfiguration: Equatable, Sendable {
        /// What there are messages of, in the order of their properties' numbers.
        public enum Event: UInt16, Sendable, CaseIterable {
            case packetIn, portStatus, flowRemoved, roleStatus, tableStatus, requestForward, flowStatistics,
                controllerStatus
        }

        /// Bit n: messages whose reason has the number n come; as primary controller or equal, and as secondary one.
        /// What is not there is not said, and stays as it is.
        public var primary: [Event: UInt32]
        public var secondary: [Event: UInt32]
        public var experimenters: [Experimenter]
        public var secondaryExperimenters: [Experimenter]

        public init(
            primary: [Event: UInt32] = [:], secondary: [Event: UInt32] = [:], experimenters: [Experimenter] = [],
            secondaryExperimenters: [Experimenter] = []
        ) {
            self.primary = primary
            self.secondary = secondary
            self.experimenters = experimenters
            self.secondaryExperimenters = secondaryExperimenters
        }
    }
}
