/// The state of RED, random early detection (Floyd and Jacobson 1993): a moving average of the queue's length in bytes
/// decides how likely a packet that comes is to be dropped or marked.
struct RandomEarlyDetection {
    let minimum: Double
    let maximum: Double
    let probability: Double
    let ecn: Bool

    /// The weight of the newest length in the average (the paper's w_q).
    private static let weight = 0.002
    /// The frame whose transmission time is the unit in which the average decays while the queue is empty.
    private static let typicalFrame = 1000.0

    private(set) var average = 0.0
    /// Packets since the last drop or mark while the average is between the thresholds; −1: it is below.
    private var count = -1
    private var idleSince: UInt64?

    init(minimum: Int, maximum: Int, probability: Double, ecn: Bool) {
        self.minimum = Double(minimum)
        self.maximum = max(Double(minimum) + 1, Double(maximum))
        self.probability = probability
        self.ecn = ecn
    }

    /// What to do with a packet that comes to the queue.
    enum Verdict {
        case pass
        /// Mark it where the packet allows that, else drop it.
        case markOrDrop
        case drop
    }

    /// Judges a packet that comes to the queue.
    /// - Parameters:
    ///   - backlog: bytes in the queue before it.
    ///   - idle: since when the queue has been empty and the transmitter free, if they are.
    ///   - nanosecondsPerByte: at the link's rate.
    mutating func judge(
        backlog: Int, now: UInt64, idle: UInt64?, nanosecondsPerByte: Double, random: inout RandomSource
    ) -> Verdict {
        if let since = idle, since < now {
            // As many averages over an empty queue as typical frames would have passed.
            let steps = Double(now - since) / (Self.typicalFrame * nanosecondsPerByte)
            average *= RandomSource.exponential(max(-700, steps * RandomSource.logarithm(1 - Self.weight)))
        }
        average += Self.weight * (Double(backlog) - average)

        if average < minimum {
            count = -1
            return .pass
        }
        if average >= maximum {
            count = 0
            return .drop
        }
        count += 1
        let base = probability * (average - minimum) / (maximum - minimum)
        // Spreads the drops evenly instead of geometrically (section 7 of the paper).
        let spread = 1 - Double(count) * base
        guard spread <= 0 || random.uniform() < base / spread else { return .pass }
        count = 0
        return .markOrDrop
    }
}
