import Glibc
import Linux
import Topology

// The supervisor as a process: what `rookery-lab --supervise` does.

extension Supervisor {
    /// Returns the exit status.
    public static func main(lab name: String, isRootless: Bool) -> Int32 {
        // It was executed as /proc/self/exe.
        CurrentThread.setName("rookery-lab")
        signal(SIGPIPE, SIG_IGN)
        let replies = OwnedDescriptor(FileDescriptor(owning: Guardian.replySocket))
        do throws(LabError) {
            try labelled { () throws(SystemError) in try replies.descriptor.setCloseOnExec(true) }
            let state = StateFile(inherited: Guardian.stateDescriptor, paths: LabPaths(lab: name))
            // Before any other thread is there, which would take the signals.
            let signals = try labelled { () throws(SystemError) in
                try SignalDescriptor([SIGTERM, SIGINT, SIGHUP, SIGCHLD])
            }
            CurrentProcess.raiseOpenFileLimit()
            let topology = try readTopology()
            let machinePID = numberOnTheMachine()
            try mountOwnProcesses(isRootless: isRootless)
            let supervisor = try Supervisor(
                topology, state: state, machinePID: machinePID, isRootless: isRootless)
            let outcome = try labelled { () throws(SystemError) in try Promise<Outcome>() }
            // On a thread of its own: this one reaps what the hosts' commands start.
            try labelled { () throws(SystemError) in
                try BackgroundThread.start("rookery-start") {
                    outcome.fulfil(supervisor.startReporting(to: replies))
                }
            }
            return try supervisor.serve(signals, outcome)
        } catch {
            report(error, to: replies)
            return 1
        }
    }

    /// How the start went.
    private enum Outcome: Sendable {
        case up(listener: OwnedDescriptor)
        case failed(LabError)
    }

    private static func report(_ error: LabError, to replies: OwnedDescriptor) {
        logLine("\(error)")
        try? ControlLine.send(ControlReply.failed(error.description), on: replies.descriptor)
    }

    private func startReporting(to replies: OwnedDescriptor) -> Outcome {
        do throws(LabError) {
            let listener = try start { (stage, done, total) throws(LabError) in
                try ControlLine.send(
                    ControlReply.progress(stage: stage, done: done, total: total), on: replies.descriptor)
            }
            try ControlLine.send(ControlReply.done, on: replies.descriptor)
            return .up(listener: listener)
        } catch {
            // The reason is told once nothing is left but this process and what the guardian removes.
            stop { _, _, _ in }
            Self.report(error, to: replies)
            return .failed(error)
        }
    }

    private static func readTopology() throws(LabError) -> LabTopology {
        let json = try labelled("cannot read the topology") { () throws(SystemError) in
            try FileDescriptor(owning: 0).readAll()
        }
        // Nothing else may come to be number 0, the standard input of programs that bring none.
        let null = try labelled { () throws(SystemError) in try File.open("/dev/null", O_RDWR) }
        if null.rawValue == 0 { _ = null.release() } else { dup2(null.rawValue, 0) }
        return try ControlLine.decode(LabTopology.self, json)
    }

    /// As long as the machine's /proc is mounted, it has us under the machine's number.
    private static func numberOnTheMachine() -> Int32 {
        var buffer = [UInt8](repeating: 0, count: 32)
        let count = buffer.withUnsafeMutableBytes { readlink("/proc/self", $0.baseAddress!, $0.count) }
        return Int32(String(decoding: buffer[..<max(0, count)], as: UTF8.self)) ?? getpid()
    }

    /// A /proc that shows the lab's processes, here and in the hosts.
    private static func mountOwnProcesses(isRootless: Bool) throws(LabError) {
        do throws(SystemError) {
            try Mount.makePrivate()
            try Mount.proc()
        } catch {
            // A user namespace in a container whose /proc is partly covered may not mount another: the machine's stays.
            guard isRootless, error.code == .notPermitted else { throw LabError(error) }
        }
    }

    /// Reaps and answers until the lab has been taken down. Returns the exit status.
    private func serve(
        _ signals: borrowing SignalDescriptor, _ outcome: Promise<Outcome>
    ) throws(LabError) -> Int32 {
        let server = ControlServer(self)
        var listener: OwnedDescriptor?
        while true {
            var watched = [
                pollfd(fd: signals.descriptor.rawValue, events: Int16(POLLIN), revents: 0),
                pollfd(fd: listener?.rawValue ?? outcome.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            if poll(&watched, nfds_t(watched.count), -1) < 0 { continue }
            while let number = signals.next() {
                switch number {
                case SIGCHLD: processes.reap()
                case SIGHUP: continue
                default:
                    // On another thread: this one goes on reaping.
                    try labelled { () throws(SystemError) in
                        try BackgroundThread.start("rookery-stop") {
                            if self.stop({ _, _, _ in }) { exit(0) }
                        }
                    }
                }
            }
            guard watched[1].revents != 0 else { continue }
            if let listener {
                server.accept(from: listener.descriptor)
            } else {
                switch outcome.current {
                case .up(let new): listener = new
                case .failed: return 1
                case nil: continue
                }
            }
        }
    }
}
