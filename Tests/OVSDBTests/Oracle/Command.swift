import Glibc
import Linux
import Testing

/// A program run to its end.
struct Command: Sendable {
    let status: Int32
    let output: String
    let errors: String

    /// - Parameter arguments: the program, found in the PATH, and its arguments.
    @discardableResult
    init(_ arguments: String..., seconds: Int = 30) throws { try self.init(arguments, seconds: seconds) }

    @discardableResult
    init(_ arguments: [String], seconds: Int = 30) throws {
        let files = try (Self.temporary(), Self.temporary())
        let null = try File.open("/dev/null")
        var spawn = Spawn(
            arguments[0], arguments,
            environment: [
                "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "OVS_RUNDIR=/nonexistent", "OVS_LOGDIR=/tmp",
            ])
        spawn.descriptors = [(null.rawValue, 0), (files.0, 1), (files.1, 2)]
        spawn.newProcessGroup = true
        let child = try spawn.start()
        var set = pollfd(fd: child.descriptor.rawValue, events: Int16(POLLIN), revents: 0)
        if poll(&set, 1, Int32(seconds * 1000)) == 0 {
            Issue.record("\(arguments.joined(separator: " ")): does not end")
            kill(child.pid, SIGKILL)
        }
        status = try child.wait().shellStatus
        output = Self.text(files.0)
        errors = Self.text(files.1)
    }

    /// What it printed, when it must not fail.
    static func output(_ arguments: String...) throws -> String {
        let command = try Command(arguments)
        #expect(command.status == 0, "\(arguments.joined(separator: " ")): \(command.errors)")
        return command.output
    }

    static func exists(_ name: String) -> Bool {
        ["/usr/bin/", "/usr/sbin/", "/usr/local/bin/"].contains { File.exists($0 + name) }
    }

    private static func temporary() throws -> Int32 {
        var template = Array("/tmp/rookery-ovsdb.XXXXXX".utf8CString)
        let file = mkstemp(&template)
        if file < 0 { throw SystemError("make a temporary file") }
        unlink(template)
        return file
    }

    private static func text(_ file: Int32) -> String {
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        lseek(file, 0, SEEK_SET)
        while true {
            let count = read(file, &chunk, chunk.count)
            if count <= 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }
}
