import Switch

extension Message {
    /// `ofp_port`, before OpenFlow 1.2 `ofp_phy_port`.
    public struct Port: Equatable, Sendable {
        /// `ofp_port_state`, with the numbers of OpenFlow 1.1 and later; the spanning tree's are OpenFlow 1.0's.
        public struct State: OptionSet, Hashable, Sendable {
            public var rawValue: UInt32
            public init(rawValue: UInt32) { self.rawValue = rawValue }
            public static let linkDown = State(rawValue: 1 << 0)
            public static let blocked = State(rawValue: 1 << 1)
            public static let live = State(rawValue: 1 << 2)
            /// The two bits of OpenFlow 1.0: 0 listen, 1 learn, 2 forward, 3 block.
            public static let spanningTreeMask = State(rawValue: 3 << 8)
            public static let spanningTreeListen: State = []
            public static let spanningTreeLearn = State(rawValue: 1 << 8)
            public static let spanningTreeForward = State(rawValue: 2 << 8)
            public static let spanningTreeBlock = State(rawValue: 3 << 8)
        }

        /// `ofp_port_features`, with the numbers of OpenFlow 1.1 and later.
        public struct Features: OptionSet, Hashable, Sendable {
            public var rawValue: UInt32
            public init(rawValue: UInt32) { self.rawValue = rawValue }
            public static let halfDuplex10M = Features(rawValue: 1 << 0)
            public static let fullDuplex10M = Features(rawValue: 1 << 1)
            public static let halfDuplex100M = Features(rawValue: 1 << 2)
            public static let fullDuplex100M = Features(rawValue: 1 << 3)
            public static let halfDuplex1G = Features(rawValue: 1 << 4)
            public static let fullDuplex1G = Features(rawValue: 1 << 5)
            public static let fullDuplex10G = Features(rawValue: 1 << 6)
            public static let fullDuplex40G = Features(rawValue: 1 << 7)
            public static let fullDuplex100G = Features(rawValue: 1 << 8)
            public static let fullDuplex1T = Features(rawValue: 1 << 9)
            public static let otherRate = Features(rawValue: 1 << 10)
            public static let copper = Features(rawValue: 1 << 11)
            public static let fiber = Features(rawValue: 1 << 12)
            public static let autonegotiation = Features(rawValue: 1 << 13)
            public static let pause = Features(rawValue: 1 << 14)
            public static let asymmetricPause = Features(rawValue: 1 << 15)
        }

        /// `ofp_port_desc_prop_ethernet`; before OpenFlow 1.4 part of every port. Speeds are in kbit/s.
        public struct Ethernet: Equatable, Sendable {
            public var current: Features
            public var advertised: Features
            public var supported: Features
            public var peer: Features
            public var currentSpeed: UInt32
            public var maximumSpeed: UInt32

            public init(
                current: Features = [], advertised: Features = [], supported: Features = [], peer: Features = [],
                currentSpeed: UInt32 = 0, maximumSpeed: UInt32 = 0
            ) {
                self.current = current
                self.advertised = advertised
                self.supported = supported
                self.peer = peer
                self.currentSpeed = currentSpeed
                self.maximumSpeed = maximumSpeed
            }
        }

        /// `ofp_port_desc_prop_optical`: frequencies in MHz or nm, power in dBm × 10.
        public struct Optical: Equatable, Sendable {
            public var supported: UInt32
            public var transmitMinimum: UInt32
            public var transmitMaximum: UInt32
            public var transmitGrid: UInt32
            public var receiveMinimum: UInt32
            public var receiveMaximum: UInt32
            public var receiveGrid: UInt32
            public var powerMinimum: UInt16
            public var powerMaximum: UInt16

            public init(
                supported: UInt32 = 0, transmitMinimum: UInt32 = 0, transmitMaximum: UInt32 = 0,
                transmitGrid: UInt32 = 0, receiveMinimum: UInt32 = 0, receiveMaximum: UInt32 = 0,
                receiveGrid: UInt32 = 0, powerMinimum: UInt16 = 0, powerMaximum: UInt16 = 0
            ) {
                self.supported = supported
                self.transmitMinimum = transmitMinimum
                self.transmitMaximum = transmitMaximum
                self.transmitGrid = transmitGrid
                self.receiveMinimum = receiveMinimum
                self.receiveMaximum = receiveMaximum
                self.receiveGrid = receiveGrid
                self.powerMinimum = powerMinimum
                self.powerMaximum = powerMaximum
            }
        }

