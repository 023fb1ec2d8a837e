extension LocalAPIC {
    private var timerMode: UInt32 { localVectors[LocalVector.timer.rawValue] >> 17 & 3 }
    private static let deadlineMode: UInt32 = 2
    private static let periodicMode: UInt32 = 1

    /// How many ticks of the timer's clock are one of the counter's: 1 to 128.
    private var divisor: UInt64 {
        let code = divideConfiguration & 3 | divideConfiguration >> 1 & 4
        return code == 7 ? 1 : 2 << UInt64(code)
    }

    /// Ticks of the time-stamp counter in `count` ticks of the timer.
    private func timeStamps(_ count: UInt32) -> UInt64 {
        let (high, low) = (UInt64(count) * divisor).multipliedFullWidth(by: timeStampFrequency)
        return max(1, timerFrequency.dividingFullWidth((high, low)).quotient)
    }

    private func arm(_ deadline: UInt64?) {
        guard deadline != timerDeadline else { return }
        timerDeadline = deadline
        processor.bus.timerDeadlineChanged(deadline, of: processor)
    }

    /// The timer's entry of the local vector table was written.
    func timerModeChanged(from old: UInt32) {
        let was = old >> 17 & 3
        guard was != timerMode, was == LocalAPIC.deadlineMode || timerMode == LocalAPIC.deadlineMode else { return }
        initialCount = 0
        timeStampDeadline = 0
        arm(nil)
    }

    func startTimer(_ count: UInt32) {
        guard timerMode != LocalAPIC.deadlineMode else { return }
        initialCount = count
        arm(count == 0 ? nil : processor.bus.timeStamp() &+ timeStamps(count))
    }

    /// A new divisor: the count that is left runs on at the new rate.
    func setDivideConfiguration(_ value: UInt32) {
        let left = currentCount
        divideConfiguration = value & 0xb
        guard timerDeadline != nil, timerMode != LocalAPIC.deadlineMode else { return }
        arm(processor.bus.timeStamp() &+ timeStamps(left))
    }

    var currentCount: UInt32 {
        guard timerMode != LocalAPIC.deadlineMode, let deadline = timerDeadline else { return 0 }
        let now = processor.bus.timeStamp()
        var left = deadline &- now
        if Int64(bitPattern: left) <= 0 {
            // Due, but the run loop has not looked yet: a periodic timer counts its next period already.
            guard timerMode == LocalAPIC.periodicMode else { return 0 }
            let period = timeStamps(initialCount)
            left = period - (now &- deadline) % period
        }
        let (high, low) = left.multipliedFullWidth(by: timerFrequency)
        guard high < timeStampFrequency else { return initialCount }
        let ticks = timeStampFrequency.dividingFullWidth((high, low)).quotient
        return UInt32(clamping: min(UInt64(initialCount), ticks / divisor + 1))
    }

    /// IA32_TSC_DEADLINE, in the guest's ticks.
    func setTimeStampDeadline(_ value: UInt64) {
        guard timerMode == LocalAPIC.deadlineMode else { return }
        timeStampDeadline = value
        arm(value == 0 ? nil : value &- processor.system.timeStampAdjustment)
        fireIfDue()
    }

    /// The guest's counter was set: the deadline moves with it.
    func timeStampChanged() {
        guard timerMode == LocalAPIC.deadlineMode, timeStampDeadline != 0 else { return }
        setTimeStampDeadline(timeStampDeadline)
    }

    /// Call when the deadline may be over (`Request.timer`), on the processor's thread.
    public func timerExpired() {
        guard !fireIfDue(), let deadline = timerDeadline else { return }
        // Too early: it is still wanted.
        processor.bus.timerDeadlineChanged(deadline, of: processor)
    }

    /// - Returns: whether the deadline is over; then the interrupt is requested.
    @discardableResult
    func fireIfDue() -> Bool {
        guard let deadline = timerDeadline else { return false }
        let now = processor.bus.timeStamp()
        guard Int64(bitPattern: now &- deadline) >= 0 else { return false }
        if timerMode == LocalAPIC.periodicMode, initialCount != 0 {
            let period = timeStamps(initialCount)
            arm(deadline &+ ((now &- deadline) / period + 1) &* period)
        } else {
            // Whoever keeps the time finds nothing to do, should it be told of this deadline still.
            timerDeadline = nil
            timeStampDeadline = 0
        }
        raise(.timer)
        return true
    }
}
