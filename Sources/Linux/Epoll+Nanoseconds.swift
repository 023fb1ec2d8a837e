import CLinux

extension Epoll {
    /// Waits until something is ready, with nanoseconds, which epoll_wait does not have.
    /// - Parameter timeout: nanoseconds at the most; negative: no limit.
    /// - Returns: false when the time was up.
    public borrowing func waitReady(timeout: Int64) -> Bool { rk_wait_readable(descriptor.rawValue, timeout) != 0 }
}
