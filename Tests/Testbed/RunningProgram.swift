import Glibc
import Linux
import Synchronization

/// A program that runs beside the test, in a session of its own; ended with this object where it has not ended before.
public final class RunningProgram: Sendable {
    private let arguments: [String]
    private let child: ChildProcess
    private let outputFile: UnnamedFile
    private let errorsFile: UnnamedFile
    private let end = Mutex<ProcessEnd?>(nil)

    /// - Parameters:
    ///   - arguments: the program, found in the PATH where it has no slash, and its arguments.
    ///   - input: what it reads at its standard input.
    ///   - environment: variables in the place of the test's own of the same name.
    ///   - directory: where it starts; nil: where the test is.
    ///   - joinsErrors: errors go to the output, in the order in which they are written.
    public init(
        _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:], directory: String? = nil,
        joinsErrors: Bool = false
    ) throws {
        self.arguments = arguments
        outputFile = try UnnamedFile()
        errorsFile = joinsErrors ? outputFile : try UnnamedFile()
        let inputFile = try UnnamedFile(input)
        let changes = ["PATH": Machine.path].merging(environment) { $1 }
        var spawn = Spawn(arguments[0], arguments)
        spawn.environment = spawn.environment.filter { changes[String($0.prefix { $0 != "=" })] == nil }
        spawn.environment += changes.map { "\($0)=\($1)" }
        spawn.directory = directory
        spawn.newSession = true
        spawn.descriptors = [
            (inputFile.descriptor.rawValue, 0), (outputFile.descriptor.rawValue, 1),
            (errorsFile.descriptor.rawValue, 2),
        ]
        child = try spawn.start()
    }

    deinit {
        try? signal(SIGTERM)
        _ = try? finish(within: 10)
    }

    public var pid: Int32 { child.pid }
    /// What it has printed by now.
    public var output: String { outputFile.text }
    public var errors: String { errorsFile.text }

    /// Sends the program a signal; one that has ended already is fine.
    public func signal(_ number: Int32) throws { try child.signal(number) }

    /// Waits for the end.
    /// - Throws: `ProgramError.overdue` where it has not ended within the time; then all of its session has been killed.
    public func finish(within seconds: Int = 30) throws -> ProgramRun {
        let isOver = try ends(within: seconds)
        if !isOver { kill() }
        let run = ProgramRun(status: try reap().shellStatus, output: output, errors: errorsBesideOutput)
        if !isOver { throw ProgramError.overdue(arguments, seconds: seconds, run) }
        return run
    }

    private var errorsBesideOutput: String { errorsFile === outputFile ? "" : errors }

    /// Waits for the end; whether it comes within the time.
    private func ends(within seconds: Int) throws(SystemError) -> Bool {
        var set = pollfd(fd: child.descriptor.rawValue, events: Int16(POLLIN), revents: 0)
        let deadline = MonotonicClock.now() + UInt64(seconds) * 1_000_000_000
        while true {
            let now = MonotonicClock.now()
            let result = poll(&set, 1, now < deadline ? Int32((deadline - now) / 1_000_000 + 1) : 0)
            if result > 0 { return true }
            if result < 0 && errno != EINTR { throw SystemError("wait for", arguments[0]) }
            if result == 0 && now >= deadline { return false }
        }
    }

    /// Kills the program and what it has started, but for what has a session of its own.
    private func kill() {
        end.withLock { end in
            if end == nil { _ = Glibc.kill(-child.pid, SIGKILL) }
        }
        _ = try? reap()
    }

    private func reap() throws(SystemError) -> ProcessEnd {
        try end.withLock { (end: inout ProcessEnd?) throws(SystemError) -> ProcessEnd in
            if let end { return end }
            let own = try child.wait()
            end = own
            return own
        }
    }
}
