import Board

/// Time that a test moves.
final class ManualClock: MachineClock {
    private(set) var now: UInt64 = 0
    private var timers: [DeviceTimer] = []

    func schedule(_ timer: DeviceTimer, at deadline: UInt64) {
        cancel(timer)
        timer.deadline = deadline
        timers.append(timer)
    }

    func cancel(_ timer: DeviceTimer) {
        timer.deadline = nil
        timers.removeAll { $0 === timer }
    }

    /// Moves time and fires what is due on the way, in order.
    func advance(by nanoseconds: UInt64) {
        let end = now + nanoseconds
        while let next = timers.min(by: { $0.deadline! < $1.deadline! }), next.deadline! <= end {
            now = max(now, next.deadline!)
            timers.removeAll { $0 === next }
            next.fire()
        }
        now = end
    }
}
