extension Message {
    /// `ofp_bundle_flags`.
    public struct BundleFlags: OptionSet, Hashable, Sendable {
        public var rawValue: UInt16
        public init(rawValue: UInt16) { self.rawValue = rawValue }
        public static let atomic = BundleFlags(rawValue: 1)
        public static let ordered = BundleFlags(rawValue: 2)
        /// OpenFlow 1.5: the commit has a time.
        public static let time = BundleFlags(rawValue: 4)
    }

    /// `ofp_time`: since the start of 1970.
    public struct Time: Hashable, Sendable {
        public var seconds: UInt64
        public var nanoseconds: UInt32

        public init(seconds: UInt64, nanoseconds: UInt32 = 0) {
            self.seconds = seconds
            self.nanoseconds = nanoseconds
        }
    }

    /// `ofp_bundle_ctrl_msg`.
    public struct BundleControl: Equatable, Sendable {
        /// `ofp_bundle_ctrl_type`, with its numbers.
        public enum Kind: UInt16, Sendable, CaseIterable {
            case openRequest, openReply, closeRequest, closeReply, commitRequest, commitReply, discardRequest,
                discardReply
        }

        public var bundle: UInt32
        public var kind: Kind
        public var flags: BundleFlags
        /// When to commit (`OFPBPT_TIME`, OpenFlow 1.5).
        public var time: Time?
        public var experimenters: [Experimenter]

        public init(
            bundle: UInt32, _ kind: Kind, flags: BundleFlags = [], time: Time? = nil, experimenters: [Experimenter] = []
        ) {
            self.bundle = bundle
            self.kind = kind
            self.flags = flags
            self.time = time
            self.experimenters = experimenters
        }
    }

    /// `ofp_bundle_add_msg`.
    public struct BundleAdd: Sendable {
        public var bundle: UInt32
        public var flags: BundleFlags
        /// Has the same xid as the message that carries it.
        public var message: Message
        public var experimenters: [Experimenter]

        public init(bundle: UInt32, flags: BundleFlags = [], _ message: Message, experimenters: [Experimenter] = []) {
            self.bundle = bundle
            self.flags = flags
            self.message = message
            self.experimenters = experimenters
        }
    }

    /// `ofp_bundle_features_request` and the reply `ofp_bundle_features` (OpenFlow 1.5).
    public struct BundleFeatures: Equatable, Sendable {
        /// `ofp_bundle_feature_flags`.
        public struct Flags: OptionSet, Hashable, Sendable {
            public var rawValue: UInt32
            public init(rawValue: UInt32) { self.rawValue = rawValue }
            /// Of a request: the switch's time is wanted; the tolerances are to be set.
            public static let timestamp = Flags(rawValue: 1)
            public static let setTolerance = Flags(rawValue: 2)
        }

        /// `ofp_bundle_features_prop_time`.
        public struct Schedule: Equatable, Sendable {
            public var accuracy: Time
            public var maximumFuture: Time
            public var maximumPast: Time
            public var timestamp: Time

            public init(accuracy: Time, maximumFuture: Time, maximumPast: Time, timestamp: Time) {
                self.accuracy = accuracy
                self.maximumFuture = maximumFuture
                self.maximumPast = maximumPast
                self.timestamp = timestamp
            }
        }

        /// What a request asks for (`Flags`), or the `BundleFlags` that a switch can do.
        public var bits: UInt32
        public var schedule: Schedule?
        public var experimenters: [Experimenter]

        public init(bits: UInt32, schedule: Schedule? = nil, experimenters: [Experimenter] = []) {
            self.bits = bits
            self.schedule = schedule
            self.experimenters = experimenters
        }
    }
}
