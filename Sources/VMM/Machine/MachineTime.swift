import Board
import Linux

/// A machine's time: the host's monotonic clock since the machine started, without the pauses; and its timers, on the I/O thread.
public final class MachineTime: MachineClock, @unchecked Sendable {
    private let timer: TimerDescriptor
    private var timers: [DeviceTimer] = []
    /// What the host's clock showed when this one showed 0.
    private var origin: UInt64
    private var pausedAt: UInt64?

    public init(loop: EventLoop) throws(SystemError) {
        timer = try TimerDescriptor()
        origin = MonotonicClock.now()
        try loop.watch(timer.descriptor.rawValue) { [unowned self] _ in
            timer.drain()
            fire()
        }
    }

    public var now: UInt64 { pausedAt ?? MonotonicClock.now() &- origin }

    /// What the host's monotonic clock shows when this one shows `time`.
    public func hostTime(_ time: UInt64) -> UInt64 {
        let sum = time.addingReportingOverflow(origin)
        return sum.overflow ? .max : sum.partialValue
    }

    public func schedule(_ timer: DeviceTimer, at deadline: UInt64) {
        if timer.deadline == nil { timers.append(timer) }
        timer.deadline = deadline
        arm()
    }

    public func cancel(_ timer: DeviceTimer) {
        guard timer.deadline != nil else { return }
        timer.deadline = nil
        timers.removeAll { $0 === timer }
        arm()
    }

    /// With the device lock held, and the processors standing still.
    public func pause() {
        guard pausedAt == nil else { return }
        pausedAt = MonotonicClock.now() &- origin
        arm()
    }

    public func resume() {
        guard let pausedAt else { return }
        origin = MonotonicClock.now() &- pausedAt
        self.pausedAt = nil
        arm()
    }

    private func arm() {
        let next = timers.min { ($0.deadline ?? .max) < ($1.deadline ?? .max) }?.deadline
        timer.set(pausedAt == nil ? next.map { $0 &+ origin } : nil)
    }

    private func fire() {
        while pausedAt == nil, let due = timers.first(where: { ($0.deadline ?? .max) <= now }) {
            timers.removeAll { $0 === due }
            due.fire()
        }
        arm()
    }
}
