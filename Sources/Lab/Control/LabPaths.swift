import Glibc
import Linux

/// Where the files of running labs are.
///
///     /run/rookery/NAME/              (root; $XDG_RUNTIME_DIR/rookery/NAME/ for others)
///         control.sock                the supervisor's control socket
///         state                       what the lab owns on the machine, a line of JSON each, written before it is made
///         supervisor.log              what the supervisor has to say
///         hosts                       the lab's /etc/hosts
///         switches/NAME.mgmt          where ovs-ofctl and its like reach a switch; NAME.snoop to listen in
///         vm/NAME/                    files of a virtual machine: console.log, control.sock, the doors of its cards
///     /run/rookery/NAME.crash.log     supervisor.log of a supervisor that crashed, until the next up or down of NAME
public struct LabPaths: Sendable, Hashable {
    public let directory: String

    /// The directory that holds all labs of this user.
    public static var root: String { RunDirectory.root }

    static let crashSuffix = ".crash.log"

    public init(lab: String) { directory = Self.root + "/" + lab }

    public var controlSocket: String { directory + "/control.sock" }
    public var state: String { directory + "/state" }
    public var log: String { directory + "/supervisor.log" }
    public var crashLog: String { directory + Self.crashSuffix }
    public var hosts: String { directory + "/hosts" }
    public var switches: String { directory + "/switches" }
    /// The directory of the lab's virtual machines, and of one of them.
    public var machines: String { directory + "/vm" }
    public func machine(_ node: String) -> String { "\(machines)/\(node)" }
    /// The management socket of a switch (`ovs-ofctl show unix:…`).
    public func managementSocket(of node: String) -> String { "\(switches)/\(node).mgmt" }

    /// Where to read about a crash of the lab's supervisor, as the end of a sentence; empty where there was none.
    /// Waits a moment for the guardian, which learns of it when the clients do.
    public var crashNote: String {
        let patience = MonotonicClock.now() + 1_000_000_000
        while !File.exists(crashLog), File.exists(directory), MonotonicClock.now() < patience {
            MonotonicClock.sleep(until: MonotonicClock.now() + 5_000_000)
        }
        return File.exists(crashLog) ? ": it crashed, and its log is \(crashLog)" : ""
    }
}
