import ArgumentParser
import OVSDB
import OpenFlow
import Switch
import Wire

struct ShowSwitch: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show what is configured, or one switch.",
        discussion: """
            Without a switch: bridges, ports and controllers as the database has them. With
            one: who it is and its ports, by OpenFlow.
              rookery switch show
              rookery switch show br0
              rookery switch show LAB/s1
            """)

    @OptionGroup var options: SwitchOptions
    @Argument(help: "A bridge, LAB/SWITCH or an endpoint.") var node: String?
    @Flag(help: "Print JSON.") var json = false

    /// A switch as OpenFlow describes it.
    struct Report: Encodable {
        struct Port: Encodable {
            var number: UInt32
            var name: String
            var mac: String
            var isUp: Bool
            var configuration: [String]
            /// kbit/s; nil: not known.
            var speed: UInt32?
        }
        var name: String
        var datapathID: String
        var version: String
        var tables: UInt8
        var manufacturer: String
        var hardware: String
        var software: String
        var description: String
        var ports: [Port]
    }

    func run() throws {
        guard let node else { return try showDatabase() }
        let client = try options.openFlow(node)
        guard case .featuresReply(let features) = try client.request(.featuresRequest) else { return }
        guard case .description(let about)? = try client.multipart(.description).first else { return }
        let ports = try client.portDescriptions().sorted { $0.number < $1.number }
        let report = Report(
            name: client.name, datapathID: features.datapathID.hexadecimal(digits: 16), version: client.version.name,
            tables: features.tableCount, manufacturer: about.manufacturer, hardware: about.hardware,
            software: about.software, description: about.datapath,
            ports: ports.map { port in
                Report.Port(
                    number: port.number, name: port.name,
                    mac: MACAddress(rawValue: port.hardwareAddress).description, isUp: !port.state.contains(.linkDown),
                    configuration: port.configuration.words,
                    speed: port.ethernet.map(\.currentSpeed).flatMap { $0 == 0 ? nil : $0 })
            })
        if json { return try Standard.output.writeJSON(report) }
        Standard.output.write(
            """
            \(Style.bold(report.name))  datapath \(report.datapathID), \(report.tables) tables, \(report.version)
            \(report.manufacturer), \(report.hardware), \(report.software)\(Self.note(report.description))


            """)
        var table = Table([
            .init("PORT", .right, rigid: true), .init("NAME", rigid: true), .init("UP"), .init("MAC"),
            .init("SPEED", .right), .init("SETTINGS"),
        ])
        for port in report.ports {
            table.add(
                PortText.name(port.number), port.name, port.isUp ? "yes" : "no", port.mac,
                port.speed.map { Readable.rate(UInt64($0) * 1000) } ?? "-",
                port.configuration.isEmpty ? "-" : port.configuration.joined(separator: ","))
        }
        table.write()
    }

    private static func note(_ description: String) -> String {
        description.isEmpty || description == "None" ? "" : ", “\(description)”"
    }

    // MARK: The database

    private func showDatabase() throws {
        let database = try options.openDatabase()
        let tables = ["Open_vSwitch", "Bridge", "Port", "Interface", "Controller", "Manager"]
        let rows = try database.select(tables.map { ($0, [], nil) })
        if json {
            let members = zip(tables, rows).map { ($0, JSONValue.array($1)) }
            return Standard.output.write(JSONValue.object(JSONObject(members)).text(sorted: true) + "\n")
        }
        Standard.output.write(Self.tree(Dictionary(uniqueKeysWithValues: zip(tables, rows))))
    }

    /// What `ovs-vsctl show` prints.
    static func tree(_ tables: [String: [JSONValue]]) -> String {
        var byUUID: [String: JSONValue] = [:]
        for row in tables.values.joined() { if let uuid = DatabaseRowText.uuid(row) { byUUID[uuid] = row } }
        var text = ""
        func line(_ depth: Int, _ words: String) { text += String(repeating: "    ", count: depth) + words + "\n" }
        func children(_ row: JSONValue, _ column: String, by name: String) -> [JSONValue] {
            ColumnText.elements(row[column]).compactMap { ColumnText.uuid($0).flatMap { byUUID[$0] } }
                .sorted { ColumnText.plain($0[name]) < ColumnText.plain($1[name]) }
        }
        /// The columns that are not empty.
        func show(_ row: JSONValue, _ columns: [String], _ depth: Int) {
            for column in columns {
                guard let value = row[column] else { continue }
                let shown = ColumnText.text(value)
                // A set of one has brackets, too.
                let listed = column == "trunks" && shown.first != "[" ? "[\(shown)]" : shown
                if !["[]", "{}", "\"\"", "false"].contains(shown) {
                    line(depth, "\(column): \(listed)")
                }
            }
        }
        guard let root = tables["Open_vSwitch"]?.first else { return "" }
        line(0, DatabaseRowText.uuid(root) ?? "")
        for manager in children(root, "manager_options", by: "target") {
            line(1, "Manager \(ColumnText.text(manager["target"] ?? ""))")
            show(manager, ["is_connected"], 2)
        }
        for bridge in children(root, "bridges", by: "name") {
            line(1, "Bridge \(ColumnText.text(bridge["name"] ?? ""))")
            for controller in children(bridge, "controller", by: "target") {
                line(2, "Controller \(ColumnText.text(controller["target"] ?? ""))")
                show(controller, ["is_connected"], 3)
            }
            show(bridge, ["fail_mode", "datapath_type"], 2)
            for port in children(bridge, "ports", by: "name") {
                line(2, "Port \(ColumnText.text(port["name"] ?? ""))")
                show(port, ["tag", "trunks", "vlan_mode"], 3)
                for interface in children(port, "interfaces", by: "name") {
                    line(3, "Interface \(ColumnText.text(interface["name"] ?? ""))")
                    show(interface, ["type", "options", "error"], 4)
                }
            }
        }
        show(root, ["ovs_version"], 1)
        return text
    }
}

/// Ports in words.
enum PortText {
    /// A port's number, or the word for a reserved one.
    static func name(_ number: UInt32) -> String {
        number == PortNumber.local ? "LOCAL" : number == PortNumber.any ? "ANY" : String(number)
    }
}

extension PortConfiguration {
    /// What is set, as ovs-ofctl mod-port calls it.
    var words: [String] {
        let names: [(PortConfiguration, String)] = [
            (.down, "down"), (.noReceive, "no-receive"), (.noForward, "no-forward"), (.noFlood, "no-flood"),
            (.noPacketIn, "no-packet-in"), (.noSpanningTree, "no-stp"), (.noReceiveSpanningTree, "no-receive-stp"),
        ]
        return names.filter { contains($0.0) }.map(\.1)
    }
}
