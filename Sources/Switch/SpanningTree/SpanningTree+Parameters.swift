extension SpanningTree {
    /// The performance parameters of a bridge (IEEE 802.1D-2004, 17.13 and 17.14).
    public struct Parameters: Sendable, Equatable {
        /// Interval between configuration messages on a designated port, in seconds (standard: 2).
        public var helloTime: UInt8
        /// Age at which received information is thrown away, in seconds (standard: 20).
        public var maxAge: UInt8
        /// Delay before a port that cannot make an agreement learns and forwards, in seconds (standard: 15).
        public var forwardDelay: UInt8
        /// How many bridges information may pass before it is as old as `maxAge` (standard: one per second of `maxAge`).
        ///
        /// The message age in a BPDU counts in 1/256 s, so `maxAge` 20 has room for 5120 hops. It bounds both the
        /// diameter of the network and the length of a count to infinity after a root is lost.
        public var maxHops: UInt16
        /// How many BPDUs a port may send in a burst (standard: 6, 1...10).
        public var txHoldCount: UInt32
        /// How long it takes until a port in the midst of a burst may send one more BPDU, in nanoseconds (standard: 1 s).
        ///
        /// Pacing is what keeps a count to infinity from multiplying BPDUs: what changes while a port has to wait goes
        /// out as one message with the latest. But a BPDU held back delays convergence by up to this time.
        public var txInterval: UInt64
        /// Whether a port that is configured as an edge sends no periodic BPDUs while it hears none. Its link-up BPDU remains.
        public var quietEdges: Bool

        public init(
            helloTime: UInt8 = 2, maxAge: UInt8 = 20, forwardDelay: UInt8 = 15, maxHops: UInt16 = 20,
            txHoldCount: UInt32 = 6, txInterval: UInt64 = 1_000_000_000,
            quietEdges: Bool = false
        ) {
            self.helloTime = max(1, helloTime)
            self.maxAge = max(1, maxAge)
            self.forwardDelay = max(1, forwardDelay)
            self.maxHops = max(1, maxHops)
            self.txHoldCount = max(1, txHoldCount)
            self.txInterval = max(1000, txInterval)
            self.quietEdges = quietEdges
        }

        /// The defaults of IEEE 802.1D-2004, table 17-1.
        public static let standard = Parameters()
        /// For switches joined by links inside one machine: up to 160 hops, bursts held back by a millisecond, silent edges.
        public static let emulated = Parameters(
            maxHops: 160, txHoldCount: 4, txInterval: 1_000_000, quietEdges: true)
    }
}
