import CLinux
import Glibc

/// The calling thread's mounts (mount(2)).
public enum Mount {
    /// Mount flags.
    public struct Flags: OptionSet, Sendable {
        public let rawValue: UInt
        public init(rawValue: UInt) { self.rawValue = rawValue }
        public static let readOnly = Flags(rawValue: UInt(MS_RDONLY))
        public static let noSUID = Flags(rawValue: UInt(MS_NOSUID))
        public static let noDevices = Flags(rawValue: UInt(MS_NODEV))
        public static let noExecution = Flags(rawValue: UInt(MS_NOEXEC))
        public static let remount = Flags(rawValue: UInt(MS_REMOUNT))
        public static let bind = Flags(rawValue: UInt(MS_BIND))
        public static let recursive = Flags(rawValue: UInt(MS_REC))
        public static let `private` = Flags(rawValue: 1 << 18)
        public static let `slave` = Flags(rawValue: 1 << 19)
    }

    /// mount(2).
    /// - Parameters:
    ///   - type: the file system, nil for a bind or a change of flags.
    ///   - data: the file system's own options, "size=64m".
    public static func mount(
        _ source: String?, on target: String, type: String? = nil, _ flags: Flags = [], data: String? = nil
    ) throws(SystemError) {
        try retrying("mount \(type ?? source ?? "") on", target, remedy: errno == EPERM ? "run as root" : nil) {
            Glibc.mount(source, target, type, flags.rawValue, data)
        }
    }

    /// umount2(2). - Parameter lazily: detaches a mount that is still in use (MNT_DETACH).
    public static func unmount(_ target: String, lazily: Bool = false) throws(SystemError) {
        try retrying("unmount", target) { umount2(target, lazily ? Int32(MNT_DETACH) : 0) }
    }

    /// Keeps this mount namespace's mounts to itself, from the root down. Do this first in a fresh mount namespace.
    public static func makePrivate() throws(SystemError) {
        try mount("none", on: "/", [.recursive, .private])
    }

    /// Keeps this mount namespace's mounts to itself, but goes on receiving those of the parent.
    public static func makeSlave() throws(SystemError) {
        try mount("none", on: "/", [.recursive, .slave])
    }

    /// Makes a file or directory appear at a second place.
    public static func bind(_ source: String, on target: String, readOnly: Bool = false) throws(SystemError) {
        try mount(source, on: target, [.bind, .recursive])
        // Only a remount applies flags to a bind.
        if readOnly { try mount("none", on: target, [.bind, .remount, .readOnly]) }
    }

    /// /sys of the calling thread's network namespace.
    public static func sysfs(on target: String = "/sys") throws(SystemError) {
        try mount("sysfs", on: target, type: "sysfs", [.noSUID, .noDevices, .noExecution])
    }

    /// /proc of the PID namespace that the calling thread's children are in.
    public static func proc(on target: String = "/proc") throws(SystemError) {
        try mount("proc", on: target, type: "proc", [.noSUID, .noDevices, .noExecution])
    }

    /// Files in memory. - Parameter options: "size=16m,mode=0755".
    public static func tmpfs(on target: String, options: String? = nil) throws(SystemError) {
        try mount("tmpfs", on: target, type: "tmpfs", [.noSUID, .noDevices], data: options)
    }
}
