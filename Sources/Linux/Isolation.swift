import CLinux

/// Giving up rights, once and for all, before anything hostile is listened to.
public enum Isolation {
    /// Enters empty mount, network, IPC, UTS and cgroup name spaces. Call while the process has one thread, and everything
    /// that it needs is open.
    /// - Parameter directory: the one directory that stays to be seen, as /run; nil: none.
    public static func enterNamespaces(keeping directory: String?) throws(SystemError) {
        var step: Int32 = 0
        guard rk_isolate_namespaces(directory, &step) == 0 else { throw error(step) }
    }

    /// Drops all capabilities and forbids to gain any (no_new_privs).
    public static func dropCapabilities() throws(SystemError) {
        var step: Int32 = 0
        guard rk_isolate_capabilities(&step) == 0 else { throw error(step) }
    }

    /// Lets only those system calls through that a running monitor makes (seccomp(2)); of `ioctl` only those of KVM, terminals
    /// and TAP devices; threads, but no processes; no memory that can be executed.
    public static func filterSystemCalls() throws(SystemError) {
        var step: Int32 = 0
        guard rk_isolate_system_calls(&step) == 0 else { throw error(step) }
    }

    private static func error(_ step: Int32) -> SystemError {
        let steps = [
            "enter name spaces of its own", "keep mounts to itself", "make an empty root directory",
            "keep the machine's directory in sight", "leave the file system", "drop capabilities",
            "forbid new privileges", "filter system calls",
        ]
        let name = steps.indices.contains(Int(step)) ? steps[Int(step)] : "isolate itself"
        return SystemError(
            name, remedy: "user name spaces may be switched off on this host; --no-isolation does without")
    }
}
