import Glibc
import Linux

/// Where a virtual machine keeps its files while it lives:
///
///     /run/rookery/vm/NAME/           (root; $XDG_RUNTIME_DIR/rookery/vm/NAME/ for others)
///         lock                        locked by the monitor as long as it lives
///         state                       how the machine is or has ended, `key=value` lines
///         control.sock                requests (`VMClient`)
///         console.sock                the console: what was written lately, then everything as it comes; keys
///         screen.sock                 the same for a full machine's VGA and keyboard
///         console.log                 everything that the guest wrote
///         vsock.sock                  programs of the host reach the guest's sockets here ("CONNECT PORT\n")
///         monitor.log                 what the monitor has to say
public struct VMPaths: Hashable, Sendable {
    public let directory: String

    /// The directory that holds all machines of this user.
    public static var root: String { RunDirectory.root + "/vm" }

    public init(machine: String) { directory = Self.root + "/" + machine }
    public init(directory: String) { self.directory = directory }

    public var lock: String { directory + "/lock" }
    public var state: String { directory + "/state" }
    public var control: String { directory + "/control.sock" }
    public var console: String { directory + "/console.sock" }
    public var screen: String { directory + "/screen.sock" }
    public var consoleLog: String { directory + "/console.log" }
    public var vsock: String { directory + "/vsock.sock" }
    public var monitorLog: String { directory + "/monitor.log" }

    /// Names of the machines that have a directory: running ones, and those that have ended and were not removed.
    public static var machines: [String] { (try? File.list(root)) ?? [] }

    /// Whether the machine's monitor lives.
    public var isRunning: Bool {
        guard let file = try? File.open(lock, O_RDONLY | O_NOFOLLOW) else { return false }
        if flock(file.rawValue, LOCK_SH | LOCK_NB) == 0 { return false }
        return errno == EWOULDBLOCK
    }

    /// Removes what is left of a machine that does not run.
    public func remove() throws(SystemError) {
        for path in [control, console, screen, consoleLog, vsock, monitorLog, state, lock] { try File.remove(path) }
        // Sockets of the guest's listeners: vsock.sock_PORT.
        for name in (try? File.list(directory)) ?? [] where name.hasPrefix("vsock.sock_") {
            try File.remove(directory + "/" + name)
        }
        try File.removeDirectory(directory)
        // With the last machine goes the directory of all: it is not empty as long as there is another.
        if directory.hasPrefix(Self.root + "/") { rmdir(Self.root) }
    }
}
