import CLinux

/// Takes a thread out of the system call that it waits in: the call ends with EINTR.
public enum ThreadInterrupt {
    /// Once a process, before the first `send`.
    public static func install() { _ = rk_install_interrupt_signal() }

    /// In the thread that is to be interrupted: threads inherit masks, and some makers of threads block every signal.
    public static func accept() { rk_accept_interrupt_signal() }

    /// - Parameter thread: its `CurrentThread.id`; a thread that has ended is fine.
    public static func send(to thread: Int32) { _ = rk_interrupt_thread(thread) }
}
