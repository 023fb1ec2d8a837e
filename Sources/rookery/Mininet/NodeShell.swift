import Glibc
import Lab
import Linux

// Each node of the CLI has one shell that lives as long as the CLI, so that `h1 cd /tmp`, `h1 X=1` and background jobs
// keep their meaning from one line to the next. The shell runs on a pseudo-terminal with echo off; its prompt is the one
// character DEL, which no program's output is expected to end in, and so says when a command has ended.

/// A shell on a node.
final class NodeShell {
    /// The shell's own number, in the lab's PID namespace where it runs in that.
    let innerPID: Int32
    private let controller: FileDescriptor
    /// Keeps the program alive: closing it hangs the shell up.
    private let client: LabClient?
    private let child: LocalShell?

    static let prompt: UInt8 = 0x7f
    /// A terminal in its line mode takes no longer line (termios(3), MAX_CANON).
    static let longestCommand = 4000

    /// The descriptor to poll for output.
    var descriptor: Int32 { controller.rawValue }

    /// What stands for an interactive shell in a guest, whose own would edit lines and ask the terminal where its cursor is.
    private static let guestShell = #"""
        trap : INT
        while printf '\177'; IFS= read -r line; do command eval "$line"; done
        """#

    /// A shell on a host of the lab.
    /// - Parameter isGuest: the host is a virtual machine: it has no bash.
    convenience init(lab: String, node: String, isGuest: Bool = false) throws {
        if isGuest {
            try self.init(lab: lab, node: node, program: ["sh", "-c", Self.guestShell])
            return
        }
        do {
            try self.init(lab: lab, node: node, program: ["bash", "--norc", "--noediting", "-is", "rookery:\(node)"])
        } catch let error as LabError {
            guard error.kind == .failed, error.description.contains("bash") else { throw error }
            try self.init(lab: lab, node: node, program: ["sh", "-is", "rookery:\(node)"])
        }
    }

    private init(lab: String, node: String, program: [String]) throws {
        let client = try LabClient(lab: lab)
        let pty = try Self.quietTerminal()
        let request = ExecRequest(
            node: node, command: program, environment: ["PS1": "\u{7f}", "TERM": "dumb", "HISTFILE": ""],
            terminal: true)
        try client.send(.exec(request), descriptors: [pty.terminal])
        close(pty.terminal)
        controller = FileDescriptor(owning: pty.controller)
        var pid: Int32 = 0
        answer: while true {
            switch try client.next() {
            case .started(let number)?:
                pid = number
                break answer
            case .failed(let reason)?: throw LabError(reason)
            case nil: throw LabError("the lab ended", kind: .disconnected)
            default: continue
            }
        }
        innerPID = pid
        self.client = client
        child = nil
        try start()
    }

    /// A shell on the machine itself, for switches and controllers, which Mininet runs there, too.
    init(onMachine node: String) throws {
        let pty = try Self.quietTerminal()
        defer { close(pty.terminal) }
        controller = FileDescriptor(owning: pty.controller)
        var spawn = Spawn("bash", ["bash", "--norc", "--noediting", "-is", "rookery:\(node)"])
        spawn.environment = Spawn.inheritedEnvironment.filter { !$0.hasPrefix("PS1=") && !$0.hasPrefix("TERM=") }
        spawn.environment += ["PS1=\u{7f}", "TERM=dumb", "HISTFILE="]
        spawn.newSession = true
        spawn.controllingTerminal = 0
        spawn.descriptors = [(pty.terminal, 0), (pty.terminal, 1), (pty.terminal, 2)]
        child = LocalShell(try spawn.start())
        innerPID = child!.pid
        client = nil
        try start()
    }

    /// A pseudo-terminal that neither echoes nor turns line ends into two characters.
    private static func quietTerminal() throws -> (controller: Int32, terminal: Int32) {
        let size = PseudoTerminal.windowSize(of: 0) ?? .init(rows: 24, columns: 80)
        return try PseudoTerminal(size: size).split { (controller, terminal) in
            var settings = termios()
            tcgetattr(terminal.rawValue, &settings)
            settings.c_lflag &= ~tcflag_t(ECHO)
            settings.c_oflag &= ~tcflag_t(ONLCR)
            tcsetattr(terminal.rawValue, TCSANOW, &settings)
            return (controller.release(), terminal.release())
        }
    }

    private func start() throws {
        _ = try finish()
        // Without job control a Ctrl-C reaches what runs in front and spares what runs behind.
        try begin("unset HISTFILE PROMPT_COMMAND; set +m")
        _ = try finish()
    }

    /// Gives the shell a command.
    func begin(_ command: String) throws {
        guard command.utf8.count <= Self.longestCommand else {
            throw CommandError(
                "the command has \(command.utf8.count) bytes, a terminal takes \(Self.longestCommand)",
                remedy: "put it into a script")
        }
        try controller.writeAll(command + "\n")
    }

    /// Keys for the program that runs.
    func type(_ bytes: ArraySlice<UInt8>) { bytes.withUnsafeBytes { _ = write(descriptor, $0.baseAddress, $0.count) } }

    /// Ctrl-C.
    func interrupt() { type([3]) }

    /// What has come out; to be called when `descriptor` is readable.
    /// - Returns: the output, and whether the command has ended with it.
    func output() throws -> (bytes: ArraySlice<UInt8>, hasEnded: Bool) {
        var buffer = [UInt8](repeating: 0, count: 16384)
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0 else {
            if count < 0, errno == EINTR || errno == EAGAIN { return ([], false) }
            throw CommandError("the node's shell has ended")
        }
        if buffer[count - 1] == Self.prompt { return (buffer[..<(count - 1)], true) }
        return (buffer[..<count], false)
    }

    /// Waits for the command's end and returns what it has written.
    func finish(interruptible: Bool = false) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            if interruptible {
                do throws(Interrupts.Interrupted) { _ = try Interrupts.waitReadable(descriptor) } catch {
                    interrupt()
                    guard error.signal == SIGINT else { throw error }
                    continue
                }
            }
            let (more, hasEnded) = try output()
            bytes += more
            if hasEnded { return bytes }
        }
    }

    /// Runs a command to its end and returns its output.
    func run(_ command: String) throws -> String {
        try begin(command)
        return String(decoding: try finish(interruptible: true), as: UTF8.self)
    }

    func end() { child?.end() }
}

/// A shell that is our own child.
final class LocalShell {
    private let process: ChildProcess
    var pid: Int32 { process.pid }

    init(_ process: consuming ChildProcess) { self.process = process }

    /// A terminal's end, as its shell sees it.
    func end() {
        try? process.signal(SIGHUP)
        for _ in 0..<50 {
            if (try? process.poll()) != nil { return }
            usleep(2000)
        }
        try? process.signal(SIGKILL)
        _ = try? process.wait()
    }
}
