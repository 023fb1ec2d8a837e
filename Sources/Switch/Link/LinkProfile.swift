/// What happens to packets on one direction of a link: the promise that the link model keeps and the fidelity verdict
/// checks. Times are nanoseconds, rates bits per second, probabilities 0 to 1. The default is an ideal wire.
public struct LinkProfile: Codable, Hashable, Sendable {
    /// Bits per second on the wire, frames counted from the destination address to the end of the payload; nil: no limit.
    public var rate: UInt64?
    /// Propagation delay in nanoseconds.
    public var delay: UInt64
    /// What is added to or taken from the delay of each packet, drawn for each by itself: it may reorder them.
    public var jitter: Jitter?
    /// Packets that are lost.
    public var loss: Loss?
    /// Packets that arrive twice.
    public var duplicate: Chance?
    /// Packets with one bit flipped.
    public var corrupt: Chance?
    /// Packets that overtake those before them: sent on at once instead of after the delay.
    public var reorder: Reorder?
    /// The largest frame payload (IP packet) in bytes that passes; larger packets are dropped. A super-packet passes
    /// where the frames that it stands for do. nil: no limit.
    public var mtu: Int?
    /// How much waits in front of a transmitter that is busy. nil: 1,000 packets.
    public var queue: QueueLimit?
    /// Which packets a full or filling queue drops or marks.
    public var aqm: QueueDiscipline

    public init(
        rate: UInt64? = nil, delay: UInt64 = 0, jitter: Jitter? = nil, loss: Loss? = nil, duplicate: Chance? = nil,
        corrupt: Chance? = nil, reorder: Reorder? = nil, mtu: Int? = nil, queue: QueueLimit? = nil,
        aqm: QueueDiscipline = .dropTail
    ) {
        self.rate = rate
        self.delay = delay
        self.jitter = jitter
        self.loss = loss
        self.duplicate = duplicate
        self.corrupt = corrupt
        self.reorder = reorder
        self.mtu = mtu
        self.queue = queue
        self.aqm = aqm
    }

    /// A probability with the correlation of one draw with the one before, both 0 to 1. Unlike netem's, the
    /// correlation leaves the probability what it is (`CorrelatedChance`).
    public struct Chance: Codable, Hashable, Sendable {
        public var probability: Double
        public var correlation: Double
        public init(probability: Double, correlation: Double = 0) {
            self.probability = probability
            self.correlation = correlation
        }
    }

    /// Variation of the delay.
    public struct Jitter: Codable, Hashable, Sendable {
        /// The spread in nanoseconds: half the width (uniform), the standard deviation (normal), the scale (Pareto and table).
        public var spread: UInt64
        public var distribution: Distribution
        /// Correlation of one packet's draw with the one before, 0 to 1.
        public var correlation: Double
        public init(spread: UInt64, distribution: Distribution = .uniform, correlation: Double = 0) {
            self.spread = spread
            self.distribution = distribution
            self.correlation = correlation
        }
    }

    /// The shape of a jitter.
    public enum Distribution: Codable, Hashable, Sendable {
        case uniform
        case normal
        case pareto
        /// Multiples of the spread, drawn with equal probability (an empirical distribution's quantiles).
        case table([Double])
    }

    /// How packets get lost.
    public enum Loss: Codable, Hashable, Sendable {
        case random(Chance)
        /// Two states: good and bad. `p`: good to bad, `r`: bad to good, per packet; `lossBad`, `lossGood`: the loss
        /// probability in each state (1 and 0 make the simple Gilbert model).
        case gilbertElliott(p: Double, r: Double, lossBad: Double, lossGood: Double)
    }

    /// Packets that are sent on without delay.
    public struct Reorder: Codable, Hashable, Sendable {
        public var chance: Chance
        /// Only each `gap`-th packet may overtake; 1: any.
        public var gap: Int
        public init(chance: Chance, gap: Int = 1) {
            self.chance = chance
            self.gap = gap
        }
    }

    /// The bound of the queue in front of the transmitter.
    public enum QueueLimit: Codable, Hashable, Sendable {
        case packets(Int)
        case bytes(Int)
        /// The time that the queue takes to drain at the link's rate, in nanoseconds.
        case time(UInt64)
    }

    /// What decides about a packet that comes to the queue or leaves it.
    public enum QueueDiscipline: Codable, Hashable, Sendable {
        /// Drop what does not fit.
        case dropTail
        /// RFC 8289; times in nanoseconds; `ecn`: mark instead of drop where the packet allows it.
        case codel(target: UInt64 = 5_000_000, interval: UInt64 = 100_000_000, ecn: Bool = false)
        /// Random early detection (Floyd and Jacobson 1993) on the averaged queue length in bytes.
        case red(minimum: Int, maximum: Int, probability: Double = 0.1, ecn: Bool = false)
    }

    /// Whether packets pass at once and whole, so that the link needs no model.
    public var isIdeal: Bool {
        rate == nil && delay == 0 && jitter == nil && loss == nil && duplicate == nil && corrupt == nil
            && reorder == nil && mtu == nil
    }
}
