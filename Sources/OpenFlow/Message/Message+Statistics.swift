import Switch

extension Message {
    /// `ofp_port_stats`. A counter that is not kept is all ones.
    public struct PortStatistics: Equatable, Sendable {
        public var port: UInt32
        /// Nanoseconds; from OpenFlow 1.3 on; nil: not said.
        public var duration: UInt64?
        public var received: TrafficCount
        public var sent: TrafficCount
        public var receiveDrops: UInt64
        public var sendDrops: UInt64
        public var receiveErrors: UInt64
        public var sendErrors: UInt64
        public var ethernet: Ethernet?
        public var optical: Optical?
        public var experimenters: [Experimenter]

        /// `ofp_port_stats_prop_ethernet`; before OpenFlow 1.4 part of every port's statistics.
        public struct Ethernet: Equatable, Sendable {
            public var frameErrors: UInt64
            public var overruns: UInt64
            public var checksumErrors: UInt64
            public var collisions: UInt64

            public init(
                frameErrors: UInt64 = 0, overruns: UInt64 = 0, checksumErrors: UInt64 = 0, collisions: UInt64 = 0
            ) {
                self.frameErrors = frameErrors
                self.overruns = overruns
                self.checksumErrors = checksumErrors
                self.collisions = collisions
            }
        }

        /// `ofp_port_stats_prop_optical`.
        public struct Optical: Equatable, Sendable {
            public var flags: UInt32 = 0
            public var transmitFrequency: UInt32 = 0
            public var transmitOffset: UInt32 = 0
            public var transmitGridSpan: UInt32 = 0
            public var receiveFrequency: UInt32 = 0
            public var receiveOffset: UInt32 = 0
            public var receiveGridSpan: UInt32 = 0
            public var transmitPower: UInt16 = 0
            public var receivePower: UInt16 = 0
            public var biasCurrent: UInt16 = 0
            public var temperature: UInt16 = 0

            public init() {}
        }

        public init(
            port: UInt32, duration: UInt64? = nil, received: TrafficCount, sent: TrafficCount, receiveDrops: UInt64 = 0,
            sendDrops: UInt64 = 0, receiveErrors: UInt64 = 0, sendErrors: UInt64 = 0, ethernet: Ethernet? = nil,
            optical: Optical? = nil, experimenters: [Experimenter] = []
        ) {
            self.port = port
            self.duration = duration
            self.received = received
            self.sent = sent
            self.receiveDrops = receiveDrops
            self.sendDrops = sendDrops
            self.receiveErrors = receiveErrors
            self.sendErrors = sendErrors
            self.ethernet = ethernet
            self.optical = optical
            self.experimenters = experimenters
        }
    }

    /// `ofp_queue_stats`.
    public struct QueueStatistics: Equatable, Sendable {
        public var port: UInt32
        public var queue: UInt32
        public var sent: TrafficCount
        public var errors: UInt64
        /// Nanoseconds; from OpenFlow 1.3 on; nil: not said.
        public var duration: UInt64?

        public init(port: UInt32, queue: UInt32, sent: TrafficCount, errors: UInt64 = 0, duration: UInt64? = nil) {
            self.port = port
            self.queue = queue
            self.sent = sent
            self.errors = errors
            self.duration = duration
        }
    }

    /// `ofp_group_stats`.
    public struct GroupStatistics: Equatable, Sendable {
        public var group: UInt32
        /// Flows and groups that send packets there.
        public var referenceCount: UInt32
        public var traffic: TrafficCount
        /// Nanoseconds; from OpenFlow 1.3 on; nil: not said.
        public var duration: UInt64?
        public var buckets: [TrafficCount]

        public init(
            group: UInt32, referenceCount: UInt32, traffic: TrafficCount, duration: UInt64? = nil,
            buckets: [TrafficCount] = []
        ) {
            self.group = group
            self.referenceCount = referenceCount
            self.traffic = traffic
            self.duration = duration
            self.buckets = buckets
        }
    }

    /// `ofp_meter_stats`.
    public struct MeterStatistics: Equatable, Sendable {
        public var meter: UInt32
        /// Flows that use it.
        public var referenceCount: UInt32
        /// What came in.
        public var traffic: TrafficCount
        /// Nanoseconds.
        public var duration: UInt64
        /// What each band acted on.
        public var bands: [TrafficCount]

        public init(
            meter: UInt32, referenceCount: UInt32, traffic: TrafficCount, duration: UInt64, bands: [TrafficCount] = []
        ) {
            self.meter = meter
            self.referenceCount = referenceCount
            self.traffic = traffic
            self.duration = duration
            self.bands = bands
        }
    }
}
