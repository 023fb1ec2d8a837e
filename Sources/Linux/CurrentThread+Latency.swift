import CLinux

extension CurrentThread {
    /// Asks to run soon after waking, before other threads that want the processor: the strongest niceness and a short
    /// slice. Real-time scheduling would be stronger still, but a thread that is busy for a second would then be
    /// throttled for 50 ms at a time, or starve the kernel's own threads on its processor.
    /// - Returns: whether it was granted; without CAP_SYS_NICE it is not.
    @discardableResult
    public static func preferLatency() -> Bool { rk_set_nice_and_slice(-20, 100_000) == 0 }
}
