import Linux
import OVSDB
import Testbed
import Testing

/// The tools of Open vSwitch against our server.
@Suite(.enabled(if: ReferenceServer.isThere, "Open vSwitch is not installed"))
struct ToolTests {
    let ours: ServedDatabase

    init() throws { ours = try ServedDatabase() }

    private func vsctl(_ arguments: String...) throws -> String {
        let command = try ProgramRun.tool(
            ["ovs-vsctl", "--no-wait", "--timeout=5", "--db=unix:\(ours.socket)"] + arguments)
        #expect(command.status == 0, "ovs-vsctl \(arguments.joined(separator: " ")): \(command.errors)")
        return command.output
    }

    private func client(_ arguments: String...) throws -> String {
        let command = try ProgramRun.tool(["ovsdb-client", "--timeout=5"] + arguments)
        #expect(command.status == 0, "ovsdb-client \(arguments.joined(separator: " ")): \(command.errors)")
        return command.output
    }

    @Test func vsctlBuildsASwitch() throws {
        _ = try vsctl("init")
        _ = try vsctl(
            "add-br", "br0", "--", "set", "bridge", "br0", "fail_mode=secure", "other_config:hwaddr=02:00:00:00:00:01")
        _ = try vsctl(
            "add-port", "br0", "p1", "tag=5", "--", "set", "interface", "p1", "type=internal", "ofport_request=7")
        _ = try vsctl("add-bond", "br0", "bond0", "e0", "e1", "lacp=active")
        _ = try vsctl("set-controller", "br0", "tcp:127.0.0.1:6653", "unix:/tmp/x")
        _ = try vsctl(
            "--", "--id=@p", "get", "port", "p1", "--", "--id=@m", "create", "mirror", "name=m0", "select-dst-port=@p",
            "output-port=@p", "--", "set", "bridge", "br0", "mirrors=@m")
        #expect(try vsctl("list-br") == "br0\n")
        #expect(try vsctl("list-ports", "br0") == "bond0\np1\n")
        #expect(try vsctl("get", "port", "p1", "tag") == "5\n")
        #expect(try vsctl("get-controller", "br0") == "tcp:127.0.0.1:6653\nunix:/tmp/x\n")
        #expect(try vsctl("get-fail-mode", "br0") == "secure\n")
        #expect(try vsctl("br-get-external-id", "br0") == "")
        #expect(try vsctl("iface-to-br", "e1") == "br0\n")
        #expect(try vsctl("--columns=name", "find", "interface", "ofport_request>=5") == "name                : p1\n")
        #expect(try vsctl("get", "mirror", "m0", "statistics") == "{}\n")
        _ = try vsctl("del-port", "br0", "p1")
        #expect(try vsctl("get", "mirror", "m0", "output_port", "select_dst_port") == "[]\n[]\n")
        _ = try vsctl("del-br", "br0")
        #expect(try vsctl("list-br") == "")
        #expect(try client("dump", "unix:\(ours.socket)", "Open_vSwitch", "Mirror").contains("m0") == false)
    }

    @Test func vsctlIsToldOfErrors() throws {
        _ = try vsctl("add-br", "br0")
        let range = try ProgramRun.tool(
            "ovs-vsctl", "--no-wait", "--db=unix:\(ours.socket)", "set", "port", "br0", "tag=5000")
        #expect(range.status == 1)
        #expect(range.errors.contains("constraint violation"))
        let twice = try ProgramRun.tool(
            "ovs-vsctl", "--no-wait", "--db=unix:\(ours.socket)", "--", "--id=@i", "create", "interface", "name=br0",
            "--",
            "--id=@p", "create", "port", "name=other", "interfaces=@i", "--", "add", "bridge", "br0", "ports", "@p")
        #expect(twice.status == 1)
        #expect(twice.errors.contains("have identical values (br0) for index on column"))
    }

    /// Without --no-wait ovs-vsctl waits until the switch has done what it wrote: cur_cfg reaches next_cfg.
    @Test func vsctlWaitsForTheSwitch() throws {
        _ = try vsctl("init")
        ours.perform { server in
            let database = server.databases["Open_vSwitch"]!
            SwitchStandIn.follow(database)
        }
        let command = try ProgramRun.tool("ovs-vsctl", "--timeout=5", "--db=unix:\(ours.socket)", "add-br", "br0")
        #expect(command.status == 0, "\(command.errors)")
        #expect(try vsctl("get", "open_vswitch", ".", "cur_cfg", "next_cfg") == "1\n1\n")
        ours.perform { _ in SwitchStandIn.stop() }
    }

    @Test func vsctlWaitUntilSeesWhatOthersDo() throws {
        _ = try vsctl("add-br", "br0")
        let command = "ovs-vsctl --timeout=10 --db=unix:\(ours.socket)"
        let both = try ProgramRun.tool(
            "sh", "-c",
            """
            \(command) wait-until bridge br0 datapath_id=x & waiter=$!
            \(command) --no-wait set bridge br0 datapath_id=x
            wait $waiter
            """)
        #expect(both.status == 0, "\(both.errors)")
    }

    @Test func clientsOtherQuestions() throws {
        let target = "unix:\(ours.socket)"
        #expect(try client("list-dbs", target) == "Open_vSwitch\n_Server\n")
        #expect(try client("get-schema-version", target, "Open_vSwitch") == "8.3.1\n")
        #expect(try client("get-schema-cksum", target, "Open_vSwitch") == "3012963480 26720\n")
        #expect(try client("list-tables", target, "_Server").contains("Database"))
        #expect(try client("list-columns", target, "Open_vSwitch", "Bridge").contains("flow_tables"))
        #expect(try client("dump", target, "_Server", "Database", "name", "model", "connected").contains("standalone"))
        let denied = try client(
            "transact", target, #"["_Server",{"op":"delete","table":"Database","where":[]}]"#)
        #expect(denied.contains("not allowed"))
    }

    @Test func backupRestores() throws {
        _ = try vsctl("add-br", "br0", "--", "add-port", "br0", "p1", "tag=7")
        let backup = ours.directory.path + "/backup.db"
        try File.write(backup, client("backup", "unix:\(ours.socket)"))
        #expect(try ProgramRun.toolOutput("ovsdb-tool", "db-version", backup) == "8.3.1\n")
        _ = try vsctl("del-br", "br0")
        let restore = try ProgramRun.tool(
            ["sh", "-c", "ovsdb-client --timeout=5 restore unix:\(ours.socket) < \(backup)"])
        #expect(restore.status == 0, "\(restore.errors)")
        #expect(try vsctl("get", "port", "p1", "tag") == "7\n")
    }
}

/// Does what a switch does when its configuration changes: says that it has done it.
enum SwitchStandIn {
    nonisolated(unsafe) private static var observation: Database.Observation?

    static func follow(_ database: Database) {
        observation = database.observe { commit in
            guard let row = database.rows("Open_vSwitch").first, row["cur_cfg"] != row["next_cfg"] else { return }
            try! database.transact { try $0.update("Open_vSwitch", row.uuid, ["cur_cfg": row["next_cfg"]]) }
        }
    }

    static func stop() { observation = nil }
}
