import CLinux
import Glibc

/// A timer as a readable descriptor (timerfd_create(2)), on the monotonic clock.
public struct TimerDescriptor: ~Copyable, Sendable {
    public let descriptor: FileDescriptor

    public init() throws(SystemError) {
        descriptor = FileDescriptor(owning: try retrying("make a timer") { rk_timer_open() })
    }

    /// Readable once `MonotonicClock.now()` has reached `deadline`; nil: never.
    public borrowing func set(_ deadline: UInt64?) {
        _ = rk_timer_set(descriptor.rawValue, deadline.map { max($0, 1) } ?? 0)
    }

    /// Takes the expirations, so that the descriptor is not readable any more.
    public borrowing func drain() {
        var count: UInt64 = 0
        _ = Glibc.read(descriptor.rawValue, &count, 8)
    }
}
