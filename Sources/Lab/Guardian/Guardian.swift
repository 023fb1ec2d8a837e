import Glibc
import GuestImages
import Linux

// The process between the user and a lab.
//
// Design: the supervisor is the first process of a PID namespace, so that the kernel ends every process of the lab with
// it, however it ends. Somebody must then remove what is left (cgroups, files, settings of the machine): the guardian,
// which does nothing but wait for that. It has one thread, starts nothing else, and so hardly ever has reason to fail;
// should it be killed all the same, the supervisor dies with it (PR_SET_PDEATHSIG), and `rookery down` or the next
// `rookery up` removes what the state file lists.

/// What `rookery-lab` does when the CLI starts it: `rookery-lab NAME`, the lab's topology on standard input, a socket for
/// `ControlReply` lines as descriptor 3.
public enum Guardian {
    /// Descriptors of the supervisor's: see `Supervisor.main`.
    static let replySocket: Int32 = 3
    static let stateDescriptor: Int32 = 4

    /// Returns the exit status.
    public static func main(lab name: String) -> Int32 {
        let replies = FileDescriptor(owning: replySocket)
        do throws(LabError) {
            try replies.setQuietly()
            try run(name, replies)
            return 0
        } catch {
            try? ControlLine.send(ControlReply.failed(error.description), on: replies)
            return 1
        }
    }

    private static func run(_ name: String, _ replies: borrowing FileDescriptor) throws(LabError) {
        // Before anything is made: a signal from now on ends the lab in good order.
        let signals = try labelled { () throws(SystemError) in
            try SignalDescriptor([SIGTERM, SIGINT, SIGHUP])
        }
        signal(SIGPIPE, SIG_IGN)
        try LabName.validate(name)
        let isRootless = geteuid() != 0
        // In a user namespace we are root, and would look for the labs and the images of root.
        setenv("ROOKERY_RUN_DIR", LabPaths.root, 1)
        setenv(ImageCache.variable, ImageCache.standard.folder, 1)
        let paths = LabPaths(lab: name)
        let state = try StateFile.create(paths, name: name)
        defer { state.cleanUp() }
        if isRootless {
            try labelled("a lab without root needs a user namespace") { () throws(SystemError) in
                try UserNamespace.enterFresh(with: [.mount, .network])
            }
        }
        let supervisor = try startSupervisor(name, isRootless: isRootless, state: state, replies: replies)
        let end = try wait(for: supervisor, signals)
        // Status 1: it has said itself what was wrong.
        guard end != .exited(0), end != .exited(1) else { return }
        if case .killed(let signal) = end, crashSignals.contains(signal) { keepLog(paths, end) }
        let log = (try? File.readText(paths.log)) ?? ""
        let tail = log.split(separator: "\n").suffix(20).joined(separator: "\n")
        throw LabError("the lab's supervisor \(end)" + (tail.isEmpty ? "" : "; its last words:\n\(tail)"))
    }

    /// What a process gets for its own mistakes: a trap of Swift's is SIGILL or SIGTRAP.
    private static let crashSignals: Set<Int32> = [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV]

    /// Moves the log of a supervisor that crashed out of the run directory, which is about to go: the only thing that a
    /// lab ever leaves, one file for each name, and only then.
    private static func keepLog(_ paths: LabPaths, _ end: ProcessEnd) {
        logLine("the lab's supervisor \(end)", to: paths.log)
        rename(paths.log, paths.crashLog)
    }

    private static func startSupervisor(
        _ name: String, isRootless: Bool, state: StateFile, replies: borrowing FileDescriptor
    ) throws(LabError) -> ChildProcess {
        let log = try labelled { () throws(SystemError) in
            try File.open(state.paths.log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, mode: 0o600)
        }
        var spawn = Spawn("/proc/self/exe", ["rookery-lab", "--supervise", name] + (isRootless ? ["--rootless"] : []))
        spawn.freshNamespaces = [.pid, .mount]
        spawn.parentDeathSignal = SIGKILL
        spawn.descriptors = [
            (0, 0), (log.rawValue, 1), (log.rawValue, 2), (replies.rawValue, replySocket),
            (state.descriptor, stateDescriptor),
        ]
        do throws(SpawnError) {
            let child = try spawn.start()
            // The pipe of the topology: a CLI that dies while it writes must be noticed by the reader.
            close(0)
            return child
        } catch {
            throw LabError(
                "\(error)"
                    + (error.code == .notPermitted ? " (a lab needs CAP_SYS_ADMIN: run as root, or without root)" : ""))
        }
    }

    private static func wait(
        for supervisor: borrowing ChildProcess, _ signals: borrowing SignalDescriptor
    ) throws(LabError) -> ProcessEnd {
        while true {
            var watched = [
                pollfd(fd: supervisor.descriptor.rawValue, events: Int16(POLLIN), revents: 0),
                pollfd(fd: signals.descriptor.rawValue, events: Int16(POLLIN), revents: 0),
            ]
            if poll(&watched, nfds_t(watched.count), -1) < 0 { continue }
            while let number = signals.next() {
                if number != SIGHUP { try? supervisor.signal(SIGTERM) }
            }
            if let end = try labelled({ () throws(SystemError) in try supervisor.poll() }) { return end }
        }
    }
}

extension FileDescriptor {
    /// A client that has gone is an error to be seen, not a signal; and the socket is not for programs of the lab's.
    fileprivate borrowing func setQuietly() throws(LabError) {
        do throws(SystemError) { try setCloseOnExec(true) } catch {
            throw LabError("rookery-lab is started by rookery up; it is not a command of its own")
        }
    }
}
