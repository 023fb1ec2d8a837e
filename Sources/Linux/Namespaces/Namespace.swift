import CLinux
import Glibc

/// A namespace of the calling thread, made, opened or entered (namespaces(7)).
public enum Namespace {
    /// The kinds.
    public enum Kind: String, Sendable, CaseIterable {
        case network = "net"
        case mount = "mnt"
        case uts
        case ipc
        case pid
        case user
        case cgroup

        /// The CLONE_NEW* flag.
        public var flag: Int32 {
            switch self {
            case .network: CLONE_NEWNET
            case .mount: CLONE_NEWNS
            case .uts: CLONE_NEWUTS
            case .ipc: CLONE_NEWIPC
            case .pid: CLONE_NEWPID
            case .user: CLONE_NEWUSER
            case .cgroup: CLONE_NEWCGROUP
            }
        }
    }

    /// Moves the calling thread into fresh namespaces (unshare(2)). For `.pid`, its next child is the first inside.
    public static func unshare(_ kinds: Kind...) throws(SystemError) {
        var flags: Int32 = 0
        for kind in kinds { flags |= kind.flag }
        try retrying(
            "make namespaces", kinds.map(\.rawValue).joined(separator: ", "), remedy: remedy
        ) { rk_unshare(flags) }
    }

    /// Moves the calling thread into a namespace (setns(2)).
    public static func enter(_ namespace: borrowing FileDescriptor, _ kind: Kind) throws(SystemError) {
        let number = namespace.rawValue
        try retrying("enter the namespace", kind.rawValue, remedy: remedy) { rk_setns(number, kind.flag) }
    }

    /// A descriptor of the calling thread's namespace, which keeps it alive.
    public static func current(_ kind: Kind) throws(SystemError) -> FileDescriptor {
        try File.open("/proc/thread-self/ns/\(kind.rawValue)")
    }

    /// A descriptor of a process's namespace.
    public static func of(process: Int32, _ kind: Kind) throws(SystemError) -> FileDescriptor {
        try File.open("/proc/\(process)/ns/\(kind.rawValue)")
    }

    /// A number that is the same for two descriptors exactly when they name the same namespace.
    public static func identity(_ namespace: borrowing FileDescriptor) -> UInt64 {
        var status = stat()
        fstat(namespace.rawValue, &status)
        return UInt64(status.st_ino)
    }

    /// Runs `body` in the calling thread with the thread in another namespace, and moves the thread back.
    /// The thread ends the process's hopes of a clean state if it cannot be moved back: that error is thrown.
    public static func within<Result: ~Copyable>(
        _ namespace: borrowing FileDescriptor, _ kind: Kind, _ body: () throws(SystemError) -> Result
    ) throws(SystemError) -> Result {
        let home = try current(kind)
        try enter(namespace, kind)
        do throws(SystemError) {
            let result = try body()
            try enter(home, kind)
            return result
        } catch {
            try enter(home, kind)
            throw error
        }
    }

    private static var remedy: String? {
        errno == EPERM ? "run as root, or in a user namespace" : nil
    }
}
