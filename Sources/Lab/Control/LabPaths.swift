import Glibc

/// Where the files of running labs are.
///
///     /run/rookery/NAME/              (root; $XDG_RUNTIME_DIR/rookery/NAME/ for others)
///         control.sock                the supervisor's control socket
///         state                       what the lab owns on the machine, a line of JSON each, written before it is made
///         supervisor.log              what the supervisor has to say
///         hosts                       the lab's /etc/hosts
public struct LabPaths: Sendable, Hashable {
    public let directory: String

    /// The directory that holds all labs of this user. `ROOKERY_RUN_DIR` overrides it, for tests.
    public static var root: String {
        if let path = getenv("ROOKERY_RUN_DIR") { return String(cString: path) }
        if geteuid() == 0 { return "/run/rookery" }
        if let path = getenv("XDG_RUNTIME_DIR") { return String(cString: path) + "/rookery" }
        return "/tmp/rookery-\(geteuid())"
    }

    public init(lab: String) { directory = Self.root + "/" + lab }

    public var controlSocket: String { directory + "/control.sock" }
    public var state: String { directory + "/state" }
    public var log: String { directory + "/supervisor.log" }
    public var hosts: String { directory + "/hosts" }
}
