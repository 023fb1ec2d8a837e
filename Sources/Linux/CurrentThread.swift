import CLinux
import Glibc

/// Settings of the calling thread and process.
public enum CurrentThread {
    /// How late, in nanoseconds, the kernel may end the thread's sleeps so as to join them (PR_SET_TIMERSLACK);
    /// 1 is as exact as it gets, 50,000 the default.
    public static func setTimerSlack(nanoseconds: UInt) {
        _ = rk_prctl(PR_SET_TIMERSLACK, nanoseconds, 0)
    }

    /// The name that tools show; the kernel keeps 15 bytes.
    public static func setName(_ name: String) {
        name.withCString { _ = rk_prctl(PR_SET_NAME, UInt(bitPattern: $0), 0) }
    }

    public static var id: Int32 { rk_gettid() }

    /// Others that are ready run first on this processor.
    public static func yield() { sched_yield() }

    /// Runs on this processor only.
    public static func pin(to processor: Int) throws(SystemError) {
        try retrying("pin the thread to processor", "\(processor)") { rk_pin_thread(Int32(processor)) }
    }

    /// The real-time priority 1…99 (SCHED_FIFO), or back to the ordinary class with 0.
    public static func setRealTimePriority(_ priority: Int32) throws(SystemError) {
        var parameters = sched_param()
        parameters.sched_priority = priority
        try retrying("set the real-time priority", "\(priority)", remedy: "run as root, or raise ulimit -r") {
            sched_setscheduler(0, priority > 0 ? SCHED_FIFO : SCHED_OTHER, &parameters)
        }
    }
}

/// Settings of this process.
public enum CurrentProcess {
    /// Adopts the orphans among its descendants, so that it can reap them (PR_SET_CHILD_SUBREAPER).
    public static func becomeSubreaper() throws(SystemError) {
        try retrying("become a subreaper") { rk_prctl(PR_SET_CHILD_SUBREAPER, 1, 0) }
    }

    /// Gets `signal` when the thread that made this process ends (PR_SET_PDEATHSIG).
    public static func setParentDeathSignal(_ signal: Int32) throws(SystemError) {
        try retrying("set the parent-death signal") { rk_prctl(PR_SET_PDEATHSIG, UInt(signal), 0) }
    }

    /// Raises the soft limit of open files to the hard one and returns it; a lab holds several per host.
    @discardableResult
    public static func raiseOpenFileLimit() -> UInt64 {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        if limit.rlim_cur < limit.rlim_max {
            limit.rlim_cur = limit.rlim_max
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
        return UInt64(limit.rlim_cur)
    }

    public static var isRoot: Bool { geteuid() == 0 }
}
