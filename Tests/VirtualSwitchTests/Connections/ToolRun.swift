import Glibc
import Linux
import Testing

/// A program run to its end, with what it printed on both streams.
struct ToolRun {
    let status: Int32
    let output: String

    @discardableResult
    init(_ arguments: String...) throws { try self.init(arguments) }

    @discardableResult
    init(_ arguments: [String]) throws {
        var template = Array("/tmp/rookery-tool.XXXXXX".utf8CString)
        let file = mkstemp(&template)
        guard file >= 0 else { throw SystemError("make a temporary file") }
        defer { close(file) }
        unlink(template)
        var spawn = Spawn(
            arguments[0], arguments, environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "OVS_LOGDIR=/tmp"])
        spawn.descriptors = [(file, 1), (file, 2)]
        spawn.newProcessGroup = true
        let child = try spawn.start()
        var set = pollfd(fd: child.descriptor.rawValue, events: Int16(POLLIN), revents: 0)
        if Glibc.poll(&set, 1, 30_000) == 0 {
            Issue.record("\(arguments.joined(separator: " ")): does not end")
            try child.signal(SIGKILL)
        }
        status = try child.wait().shellStatus
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        lseek(file, 0, SEEK_SET)
        while true {
            let count = read(file, &chunk, chunk.count)
            if count <= 0 { break }
            bytes += chunk[..<count]
        }
        output = String(decoding: bytes, as: UTF8.self)
    }

    static func exist(_ names: String...) -> Bool {
        names.allSatisfy { name in ["/usr/bin/", "/usr/sbin/"].contains { File.exists($0 + name) } }
    }
}
