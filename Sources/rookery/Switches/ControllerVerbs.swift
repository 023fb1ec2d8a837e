import ArgumentParser
import Lab
import Linux
import OVSDB
import Streams

struct ShowControllers: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "controllers", abstract: "Show the controllers of switches, and how they are.",
        usage: "rookery switch controllers [-n <lab>] [--json] [<switch>]",
        discussion: """
              rookery switch controllers
              rookery switch controllers LAB/s1
              rookery switch controllers -n LAB
            """)

    @OptionGroup var options: SwitchOptions
    @Argument(help: "A bridge or LAB/SWITCH; all where left out.") var node: String?
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let entries = try collect()
        if json { return try Standard.output.writeJSON(entries) }
        guard !entries.isEmpty else {
            return Standard.error.write("No controllers: the switches forward by themselves, or as their flows say.\n")
        }
        Self.table(entries).write()
    }

    static func table(_ entries: [ControllerReport]) -> Table {
        var table = Table([
            .init("SWITCH", rigid: true), .init("CONTROLLER"), .init("CONNECTED"), .init("ROLE"), .init("STATE"),
            .init("LAST ERROR"),
        ])
        for controller in entries {
            table.add([
                .init(text: controller.node, style: .bold), .init(text: controller.target, style: .plain),
                .init(text: controller.isConnected ? "yes" : "no", style: controller.isConnected ? .green : .red),
                .init(text: controller.role ?? "-", style: .plain), .init(text: controller.state, style: .plain),
                .init(text: controller.isConnected ? "-" : controller.lastError ?? "-", style: .plain),
            ])
        }
        return table
    }

    private func collect() throws -> [ControllerReport] {
        guard let node else {
            if let lab = options.lab { return try Self.entries(LabClient(lab: lab)) }
            // Of everything that runs here, unless a database is named.
            if options.database != nil { return try entries(nil) }
            let labs = RunningLabs.names
            let ofLabs = try labs.flatMap { lab in
                try Self.entries(LabClient(lab: lab)).map { entry in
                    var entry = entry
                    entry.node = "\(lab)/\(entry.node)"
                    return entry
                }
            }
            if !labs.isEmpty, !File.exists("\(options.runDirectory)/db.sock") { return ofLabs }
            return try entries(nil) + ofLabs
        }
        switch try options.place(of: node) {
        case .lab(let lab, let node):
            return try LabClient(lab: lab).switchReport(node).controllers
        case .daemon(_, let bridge): return try entries(bridge)
        case .endpoint(let endpoint): throw TracePacket.needsControlSocket(endpoint.description)
        }
    }

    /// Those of all switches of a lab.
    static func entries(_ client: LabClient) throws -> [ControllerReport] {
        guard case .controllers(let all) = try client.request(.controllers) else { throw LabClient.misunderstood }
        return all
    }

    /// Those in the database.
    private func entries(_ bridge: String?) throws -> [ControllerReport] {
        let database = try options.openDatabase()
        let bridges = try bridge.map { [try database.bridge($0)] } ?? database.select("Bridge")
        return try bridges.flatMap { row in
            try database.rows("Controller", row["controller"]).map { controller in
                let status = ColumnText.map(controller["status"])
                let role = ColumnText.plain(controller["role"])
                return ControllerReport(
                    node: ColumnText.plain(row["name"]), target: ColumnText.plain(controller["target"]),
                    isConnected: controller["is_connected"]?.bool ?? false, role: role.isEmpty ? nil : role,
                    state: status["state"] ?? "", lastError: status["last_error"])
            }
        }.sorted { ($0.node, $0.target) < ($1.node, $1.target) }
    }
}

struct SetControllers: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set-controller", abstract: "Give a bridge controllers, in the place of those it has.",
        usage: "rookery switch set-controller <bridge> [<target> ...]",
        discussion: """
            Without any, it has none afterwards.
              rookery switch set-controller br0 tcp:127.0.0.1:6653
            """, aliases: ["del-controller"])

    @OptionGroup var options: SwitchOptions
    @OptionGroup var change: ChangeOptions
    @Argument(help: "The bridge.") var bridge: String
    @Argument(help: "tcp:HOST:PORT, ssl:…, unix:FILE, ptcp:[PORT] …") var targets: [String] = []

    func run() throws {
        for target in targets where Endpoint(target, defaultPort: 6653) == nil {
            throw CommandError.usage(
                "“\(target)” is no controller", remedy: "write tcp:HOST:PORT, ssl:HOST:PORT, unix:FILE or ptcp:[PORT]")
        }
        let database = try options.openDatabase()
        let row = try database.bridge(bridge)
        var operations: [JSONValue] = []
        for (number, target) in targets.enumerated() {
            operations.append(
                DatabaseClient.insert("Controller", as: "controller\(number)", [("target", .string(target))]))
        }
        let references: JSONValue = ["set", .array(targets.indices.map { DatabaseClient.named("controller\($0)") })]
        operations.append(
            DatabaseClient.update(
                "Bridge", where: DatabaseClient.isEqual("_uuid", row["_uuid"] ?? .null), [("controller", references)]))
        try change.apply(operations, to: database)
    }
}
