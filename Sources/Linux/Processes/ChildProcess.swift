import CLinux
import Glibc

/// How a process ended.
public enum ProcessEnd: Equatable, Sendable, CustomStringConvertible {
    case exited(Int32)
    case killed(signal: Int32)

    /// What a shell's $? would say: the exit status, or 128 and the signal's number.
    public var shellStatus: Int32 {
        switch self {
        case .exited(let status): status
        case .killed(let signal): 128 + signal
        }
    }

    public var description: String {
        switch self {
        case .exited(let status): "exited with status \(status)"
        case .killed(let signal): "killed by signal \(signal)"
        }
    }

    init(code: Int32, status: Int32) {
        self = code == Int32(CLD_EXITED) ? .exited(status) : .killed(signal: status)
    }
}

/// A child of this process, named by a descriptor, so that its number cannot come to mean another process.
public struct ChildProcess: ~Copyable, Sendable {
    public let pid: Int32
    /// The pidfd: becomes readable when the process has ended (pidfd_open(2)).
    public let descriptor: FileDescriptor

    public init(pid: Int32, descriptor: consuming FileDescriptor) {
        self.pid = pid
        self.descriptor = descriptor
    }

    /// Waits for the end and reaps the process.
    public borrowing func wait() throws(SystemError) -> ProcessEnd {
        guard let end = try reap(options: 0) else { throw SystemError("wait for", "process \(pid)", code: .noChild) }
        return end
    }

    /// Reaps the process if it has ended; nil while it runs.
    public borrowing func poll() throws(SystemError) -> ProcessEnd? {
        try reap(options: WNOHANG)
    }

    /// Sends a signal; a process that has ended already is fine.
    public borrowing func signal(_ number: Int32) throws(SystemError) {
        if rk_pidfd_send_signal(descriptor.rawValue, number) < 0, errno != ESRCH {
            throw SystemError("send signal \(number) to", "process \(pid)")
        }
    }

    private borrowing func reap(options: Int32) throws(SystemError) -> ProcessEnd? {
        var result = rk_wait_result()
        let number = descriptor.rawValue
        let pid = pid
        try retrying("wait for", "process \(pid)") { rk_waitid(Int32(RK_P_PIDFD), number, WEXITED | options, &result) }
        return result.pid == 0 ? nil : ProcessEnd(code: result.code, status: result.status)
    }
}

/// Reaping children whose descriptors nobody holds: a subreaper's orphans, or all of a PID namespace's first process.
public enum Reaper {
    /// Reaps one child that has ended.
    /// - Returns: its number and end, or nil where none has ended or there is no child.
    public static func next() -> (pid: Int32, end: ProcessEnd)? {
        var result = rk_wait_result()
        guard rk_waitid(Int32(P_ALL.rawValue), 0, WEXITED | WNOHANG, &result) == 0, result.pid != 0 else { return nil }
        return (result.pid, ProcessEnd(code: result.code, status: result.status))
    }
}
