import Glibc
import Testbed
import Testing

@testable import Linux

@Suite struct SpawnTests {
    /// Runs a program, and returns what it wrote and how it ended.
    private func output(_ spawn: Spawn) throws -> (text: String, end: ProcessEnd) {
        var spawn = spawn
        let pipe = try Pipe()
        spawn.descriptors.append((parent: pipe.writeEnd.rawValue, child: 1))
        let child = try spawn.start()
        let bytes = try pipe.split { (read, write) throws(SystemError) -> [UInt8] in
            try write.close()
            return try read.readAll()
        }
        return (String(decoding: bytes, as: UTF8.self), try child.wait())
    }

    @Test func runsAProgramFoundInThePath() throws {
        let result = try output(
            Spawn(
                "sh", ["sh", "-c", "echo $0 $1 $NAME; exit 7", "x", "y"], environment: ["NAME=v", "PATH=/usr/bin:/bin"])
        )
        #expect(result.text == "x y v\n")
        #expect(result.end == .exited(7))
    }

    @Test func namesTheMissingProgram() throws {
        #expect {
            _ = try Spawn("no-such-program").start()
        } throws: { error in
            "\(error)" == "cannot execute 'no-such-program': No such file or directory"
        }
    }

    @Test func namesTheStepThatFailed() throws {
        var spawn = Spawn("true")
        spawn.directory = "/no/such/directory"
        #expect {
            _ = try spawn.start()
        } throws: { error in
            (error as? SpawnError)?.step == .directory && (error as? SpawnError)?.code == .noSuchFile
        }
    }

    @Test func tellsAMissingInterpreterFromAMissingProgram() throws {
        let directory = TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        let path = directory.path + "/script"
        try File.write(path, "#!/no/such/interpreter\n", mode: 0o755)
        #expect {
            _ = try Spawn(path).start()
        } throws: { error in (error as? SpawnError)?.step == .interpreter }
    }

    @Test func runsAScriptWithoutAFirstLine() throws {
        let directory = TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        let path = directory.path + "/script"
        try File.write(path, "echo script $1\n", mode: 0o755)
        #expect(try output(Spawn(path, [path, "argument"])).text == "script argument\n")
    }

    @Test func handsOverSwappedDescriptors() throws {
        // Each source is the other's target: a naive sequence of dup2 loses one of them.
        let first = try Pipe()
        let second = try Pipe()
        let a = first.writeEnd.rawValue
        let b = second.writeEnd.rawValue
        var spawn = Spawn("sh", ["sh", "-c", "echo one >&\(b); echo two >&\(a)"])
        spawn.arguments = ["bash", "-c", "echo one >&\(b); echo two >&\(a)"]
        spawn.executable = "bash"
        spawn.descriptors = [(parent: a, child: b), (parent: b, child: a)]
        let child = try spawn.start()
        #expect(try child.wait() == .exited(0))
        var buffer = [UInt8](repeating: 0, count: 16)
        let fromFirst = try buffer.withUnsafeMutableBytes { try first.readEnd.read(into: $0) }
        #expect(String(decoding: buffer[..<fromFirst], as: UTF8.self) == "one\n")
        let fromSecond = try buffer.withUnsafeMutableBytes { try second.readEnd.read(into: $0) }
        #expect(String(decoding: buffer[..<fromSecond], as: UTF8.self) == "two\n")
    }

    @Test func closesEverythingElse() throws {
        let leaked = open("/dev/null", O_RDONLY)  // without O_CLOEXEC
        defer { close(leaked) }
        let listing = try output(
            Spawn("sh", ["sh", "-c", "test -e /proc/self/fd/\(leaked) && echo open || echo closed"]))
        #expect(listing.text == "closed\n")
    }

    @Test func startsASessionWithItsTerminal() throws {
        let terminal = try PseudoTerminal(size: .init(rows: 33, columns: 101))
        var spawn = Spawn("sh", ["sh", "-c", "stty size < /dev/tty"])
        spawn.newSession = true
        spawn.controllingTerminal = 0
        for number: Int32 in 0...2 { spawn.descriptors.append((parent: terminal.terminal.rawValue, child: number)) }
        let child = try spawn.start()
        #expect(try child.wait() == .exited(0))
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = try buffer.withUnsafeMutableBytes { try terminal.controller.read(into: $0) }
        #expect(String(decoding: buffer[..<count], as: UTF8.self) == "33 101\r\n")
    }

    @Test func resetsSignals() throws {
        signal(SIGUSR1, SIG_IGN)
        defer { signal(SIGUSR1, SIG_DFL) }
        let result = try output(Spawn("sh", ["sh", "-c", "kill -USR1 $$; echo survived"]))
        #expect(result.end == .killed(signal: SIGUSR1))
        #expect(result.text == "")
    }

    @Test func appliesLimits() throws {
        var spawn = Spawn("sh", ["sh", "-c", "ulimit -n; umask"])
        spawn.limits = [(resource: Int32(RLIMIT_NOFILE.rawValue), soft: 77, hard: 99)]
        spawn.fileCreationMask = 0o027
        #expect(try output(spawn).text == "77\n0027\n")
    }

    @Test(.enabled(if: geteuid() == 0, "needs root to make namespaces"))
    func entersNamespacesAndStaysOurChild() throws {
        var first = Spawn("sleep", ["sleep", "60"])
        first.freshNamespaces = [.pid, .uts, .network, .mount]
        let holder = try first.start()
        let pidNamespace = try Namespace.of(process: holder.pid, .pid)
        let uts = try Namespace.of(process: holder.pid, .uts)
        var second = Spawn("sh", ["sh", "-c", "echo $$; readlink /proc/self/ns/uts"])
        second.namespaces = [uts.rawValue]
        second.pidNamespace = pidNamespace.rawValue
        let result = try output(second)
        #expect(result.end == .exited(0))
        #expect(result.text == "2\nuts:[\(Namespace.identity(uts))]\n")
        second.executable = "no-such-program"
        #expect(throws: SpawnError.self) { _ = try second.start() }
        try holder.signal(SIGKILL)
        #expect(try holder.wait() == .killed(signal: SIGKILL))
    }
}
