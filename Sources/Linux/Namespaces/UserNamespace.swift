import CLinux
import Glibc

/// User namespaces: root's powers over namespaces of one's own (user_namespaces(7)).
public enum UserNamespace {
    /// One line of /proc/PID/uid_map or gid_map.
    public struct Mapping: Equatable, Sendable {
        public let inside: UInt32
        public let outside: UInt32
        public let count: UInt32
        public init(inside: UInt32, outside: UInt32, count: UInt32 = 1) {
            self.inside = inside
            self.outside = outside
            self.count = count
        }
        var line: String { "\(inside) \(outside) \(count)\n" }
    }

    /// Moves this process, while it has only one thread, into a fresh user namespace (and further ones), where it is
    /// root: the caller's own identity is mapped to 0, which needs no privilege.
    public static func enterFresh(with kinds: [Namespace.Kind] = [.mount, .network]) throws(SystemError) {
        let uid = geteuid()
        let gid = getegid()
        var flags = CLONE_NEWUSER
        for kind in kinds { flags |= kind.flag }
        try retrying("make a user namespace", remedy: Self.remedy) { rk_unshare(flags) }
        // Without privilege over the parent's groups, setgroups must be given up first.
        try File.writeValue("/proc/self/setgroups", "deny")
        try File.writeValue("/proc/self/uid_map", Mapping(inside: 0, outside: uid).line)
        try File.writeValue("/proc/self/gid_map", Mapping(inside: 0, outside: gid).line)
    }

    /// Makes a user namespace with these maps and returns it; `Spawn` can start programs in it.
    /// Maps beyond the caller's own identity need privilege (CAP_SETUID and CAP_SETGID in the parent namespace).
    public static func make(
        users: [Mapping], groups: [Mapping], denySetgroups: Bool = false
    ) throws(SystemError) -> FileDescriptor {
        let holder = try retrying("make a user namespace", remedy: Self.remedy) { rk_clone_paused(CLONE_NEWUSER) }
        defer {
            kill(holder, SIGKILL)
            waitpid(holder, nil, Int32(bitPattern: UInt32(__WALL)))
        }
        if denySetgroups { try File.writeValue("/proc/\(holder)/setgroups", "deny") }
        try File.writeValue("/proc/\(holder)/uid_map", users.map(\.line).joined())
        try File.writeValue("/proc/\(holder)/gid_map", groups.map(\.line).joined())
        return try Namespace.of(process: holder, .user)
    }

    private static var remedy: String? {
        switch errno {
        case EPERM: "allow unprivileged user namespaces: sysctl kernel.unprivileged_userns_clone=1, or run as root"
        case ENOSPC: "raise the sysctl user.max_user_namespaces"
        default: nil
        }
    }
}
