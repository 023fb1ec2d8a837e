import Glibc
import Linux
import Testbed

/// Open vSwitch's own server with a switch's database in a directory of its own.
final class ReferenceServer {
    static let isThere = Machine.has("ovsdb-server") && File.exists(schema)
    static let schema = "/usr/share/openvswitch/vswitch.ovsschema"

    let directory = TemporaryDirectory()
    private let pid: Int32

    var socket: String { directory.path + "/db.sock" }

    /// - Parameter schema: the JSON of another schema.
    init(schema: String? = nil) throws {
        let path = directory.path
        if let schema { try File.write(path + "/schema", schema) }
        let created = try ProgramRun.tool(
            "ovsdb-tool", "create", path + "/conf.db", schema == nil ? Self.schema : path + "/schema")
        if created.status != 0 { throw SystemError("create a database", created.errors, code: .invalidArgument) }
        let start = try ProgramRun.tool(
            "ovsdb-server", path + "/conf.db", "--remote=punix:\(path)/db.sock", "--unixctl=\(path)/ctl",
            "--pidfile=\(path)/pid", "--detach", "--no-chdir", "--log-file=\(path)/log", "-vconsole:off")
        let text = (try? File.readText(path + "/pid")) ?? ""
        pid = Int32(text.split(separator: "\n").first ?? "") ?? -1
        if start.status != 0 || pid < 0 { throw SystemError("start ovsdb-server", start.errors, code: .noSuchProcess) }
    }

    deinit {
        guard pid > 0 else { return }
        kill(pid, SIGTERM)
        // It removes its files in the directory; then the directory goes.
        _ = eventually { !File.exists(directory.path + "/pid") }
    }
}
