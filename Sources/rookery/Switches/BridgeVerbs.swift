import ArgumentParser
import OVSDB

struct ListBridges: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list-br", abstract: "List the bridges.")

    @OptionGroup var options: SwitchOptions
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let names = try options.openDatabase().select("Bridge", columns: ["name"]).map { ColumnText.plain($0["name"]) }
        if json { return try Standard.output.writeJSON(names.sorted()) }
        Standard.output.write(names.sorted().map { $0 + "\n" }.joined())
    }
}

struct AddBridge: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add-br", abstract: "Add a bridge.",
        usage: "rookery switch add-br [<option> ...] <bridge>",
        discussion: """
            It has one port, an interface of the machine with its name (for addresses).
              rookery switch add-br br0
              rookery switch add-br br0 --fail-mode secure --controller tcp:127.0.0.1:6653
            """)

    @OptionGroup var options: SwitchOptions
    @OptionGroup var change: ChangeOptions
    @Argument(help: "Its name.") var bridge: String
    @Option(help: ArgumentHelp("netdev or system; both are the same here.", valueName: "type")) var datapathType:
        String?
    @Option(help: ArgumentHelp("standalone or secure: what it does without a controller.", valueName: "mode"))
    var failMode: String?
    @Option(help: ArgumentHelp("Who gives it its flows; may be repeated.", valueName: "target"))
    var controller: [String] = []
    @Option(help: ArgumentHelp("The versions its controllers may speak: OpenFlow13,OpenFlow15.", valueName: "versions"))
    var protocols: String?
    @Flag(help: "Be content where it exists.") var mayExist = false

    func run() throws {
        let database = try options.openDatabase()
        if try database.row("Bridge", named: bridge) != nil {
            if mayExist { return }
            throw CommandError("there is a bridge \(bridge) already", remedy: "--may-exist is content with it")
        }
        if let row = try database.row("Port", named: bridge) {
            let owner = try DatabaseRowText.uuid(row).flatMap { try database.bridge(ofPort: $0) } ?? "another bridge"
            throw CommandError("\(owner) has a port \(bridge) already", remedy: "choose another name")
        }
        typealias Client = DatabaseClient
        var row: [(String, JSONValue)] = [
            ("name", .string(bridge)), ("ports", Client.named("port")),
            ("datapath_type", .string(datapathType ?? "")),
        ]
        if let failMode { row.append(("fail_mode", .string(failMode))) }
        if let protocols {
            row.append(("protocols", ["set", .array(protocols.split(separator: ",").map { .string(String($0)) })]))
        }
        var operations: [JSONValue] = []
        for (number, target) in controller.enumerated() {
            operations.append(Client.insert("Controller", as: "controller\(number)", [("target", .string(target))]))
        }
        if !controller.isEmpty {
            row.append(("controller", ["set", .array(controller.indices.map { Client.named("controller\($0)") })]))
        }
        operations += [
            Client.insert("Interface", as: "interface", [("name", .string(bridge)), ("type", "internal")]),
            Client.insert("Port", as: "port", [("name", .string(bridge)), ("interfaces", Client.named("interface"))]),
            Client.insert("Bridge", as: "bridge", row),
            Client.mutate("Open_vSwitch", "bridges", "insert", ["set", [Client.named("bridge")]]),
        ]
        try change.apply(operations, to: database)
        try InterfaceProblem.report([bridge], database, waited: !change.noWait)
    }
}

struct DeleteBridge: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "del-br", abstract: "Remove a bridge with its ports.",
        usage: "rookery switch del-br [--if-exists] <bridge>")

    @OptionGroup var options: SwitchOptions
    @OptionGroup var change: ChangeOptions
    @Argument(help: "Its name.") var bridge: String
    @Flag(help: "Be content where there is none.") var ifExists = false

    func run() throws {
        let database = try options.openDatabase()
        guard let row = try database.row("Bridge", named: bridge) else {
            if ifExists { return }
            throw CommandError("there is no bridge \(bridge)", remedy: "rookery switch list-br lists those that are")
        }
        guard let uuid = row["_uuid"] else { return }
        // Ports, interfaces and controllers go with it: nothing else refers to them.
        try change.apply(
            [DatabaseClient.mutate("Open_vSwitch", "bridges", "delete", ["set", [uuid]])], to: database)
    }
}

/// A row in texts.
enum DatabaseRowText {
    static func uuid(_ row: JSONValue) -> String? { row["_uuid"].flatMap(ColumnText.uuid) }
}

/// What the switch says of interfaces that it could not open.
enum InterfaceProblem {
    /// Says so, as ovs-vsctl does: the configuration stands, and the switch goes on trying.
    static func report(_ names: [String], _ database: DatabaseClient, waited: Bool) throws {
        guard waited else { return }
        for name in names {
            guard let row = try database.row("Interface", named: name) else { continue }
            let error = ColumnText.plain(row["error"])
            if !error.isEmpty {
                Standard.error.write("rookery: the switch cannot use \(name): \(error)\n")
            }
        }
    }
}
