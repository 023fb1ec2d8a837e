extension Message {
    /// `ofp_switch_features`.
    public struct Features: Equatable, Sendable {
        /// `ofp_capabilities`, with the numbers of OpenFlow 1.5 and, from bit 24 on, what others have had.
        public struct Capabilities: OptionSet, Hashable, Sendable {
            public var rawValue: UInt32
            public init(rawValue: UInt32) { self.rawValue = rawValue }
            public static let flowStatistics = Capabilities(rawValue: 1 << 0)
            public static let tableStatistics = Capabilities(rawValue: 1 << 1)
            public static let portStatistics = Capabilities(rawValue: 1 << 2)
            public static let groupStatistics = Capabilities(rawValue: 1 << 3)
            public static let reassembly = Capabilities(rawValue: 1 << 5)
            public static let queueStatistics = Capabilities(rawValue: 1 << 6)
            /// OpenFlow 1.0 and 1.1: ARP addresses can be matched in the place of IP addresses.
            public static let arpAddresses = Capabilities(rawValue: 1 << 7)
            public static let portBlocking = Capabilities(rawValue: 1 << 8)
            public static let bundles = Capabilities(rawValue: 1 << 9)
            public static let flowMonitoring = Capabilities(rawValue: 1 << 10)
            /// OpenFlow 1.0: the IEEE's spanning tree.
            public static let spanningTree = Capabilities(rawValue: 1 << 24)
        }

        public var datapathID: UInt64
        /// Packets that can wait for a controller.
        public var bufferCount: UInt32
        public var tableCount: UInt8
        /// The number of this connection; 0: the main one.
        public var auxiliaryID: UInt8
        public var capabilities: Capabilities
        /// OpenFlow 1.0: a bit for each action type that is known. Reserved from then on.
        public var actions: UInt32
        /// Before OpenFlow 1.3; then a multipart request.
        public var ports: [Port]

        public init(
            datapathID: UInt64, bufferCount: UInt32 = 0, tableCount: UInt8, auxiliaryID: UInt8 = 0,
            capabilities: Capabilities = [], actions: UInt32 = 0, ports: [Port] = []
        ) {
            self.datapathID = datapathID
            self.bufferCount = bufferCount
            self.tableCount = tableCount
            self.auxiliaryID = auxiliaryID
            self.capabilities = capabilities
            self.actions = actions
            self.ports = ports
        }
    }

    /// `ofp_switch_config`.
    public struct SwitchConfiguration: Equatable, Sendable {
        /// What becomes of IP fragments (`ofp_config_flags`); `match` is Nicira's: fields of later fragments are zero.
        public enum Fragments: UInt16, Sendable, CaseIterable { case normal, drop, reassemble, match }

        public var fragments: Fragments
        /// OpenFlow 1.1 and 1.2: packets whose TTL ran out go to the controller.
        public var invalidTTLToController: Bool
        /// The most bytes of a packet that go to a controller where no action says otherwise.
        public var missLength: UInt16

        public init(fragments: Fragments = .normal, invalidTTLToController: Bool = false, missLength: UInt16 = 128) {
            self.fragments = fragments
            self.invalidTTLToController = invalidTTLToController
            self.missLength = missLength
        }
    }
}
