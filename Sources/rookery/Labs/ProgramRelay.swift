import Glibc
import Lab
import Linux

// A program on a host, with this process standing in for it: its input, output and exit status are ours, and signals
// for us are for it.

enum ProgramRelay {
    /// Runs the program to its end and returns its exit status as a shell's `$?` has it.
    static func run(_ request: ExecRequest, on client: LabClient) throws -> Int32 {
        if request.terminal { return try runOnTerminal(request, on: client) }
        // A program in the background has nobody to type to it.
        if request.detach {
            let supervisor = try client.status().pid
            let null = try File.open("/dev/null", O_RDWR)
            try client.send(.exec(request), descriptors: [null.rawValue, null.rawValue, null.rawValue])
            return try awaitStart(client, supervisor: supervisor)
        }
        let signals = try SignalDescriptor([SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2])
        try client.send(.exec(request), descriptors: [0, 1, 2])
        while true {
            var polled = [
                pollfd(fd: client.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: signals.descriptor.rawValue, events: Int16(POLLIN), revents: 0),
            ]
            poll(&polled, 2, -1)
            while let signal = signals.next() { try client.send(.signal(signal)) }
            if polled[0].revents != 0, let status = try exitStatus(client) { return status }
        }
    }

    /// The exit status, if the program's end is among the replies that have come.
    static func exitStatus(_ client: LabClient) throws(LabError) -> Int32? {
        let (replies, isClosed) = try client.available()
        for reply in replies {
            switch reply {
            case .exited(let status): return status
            case .failed(let reason): throw LabError(reason)
            default: continue
            }
        }
        if isClosed { throw LabError("the lab ended while the program ran", kind: .disconnected) }
        return nil
    }

    /// Prints the program's process number on the machine.
    private static func awaitStart(_ client: LabClient, supervisor: Int32) throws(LabError) -> Int32 {
        while let reply = try client.next() {
            switch reply {
            case .started(let pid):
                Standard.output.write("\(MachinePID.find(pid, supervisor: supervisor))\n")
                return 0
            case .failed(let reason): throw LabError(reason)
            default: continue
            }
        }
        throw LabError("the lab ended before the program began", kind: .disconnected)
    }

    private static func runOnTerminal(_ request: ExecRequest, on client: LabClient) throws -> Int32 {
        let signals = try SignalDescriptor([SIGWINCH, SIGTERM, SIGHUP])
        let size = PseudoTerminal.windowSize(of: 0) ?? .init(rows: 24, columns: 80)
        var request = request
        if request.environment["TERM"] == nil, let term = getenv("TERM") {
            request.environment["TERM"] = String(cString: term)
        }
        return try PseudoTerminal(size: size).split { (controller, terminal) in
            try client.send(.exec(request), descriptors: [terminal.rawValue])
            // The program holds the other end now; while we held it, too, its end would never be seen.
            try terminal.close()
            let settings = PseudoTerminal.enterRawMode(0)
            defer { if let settings { PseudoTerminal.restore(settings, of: 0) } }
            return try relay(client, controller, signals)
        }
    }

    private static func relay(
        _ client: LabClient, _ controller: borrowing FileDescriptor, _ signals: borrowing SignalDescriptor
    ) throws -> Int32 {
        var status: Int32?
        var inputIsOpen = true
        var buffer = [UInt8](repeating: 0, count: 16384)
        while true {
            var polled = [
                pollfd(fd: controller.rawValue, events: Int16(POLLIN), revents: 0),
                pollfd(fd: status == nil ? client.descriptor : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: signals.descriptor.rawValue, events: Int16(POLLIN), revents: 0),
                pollfd(fd: inputIsOpen && status == nil ? 0 : -1, events: Int16(POLLIN), revents: 0),
            ]
            // After the program's end only what it wrote last is waited for, and not for what it left running.
            let ready = poll(&polled, 4, status == nil ? -1 : 20)
            if polled[0].revents & Int16(POLLIN) != 0 {
                let count = read(controller.rawValue, &buffer, buffer.count)
                if count > 0 {
                    Standard.output.write(bytes: buffer[..<count])
                    continue
                }
            }
            if let status, ready <= 0 || polled[0].revents & Int16(POLLIN) == 0 { return status }
            if polled[1].revents != 0 { status = try ProgramRelay.exitStatus(client) }
            while let signal = signals.next() {
                if signal == SIGWINCH {
                    if let size = PseudoTerminal.windowSize(of: 0) {
                        try? PseudoTerminal.setWindowSize(size, of: controller)
                    }
                } else {
                    try client.send(.signal(signal))
                }
            }
            if polled[3].revents != 0 {
                let count = read(0, &buffer, buffer.count)
                if count <= 0 { inputIsOpen = false } else { _ = write(controller.rawValue, buffer, count) }
            }
            // With the other end closed poll() returns at once: the status is not far.
            if polled[0].revents & Int16(POLLHUP) != 0, polled[0].revents & Int16(POLLIN) == 0, status == nil {
                var waited = pollfd(fd: client.descriptor, events: Int16(POLLIN), revents: 0)
                poll(&waited, 1, 100)
            }
        }
    }
}
