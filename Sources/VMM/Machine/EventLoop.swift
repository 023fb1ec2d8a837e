import Linux

/// The I/O thread of a machine: waits for descriptors, and for work from other threads.
///
/// What it calls runs with the device lock held, unless it was asked for otherwise.
public final class EventLoop: @unchecked Sendable {
    private let lock: Condition
    private let epoll: Epoll
    private let wake: EventDescriptor
    /// Guarded by `lock`, like everything below.
    private var watched: [Int32: Watch] = [:]
    private var work: [() -> Void] = []

    private struct Watch {
        var isLocked: Bool
        var handler: (Epoll.Events) -> Void
    }

    /// - Parameter lock: the device lock.
    public init(lock: Condition) throws(SystemError) {
        self.lock = lock
        epoll = try Epoll()
        wake = try EventDescriptor()
        try epoll.add(wake.rawValue, .readable, token: UInt64(wake.rawValue))
    }

    /// Calls `handler` while `descriptor` is ready. Call with the device lock held, or before the loop runs.
    /// - Parameter isLocked: whether the handler wants the device lock.
    public func watch(
        _ descriptor: Int32, _ events: Epoll.Events = .readable, isLocked: Bool = true,
        _ handler: @escaping (Epoll.Events) -> Void
    ) throws(SystemError) {
        if watched[descriptor] == nil {
            try epoll.add(descriptor, events, token: UInt64(descriptor))
        } else {
            try epoll.change(descriptor, events, token: UInt64(descriptor))
        }
        watched[descriptor] = Watch(isLocked: isLocked, handler: handler)
    }

    /// Waits for something else.
    public func change(_ descriptor: Int32, _ events: Epoll.Events) {
        guard watched[descriptor] != nil else { return }
        try? epoll.change(descriptor, events, token: UInt64(descriptor))
    }

    /// To be called before the descriptor is closed; with the device lock held.
    public func unwatch(_ descriptor: Int32) {
        guard watched.removeValue(forKey: descriptor) != nil else { return }
        try? epoll.remove(descriptor)
    }

    /// Whether it waits for a descriptor. With the device lock held.
    func isWatching(_ descriptor: Int32) -> Bool { watched[descriptor] != nil }

    /// Runs `body` on the loop's thread, with the device lock held. Call with the device lock held.
    public func perform(_ body: @escaping () -> Void) {
        work.append(body)
        if work.count == 1 { wake.signal() }
    }

    /// Ends `run`. Any thread, with the device lock held or not.
    public func stop() {
        stopRequested.open()
        wake.signal()
    }

    /// `run` may be called again after a `stop`.
    func clearStop() { stopRequested.close() }

    private let stopRequested = StopFlag()

    /// Waits and calls, until `stop`.
    public func run() {
        while !stopRequested.isOpen {
            epoll.wait { ready in handle(ready) }
            runWork()
        }
    }

    private func handle(_ ready: Epoll.Ready) {
        let descriptor = Int32(truncatingIfNeeded: ready.token)
        if descriptor == wake.rawValue {
            wake.drain()
            return
        }
        lock.lock()
        // A handler before this one may have closed the descriptor.
        guard let watch = watched[descriptor] else { return lock.unlock() }
        if !watch.isLocked { lock.unlock() }
        watch.handler(ready.events)
        if watch.isLocked { lock.unlock() }
    }

    private func runWork() {
        lock.hold {
            // Work that asks for more waits for the next round, so that descriptors have their turn.
            let now = work
            work.removeAll(keepingCapacity: true)
            for body in now { body() }
            if !work.isEmpty { wake.signal() }
        }
    }
}