        public var number: UInt32
        /// The MAC address.
        public var hardwareAddress: UInt64
        /// At most 15 bytes on the wire.
        public var name: String
        public var configuration: PortConfiguration
        public var state: State
        public var ethernet: Ethernet?
        public var optical: Optical?
        /// The pipeline fields that a port takes and gives, as OXM ids (OpenFlow 1.5).
        public var pipelineInput: [OXMID]?
        public var pipelineOutput: [OXMID]?
        /// The ports that a packet that goes out here comes back in on (OpenFlow 1.5).
        public var recirculation: [UInt32]?
        public var experimenters: [Experimenter]

        public init(
            number: UInt32, hardwareAddress: UInt64, name: String, configuration: PortConfiguration = [],
            state: State = [], ethernet: Ethernet? = nil, optical: Optical? = nil, pipelineInput: [OXMID]? = nil,
            pipelineOutput: [OXMID]? = nil, recirculation: [UInt32]? = nil, experimenters: [Experimenter] = []
        ) {
            self.number = number
            self.hardwareAddress = hardwareAddress
            self.name = name
            self.configuration = configuration
            self.state = state
            self.ethernet = ethernet
            self.optical = optical
            self.pipelineInput = pipelineInput
            self.pipelineOutput = pipelineOutput
            self.recirculation = recirculation
            self.experimenters = experimenters
        }
    }

    /// `ofp_port_status`.
    public struct PortStatus: Equatable, Sendable {
        /// `ofp_port_reason`, with its numbers.
        public enum Reason: UInt8, Sendable, CaseIterable { case add, delete, modify }

        public var reason: Reason
        public var port: Port

        public init(_ reason: Reason, _ port: Port) {
            self.reason = reason
            self.port = port
        }
    }

    /// `ofp_port_mod`.
    public struct PortModification: Equatable, Sendable {
        /// `ofp_port_mod_prop_optical`.
        public struct Optical: Equatable, Sendable {
            public var configuration: UInt32
            public var frequency: UInt32
            public var frequencyOffset: UInt32
            public var gridSpan: UInt32
            public var power: UInt32

            public init(
                configuration: UInt32, frequency: UInt32, frequencyOffset: UInt32, gridSpan: UInt32, power: UInt32
            ) {
                self.configuration = configuration
                self.frequency = frequency
                self.frequencyOffset = frequencyOffset
                self.gridSpan = gridSpan
                self.power = power
            }
        }

        public var port: UInt32
        /// Must be the port's own: a guard against ports that changed their numbers.
        public var hardwareAddress: UInt64
        /// The new settings of the bits in `mask`.
        public var configuration: PortConfiguration
        public var mask: PortConfiguration
        /// nil or empty: as it is.
        public var advertised: Port.Features?
        public var optical: Optical?
        public var experimenters: [Experimenter]

        public init(
            port: UInt32, hardwareAddress: UInt64, configuration: PortConfiguration, mask: PortConfiguration,
            advertised: Port.Features? = nil, optical: Optical? = nil, experimenters: [Experimenter] = []
        ) {
            self.port = port
            self.hardwareAddress = hardwareAddress
            self.configuration = configuration
            self.mask = mask
            self.advertised = advertised
            self.optical = optical
            self.experimenters = experimenters
        }
    }

    /// A queue of a port as it is set up: `ofp_packet_queue`, from OpenFlow 1.4 on `ofp_queue_desc`.
    public struct Queue: Equatable, Sendable {
        /// All queues (`OFPQ_ALL`).
        public static let all: UInt32 = 0xffff_ffff

        public var port: UInt32
        public var id: UInt32
        /// The guaranteed rate and the most, in tenths of a percent of the port's; above 1000: none.
        public var minimumRate: UInt16?
        public var maximumRate: UInt16?
        public var experimenters: [Experimenter]

        public init(
            port: UInt32, id: UInt32, minimumRate: UInt16? = nil, maximumRate: UInt16? = nil,
            experimenters: [Experimenter] = []
        ) {
            self.port = port
            self.id = id
            self.minimumRate = minimumRate
            self.maximumRate = maximumRate
            self.experimenters = experimenters
        }
    }
}
