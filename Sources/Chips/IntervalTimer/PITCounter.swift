/// One of the three counters of an 8254 (Intel 8254 data sheet, order number 231164), as a function of time: nothing
/// runs, what has been counted follows from when counting started.
struct PITCounter {
    /// The crystal of the PC: a third of the colour subcarrier.
    static let rate = TickRate(hertz: 1_193_182)

    /// The control word's modes (figure 7; 6 and 7 are 2 and 3).
    private(set) var mode: UInt8 = 3
    /// Which bytes are read and written: 1 the low, 2 the high, 3 both.
    private(set) var access: UInt8 = 3
    private(set) var isBCD = false
    /// What was loaded: ticks of a period, 1 to 65536.
    private(set) var period: UInt64 = 65536
    /// A control word came and no count yet.
    private(set) var isNull = true
    private(set) var gate = true
    /// When counting started, in nanoseconds. nil: it has not, or the gate holds it.
    private(set) var start: UInt64?
    /// Ticks that were counted when the gate stopped it.
    private var heldTicks: UInt64 = 0

    private var writeLatch: UInt8?
    private var isSecondRead = false
    private var latchedCount: UInt16?
    private var latchedStatus: UInt8?

    var isPeriodic: Bool { mode == 2 || mode == 3 }

    mutating func setControl(_ word: UInt8) {
        mode = word >> 1 & 7
        if mode > 5 { mode -= 4 }
        access = word >> 4 & 3
        isBCD = word & 1 != 0
        isNull = true
        start = nil
        heldTicks = 0
        writeLatch = nil
        isSecondRead = false
        latchedCount = nil
        latchedStatus = nil
    }

    /// - Returns: whether the count is complete and counting starts anew.
    mutating func write(_ byte: UInt8, at now: UInt64) -> Bool {
        switch access {
        case 1: load(UInt16(byte), at: now)
        case 2: load(UInt16(byte) << 8, at: now)
        default:
            guard let low = writeLatch else {
                writeLatch = byte
                // The first byte stops mode 0 (mode definitions, mode 0).
                if mode == 0 {
                    start = nil
                    isNull = true
                }
                return false
            }
            writeLatch = nil
            load(UInt16(byte) << 8 | UInt16(low), at: now)
        }
        return true
    }

    private mutating func load(_ value: UInt16, at now: UInt64) {
        if isBCD {
            let digits = UInt64(value >> 12) * 1000 + UInt64(value >> 8 & 15) * 100
            let count = digits + UInt64(value >> 4 & 15) * 10 + UInt64(value & 15)
            period = count == 0 ? 10000 : count
        } else {
            period = value == 0 ? 65536 : UInt64(value)
        }
        isNull = false
        heldTicks = 0
        // Modes 1 and 5 wait for the gate to rise.
        start = gate && mode != 1 && mode != 5 ? now : nil
    }

    mutating func setGate(_ isHigh: Bool, at now: UInt64) {
        guard isHigh != gate else { return }
        switch mode {
        case 0, 4:
            // Counting stops and goes on.
            if isHigh {
                if !isNull { start = now &- Self.rate.nanoseconds(for: heldTicks) }
            } else {
                heldTicks = elapsed(at: now)
                start = nil
            }
        case 2, 3:
            start = isHigh && !isNull ? now : nil
            heldTicks = 0
        default:
            // A rising edge triggers; falling does nothing.
            if isHigh, !isNull { start = now }
        }
        gate = isHigh
    }

    /// Ticks since counting started.
    func elapsed(at now: UInt64) -> UInt64 {
        guard let start else { return heldTicks }
        return now > start ? Self.rate.ticks(in: now - start) : 0
    }

    /// The counting element, as it is read.
    func count(at now: UInt64) -> UInt16 {
        let ticks = elapsed(at: now)
        var value: UInt64
        switch mode {
        case 2: value = period - ticks % period
        case 3: value = period - 2 * ticks % period
        default:
            // Once over, it goes on from the highest count.
            let modulus: UInt64 = isBCD ? 10000 : 65536
            value = (period + modulus - ticks % modulus) % modulus
        }
        if isBCD {
            value %= 10000
            let (high, low) = (value / 100, value % 100)
            return UInt16((high / 10) << 12 | (high % 10) << 8 | (low / 10) << 4 | low % 10)
        }
        return UInt16(truncatingIfNeeded: value)
    }

    /// The OUT pin.
    func output(at now: UInt64) -> Bool {
        let ticks = elapsed(at: now)
        switch mode {
        case 0: return !isNull && ticks >= period
        case 1: return start == nil || ticks >= period
        case 2: return start == nil || ticks % period != period - 1
        case 3: return start == nil || ticks % period < (period + 1) / 2
        default: return start == nil || ticks != period
        }
    }

    /// When OUT rises next, in nanoseconds.
    func nextRise(after now: UInt64) -> UInt64? {
        guard let start else { return nil }
        let ticks = elapsed(at: now)
        switch mode {
        case 2, 3: return start + Self.rate.nanoseconds(for: (ticks / period + 1) * period)
        case 4, 5: return ticks <= period ? start + Self.rate.nanoseconds(for: period + 1) : nil
        default: return ticks < period ? start + Self.rate.nanoseconds(for: period) : nil
        }
    }

    mutating func latchCount(at now: UInt64) {
        if latchedCount == nil { latchedCount = count(at: now) }
    }

    /// The status byte of the read-back command (figure 14).
    mutating func latchStatus(at now: UInt64) {
        guard latchedStatus == nil else { return }
        latchedStatus =
            (output(at: now) ? 0x80 : 0) | (isNull ? 0x40 : 0) | access << 4 | mode << 1 | (isBCD ? 1 : 0)
    }

    mutating func read(at now: UInt64) -> UInt8 {
        if let status = latchedStatus {
            latchedStatus = nil
            return status
        }
        let value = latchedCount ?? count(at: now)
        switch access {
        case 1:
            latchedCount = nil
            return UInt8(truncatingIfNeeded: value)
        case 2:
            latchedCount = nil
            return UInt8(value >> 8)
        default:
            isSecondRead.toggle()
            if isSecondRead { return UInt8(truncatingIfNeeded: value) }
            latchedCount = nil
            return UInt8(value >> 8)
        }
    }
}
