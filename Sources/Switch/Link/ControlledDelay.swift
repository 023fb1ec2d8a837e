/// The state of CoDel, controlled delay (RFC 8289, section 5): it watches how long packets stayed in the queue and says
/// which to drop so that the queue that never empties gets shorter.
///
/// The RFC also resets the state when the transmitter finds the queue empty. The last packet that left has done that
/// already: nothing stayed behind it, so it was not above the target.
struct ControlledDelay {
    let target: UInt64
    let interval: UInt64
    let ecn: Bool

    /// When the time in the queue will have been above the target for an interval; 0: it is not above.
    private var firstAboveTime: UInt64 = 0
    private(set) var dropNext: UInt64 = 0
    private(set) var count = 0
    private var lastCount = 0
    private(set) var isDropping = false

    /// A queue of no more than a full-sized frame is never too long (MAXPACKET in the RFC).
    private static let frameByteCount = 1514

    init(target: UInt64, interval: UInt64, ecn: Bool) {
        self.target = target
        // Beyond two years nothing is ever dropped, and the arithmetic below stays in range.
        self.interval = min(max(1, interval), 1 << 56)
        self.ecn = ecn
    }

    /// What to do with a packet that leaves the queue.
    enum Verdict {
        case pass
        /// Drop it (or mark and pass it on) and, if dropped, ask about the next.
        case drop
    }

    /// Judges the packet at the head of the queue.
    /// - Parameters:
    ///   - sojourn: nanoseconds that it waited.
    ///   - backlog: bytes that stay in the queue behind it.
    ///   - isFirst: whether no packet has been dropped since the transmitter asked for one.
    mutating func judge(sojourn: UInt64, backlog: Int, now: UInt64, isFirst: Bool) -> Verdict {
        let mayDrop = observe(sojourn: sojourn, backlog: backlog, now: now)
        if isDropping {
            guard mayDrop else {
                isDropping = false
                return .pass
            }
            guard now >= dropNext else { return .pass }
            count += 1
            dropNext = controlLaw(dropNext)
            return .drop
        }
        // Having just begun to drop, the RFC passes the next packet whatever it is.
        guard mayDrop, isFirst else { return .pass }
        isDropping = true
        let delta = count - lastCount
        // Dropping until not long ago: go on near the rate that worked.
        count = delta > 1 && now < dropNext &+ 16 * interval ? delta : 1
        dropNext = controlLaw(now)
        lastCount = count
        return .drop
    }

    private mutating func observe(sojourn: UInt64, backlog: Int, now: UInt64) -> Bool {
        if sojourn < target || backlog <= Self.frameByteCount {
            firstAboveTime = 0
            return false
        }
        if firstAboveTime == 0 {
            firstAboveTime = now &+ interval
            return false
        }
        return now >= firstAboveTime
    }

    private func controlLaw(_ time: UInt64) -> UInt64 {
        time &+ UInt64(Double(interval) / Double(count).squareRoot())
    }
}
