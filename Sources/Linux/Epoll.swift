import CLinux
import Glibc

/// Waits for many descriptors (epoll(7)).
public struct Epoll: ~Copyable, Sendable {
    /// What a descriptor is ready for.
    public struct Events: OptionSet, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        public static let readable = Events(rawValue: EPOLLIN.rawValue)
        public static let writable = Events(rawValue: EPOLLOUT.rawValue)
        public static let hangUp = Events(rawValue: EPOLLHUP.rawValue)
        public static let peerClosed = Events(rawValue: EPOLLRDHUP.rawValue)
        public static let error = Events(rawValue: EPOLLERR.rawValue)
        /// Report a change once, not a state as long as it lasts.
        public static let edgeTriggered = Events(rawValue: EPOLLET.rawValue)
        public static let oneShot = Events(rawValue: EPOLLONESHOT.rawValue)
    }

    /// A descriptor that is ready.
    public struct Ready: Sendable {
        /// What `add` was given.
        public let token: UInt64
        public let events: Events
    }

    public let descriptor: FileDescriptor

    public init() throws(SystemError) {
        descriptor = FileDescriptor(
            owning: try retrying("make an epoll instance") { epoll_create1(Int32(EPOLL_CLOEXEC)) })
    }

    public borrowing func add(_ fd: Int32, _ events: Events, token: UInt64) throws(SystemError) {
        try control(EPOLL_CTL_ADD, fd, events, token)
    }

    public borrowing func change(_ fd: Int32, _ events: Events, token: UInt64) throws(SystemError) {
        try control(EPOLL_CTL_MOD, fd, events, token)
    }

    public borrowing func remove(_ fd: Int32) throws(SystemError) {
        try control(EPOLL_CTL_DEL, fd, [], 0)
    }

    private borrowing func control(
        _ operation: Int32, _ fd: Int32, _ events: Events, _ token: UInt64
    ) throws(SystemError) {
        let number = descriptor.rawValue
        var event = epoll_event()
        event.events = events.rawValue
        event.data.u64 = token
        try retrying("watch", "descriptor \(fd)") { epoll_ctl(number, operation, fd, &event) }
    }

    /// Waits and calls `body` for each ready descriptor.
    /// - Parameter timeoutMilliseconds: how long to wait at most; -1 waits for ever, 0 not at all.
    /// - Returns: the number of ready descriptors; 0 on time-out and when a signal interrupts the wait.
    @discardableResult
    public borrowing func wait<Failure: Error>(
        timeoutMilliseconds: Int32 = -1, _ body: (Ready) throws(Failure) -> Void
    ) throws(Failure) -> Int {
        let capacity = 64
        var events: [64 of epoll_event] = .init(repeating: epoll_event())
        let number = descriptor.rawValue
        let count = withUnsafeMutablePointer(to: &events) {
            $0.withMemoryRebound(to: epoll_event.self, capacity: capacity) {
                epoll_wait(number, $0, Int32(capacity), timeoutMilliseconds)
            }
        }
        guard count > 0 else { return 0 }
        for index in 0..<Int(count) {
            let event = events[index]
            try body(Ready(token: event.data.u64, events: Events(rawValue: event.events)))
        }
        return Int(count)
    }
}
