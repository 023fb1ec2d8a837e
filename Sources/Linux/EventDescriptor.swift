import CLinux
import Glibc

/// A counter that wakes a poller (eventfd(2)), non-blocking and close-on-exec.
public struct EventDescriptor: ~Copyable, Sendable {
    public let descriptor: FileDescriptor
    public var rawValue: Int32 { descriptor.rawValue }

    public init() throws(SystemError) {
        descriptor = FileDescriptor(
            owning: try retrying("make an eventfd") { eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)) })
    }

    /// Adds one; wakes whoever waits. Safe from any thread and from a signal handler.
    public borrowing func signal() {
        var one: UInt64 = 1
        // EAGAIN means that the counter is full, and so the waiter is awake anyway.
        _ = Glibc.write(descriptor.rawValue, &one, 8)
    }

    /// Takes the count and resets it; 0 where nothing was signalled.
    @discardableResult
    public borrowing func drain() -> UInt64 {
        var count: UInt64 = 0
        return Glibc.read(descriptor.rawValue, &count, 8) == 8 ? count : 0
    }
}
