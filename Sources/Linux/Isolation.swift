import CLinux
import Glibc

/// Giving up rights, once and for all, before anything hostile is listened to.
public enum Isolation {
    /// The two processes after `splitProcess`.
    public enum Side {
        /// The one that was there before; `child` is the other's number.
        case guardian(child: Int32)
        /// The first process of the PID name space.
        case inside
    }

    /// Makes the first process of a fresh PID name space, a copy of this one. It sees no other process, and cannot name one.
    /// Call while the process has one thread. Both sides have SIGINT, SIGTERM, SIGHUP and SIGCHLD blocked.
    public static func splitProcess() throws(SystemError) -> Side {
        var step: Int32 = 0
        let child = rk_isolate_process(&step)
        if child < 0 { throw error(step) }
        return child == 0 ? .inside : .guardian(child: child)
    }

    /// Enters empty mount, network, IPC, UTS and cgroup name spaces: no file of the host can be named. Call while the process
    /// has one thread, and everything that it needs is open.
    public static func enterNamespaces() throws(SystemError) {
        var step: Int32 = 0
        guard rk_isolate_namespaces(&step) == 0 else { throw error(step) }
    }

    /// Becomes a user that owns nothing. Only root can.
    /// - Returns: false where the user name space that the process is in has no such number.
    public static func become(user: UInt32) throws(SystemError) -> Bool {
        var step: Int32 = 0
        let result = rk_isolate_user(user, &step)
        if result < 0 { throw error(step) }
        return result == 1
    }

    /// Closes what a careless parent has left open: all descriptors but the first three and those that are `known`.
    public static func closeStrangers(known: some Sequence<Int32>) throws(SystemError) {
        var next: Int32 = 3
        for number in known.sorted() where number >= next {
            if number > next { try closeRange(next, number - 1) }
            next = number + 1
        }
        try closeRange(next, Int32.max)
    }

    private static func closeRange(_ first: Int32, _ last: Int32) throws(SystemError) {
        guard rk_close_range(UInt32(first), UInt32(last)) == 0 else { throw SystemError("close descriptors") }
    }

    /// Closes all descriptors but the first three and one.
    /// - Returns: that one, under another number.
    public static func closeAll(
        but descriptor: consuming FileDescriptor
    ) throws(SystemError) -> FileDescriptor {
        guard rk_keep_only(descriptor.release()) == 0 else { throw SystemError("close descriptors") }
        return FileDescriptor(owning: 3)
    }

    /// No core dumps, message queues or locked memory; at most 1,024 open files.
    public static func limitResources() throws(SystemError) {
        var step: Int32 = 0
        guard rk_isolate_limits(&step) == 0 else { throw error(step) }
    }

    /// Drops all capabilities and forbids to gain any (no_new_privs).
    /// - Parameter keepsKill: but the one to end processes of other users.
    public static func dropCapabilities(keepsKill: Bool = false) throws(SystemError) {
        var step: Int32 = 0
        // CAP_KILL.
        guard rk_isolate_capabilities(keepsKill ? 5 : -1, &step) == 0 else { throw error(step) }
    }

    /// Lets only those system calls through that a running monitor makes (seccomp(2)); of `ioctl` only those of KVM, terminals
    /// and TAP devices; threads, but no processes; no memory that can be executed.
    /// - Parameter allowsPaths: also calls that name files, for a server of shared directories.
    public static func filterSystemCalls(allowsPaths: Bool) throws(SystemError) {
        var step: Int32 = 0
        guard rk_isolate_system_calls(allowsPaths ? 1 : 0, &step) == 0 else { throw error(step) }
    }

    /// The calling thread, and those that it makes from now on, can name no files any more.
    public static func refusePaths() throws(SystemError) {
        guard rk_refuse_paths() == 0 else { throw SystemError("filter the system calls of a thread") }
    }

    /// Lets only those system calls through that wait for a child, signal it, and connect Unix sockets.
    public static func filterGuardianCalls() throws(SystemError) {
        var step: Int32 = 0
        guard rk_isolate_guardian(&step) == 0 else { throw error(step) }
    }

    private static func error(_ step: Int32) -> SystemError {
        let steps = [
            "enter name spaces of its own", "make a process in a PID name space", "keep mounts to itself",
            "make an empty root directory", "leave the file system", "become a user of its own", "limit its resources",
            "drop capabilities", "forbid new privileges", "filter system calls",
        ]
        let name = steps.indices.contains(Int(step)) ? steps[Int(step)] : "isolate itself"
        return SystemError(
            name, remedy: "user name spaces may be switched off on this host; --no-isolation does without")
    }
}
