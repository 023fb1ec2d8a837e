import ArgumentParser
import OVSDB

struct ListPorts: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list-ports", abstract: "List a bridge's ports.",
        usage: "rookery switch list-ports [--json] <bridge>")

    @OptionGroup var options: SwitchOptions
    @Argument(help: "The bridge.") var bridge: String
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let database = try options.openDatabase()
        let ports = try database.rows("Port", try database.bridge(bridge)["ports"])
        // The bridge's own port is not one that anybody added.
        let names = ports.map { ColumnText.plain($0["name"]) }.filter { $0 != bridge }.sorted()
        if json { return try Standard.output.writeJSON(names) }
        Standard.output.write(names.map { $0 + "\n" }.joined())
    }
}

struct AddPort: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add-port", abstract: "Add a port to a bridge.",
        discussion: """
            An interface of the machine, or with --type one that the switch makes:
            internal, tap, patch (with --peer).
              rookery switch add-port br0 eth1 --tag 10
              rookery switch add-port br0 p0 --peer p1
              rookery switch add-port br0 eth2 --trunks 10,20 --ofport 7
            """)

    @OptionGroup var options: SwitchOptions
    @OptionGroup var change: ChangeOptions
    @Argument(help: "The bridge.") var bridge: String
    @Argument(help: "The port.") var port: String
    @Option(help: ArgumentHelp("What kind of interface.", valueName: "type")) var type: String?
    @Option(help: ArgumentHelp("The VLAN of its untagged frames.", valueName: "vlan")) var tag: UInt16?
    @Option(help: ArgumentHelp("The VLANs that pass with their tags: 10,20.", valueName: "vlans")) var trunks: String?
    @Option(help: ArgumentHelp("access, trunk, native-tagged, native-untagged, dot1q-tunnel.", valueName: "mode"))
    var vlanMode: String?
    @Option(help: ArgumentHelp("The port at the other end of a patch.", valueName: "port")) var peer: String?
    @Option(help: ArgumentHelp("The OpenFlow number it shall have.", valueName: "number")) var ofport: UInt16?
    @Option(
        name: [.customShort("o"), .customLong("option")],
        help: ArgumentHelp("One of the interface's options.", valueName: "key=value"))
    var settings: [String] = []
    @Flag(help: "Be content where the bridge has it.") var mayExist = false

    func validate() throws {
        for setting in settings where !setting.dropFirst().contains("=") {
            throw ValidationError("--option \(setting) has no value: write --option key=value")
        }
        if let tag, tag > 4095 { throw ValidationError("--tag \(tag): a VLAN is 0 to 4095") }
    }

    func run() throws {
        let database = try options.openDatabase()
        let owner = try database.bridge(bridge)
        if let row = try database.row("Port", named: port) {
            let name = try DatabaseRowText.uuid(row).flatMap { try database.bridge(ofPort: $0) } ?? "another bridge"
            if mayExist && name == bridge { return }
            throw CommandError(
                "\(name) has a port \(port) already",
                remedy: name == bridge ? "--may-exist is content with it" : "rookery switch del-port \(name) \(port)")
        }
        typealias Client = DatabaseClient
        var interface: [(String, JSONValue)] = [("name", .string(port))]
        if let type = type ?? (peer == nil ? nil : "patch") { interface.append(("type", .string(type))) }
        if let ofport { interface.append(("ofport_request", .integer(Int64(ofport)))) }
        var pairs = settings.map { setting -> (String, String) in
            let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), String(parts[1]))
        }
        if let peer { pairs.append(("peer", peer)) }
        if !pairs.isEmpty {
            interface.append(("options", ["map", .array(pairs.map { [.string($0.0), .string($0.1)] })]))
        }
        var row: [(String, JSONValue)] = [("name", .string(port)), ("interfaces", Client.named("interface"))]
        if let tag { row.append(("tag", .integer(Int64(tag)))) }
        if let trunks {
            let numbers = try trunks.split(separator: ",").map { try ColumnText.atom(String($0), .integer) }
            row.append(("trunks", ["set", .array(numbers)]))
        }
        if let vlanMode { row.append(("vlan_mode", .string(vlanMode))) }
        try change.apply(
            [
                Client.insert("Interface", as: "interface", interface), Client.insert("Port", as: "port", row),
                Client.mutate(
                    "Bridge", where: Client.isEqual("_uuid", owner["_uuid"] ?? .null), "ports", "insert",
                    ["set", [Client.named("port")]]),
            ], to: database)
        try InterfaceProblem.report([port], database, waited: !change.noWait)
    }
}

struct DeletePort: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "del-port", abstract: "Remove a port.", usage: "rookery switch del-port [<bridge>] <port>")

    @OptionGroup var options: SwitchOptions
    @OptionGroup var change: ChangeOptions
    @Argument(help: "The port, or its bridge and the port.") var names: [String]
    @Flag(help: "Be content where there is none.") var ifExists = false

    func validate() throws {
        if names.count > 2 { throw ValidationError("del-port takes a bridge and a port, no more") }
    }

    func run() throws {
        let database = try options.openDatabase()
        guard let port = names.last else { return }
        if names.count == 2 { _ = try database.bridge(names[0]) }
        guard let row = try database.row("Port", named: port), let uuid = DatabaseRowText.uuid(row),
            let owner = try database.bridge(ofPort: uuid)
        else {
            if ifExists { return }
            throw CommandError("there is no port \(port)", remedy: "rookery switch show lists the ports")
        }
        if names.count == 2, owner != names[0] {
            throw CommandError("the port \(port) is \(owner)'s, not \(names[0])'s")
        }
        if owner == port {
            throw CommandError(
                "\(port) is the bridge's own port, which goes with it", remedy: "rookery switch del-br \(port)")
        }
        try change.apply(
            [
                DatabaseClient.mutate(
                    "Bridge", where: DatabaseClient.isEqual("name", .string(owner)), "ports", "delete",
                    ["set", [DatabaseClient.reference(uuid)]])
            ], to: database)
    }
}
