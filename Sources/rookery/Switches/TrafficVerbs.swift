import ArgumentParser
import Lab
import OpenFlow
import Streams
import Switch

struct ShowPorts: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ports", abstract: "Show what a switch's ports have carried.",
        usage: "rookery switch ports [--json] <switch>", aliases: ["dump-ports"])

    @OptionGroup var target: SwitchArgument
    @Flag(help: "Print JSON.") var json = false

    struct Report: Encodable {
        var number: UInt32
        var name: String
        var isUp: Bool
        var receivedPackets: UInt64
        var receivedBytes: UInt64
        var receivedDrops: UInt64
        var sentPackets: UInt64
        var sentBytes: UInt64
        var sentDrops: UInt64
    }

    func run() throws {
        let client = try target.openFlow()
        let described = Dictionary(
            try client.portDescriptions().map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
        var reports: [Report] = []
        for case .ports(let some) in try client.multipart(.ports(PortNumber.any)) {
            for port in some {
                let about = described[port.port]
                // A counter that the switch does not keep is all ones.
                func kept(_ count: UInt64) -> UInt64 { count == .max ? 0 : count }
                reports.append(
                    Report(
                        number: port.port, name: about?.name ?? "-", isUp: !(about?.state.contains(.linkDown) ?? true),
                        receivedPackets: port.received.packets, receivedBytes: port.received.bytes,
                        receivedDrops: kept(port.receiveDrops), sentPackets: port.sent.packets,
                        sentBytes: port.sent.bytes, sentDrops: kept(port.sendDrops)))
            }
        }
        reports.sort { $0.number < $1.number }
        if json { return try Standard.output.writeJSON(reports) }
        var table = Table([
            .init("PORT", .right, rigid: true), .init("NAME", rigid: true), .init("UP"), .init("RECEIVED", .right),
            .init("BYTES", .right), .init("DROPPED", .right), .init("SENT", .right), .init("BYTES", .right),
            .init("DROPPED", .right),
        ])
        for port in reports {
            table.add(
                PortText.name(port.number), port.name, port.isUp ? "yes" : "no", Readable.count(port.receivedPackets),
                Readable.size(port.receivedBytes), Readable.count(port.receivedDrops), Readable.count(port.sentPackets),
                Readable.size(port.sentBytes), Readable.count(port.sentDrops))
        }
        table.write()
    }
}

struct ShowTables: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tables", abstract: "Show how full the flow tables are, and what they matched.",
        usage: "rookery switch tables [--all] [--json] <switch>",
        aliases: ["dump-tables"])

    @OptionGroup var target: SwitchArgument
    @Flag(help: "Those without flows and packets, too.") var all = false
    @Flag(help: "Print JSON.") var json = false

    struct Report: Encodable {
        var table: UInt8
        var flows: UInt32
        var lookups: UInt64
        var matches: UInt64
    }

    func run() throws {
        let client = try target.openFlow()
        var reports: [Report] = []
        for case .tables(let some) in try client.multipart(.tables) {
            reports += some.map { .init(table: $0.table, flows: $0.active, lookups: $0.lookups, matches: $0.matches) }
        }
        reports = reports.filter { all || $0.flows > 0 || $0.lookups > 0 }
        if json { return try Standard.output.writeJSON(reports) }
        var table = Table([
            .init("TABLE", .right), .init("FLOWS", .right), .init("LOOKED UP", .right), .init("MATCHED", .right),
        ])
        for report in reports {
            table.add(
                "\(report.table)", "\(report.flows)", Readable.count(report.lookups), Readable.count(report.matches))
        }
        table.write()
    }
}

struct TracePacket: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace", abstract: "Show what a switch would do to a packet, step by step.",
        usage: "rookery switch trace <switch> <packet>",
        discussion: """
            The packet is written as ovs-ofctl writes a match:
              rookery switch trace br0 in_port=1,icmp,nw_src=10.0.0.1,nw_dst=10.0.0.2
            """)

    @OptionGroup var target: SwitchArgument
    @Argument(help: "The packet.") var packet: String

    func run() throws {
        let text: String
        switch try target.place() {
        case .lab(let lab, let node):
            guard case .text(let answer) = try LabClient(lab: lab).request(.trace(node: node, packet: packet))
            else { throw LabClient.misunderstood }
            text = answer
        case .daemon(let directory, let bridge):
            text = try ControlClient(runDirectory: directory).run("ofproto/trace", [bridge, packet])
        case .endpoint(let endpoint): throw Self.needsControlSocket(endpoint.description)
        }
        Standard.output.write(text.hasSuffix("\n") ? text : text + "\n")
    }

    static func needsControlSocket(_ name: String) -> CommandError {
        CommandError(
            "\(name) is OpenFlow, which cannot tell this",
            remedy: "name the bridge and its database (--db unix:FILE), or LAB/SWITCH")
    }
}

struct ShowAddresses: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fdb", abstract: "Show the addresses that a switch has learned.",
        usage: "rookery switch fdb [--flush] [--json] <switch>")

    @OptionGroup var target: SwitchArgument
    @Flag(help: "Forget them.") var flush = false
    @Flag(help: "Print JSON.") var json = false

    struct Entry: Encodable {
        var port: String
        var vlan: Int
        var mac: String
        /// Seconds.
        var age: Int
    }

    func run() throws {
        switch try target.place() {
        case .lab(let lab, let node):
            if flush {
                try LabClient(lab: lab).request(.flushAddresses(node: node))
                return
            }
            let report = try LabClient(lab: lab).switchReport(node)
            if json { return try Standard.output.writeJSON(Self.entries(LabTables.addresses(report))) }
            Standard.output.write(LabTables.addresses(report))
        case .daemon(let directory, let bridge):
            let client = try ControlClient(runDirectory: directory)
            let text = try client.run(flush ? "fdb/flush" : "fdb/show", [bridge])
            if flush { return }
            if json { return try Standard.output.writeJSON(Self.entries(text)) }
            Standard.output.write(text)
        case .endpoint(let endpoint): throw TracePacket.needsControlSocket(endpoint.description)
        }
    }

    /// The lines of fdb/show.
    private static func entries(_ text: String) -> [Entry] {
        text.split(separator: "\n").dropFirst().compactMap { line in
            let words = line.split(separator: " ")
            guard words.count >= 4 else { return nil }
            return Entry(
                port: String(words[0]), vlan: Int(words[1]) ?? 0, mac: String(words[2]), age: Int(words[3]) ?? 0)
        }
    }
}

struct ShowConnections: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conntrack", abstract: "Show the connections that ct actions track.",
        usage: "rookery switch conntrack [-n <lab>] [--zone <zone>] [--more] [--flush]",
        discussion: """
            All bridges of a switch, and all switches of a lab, track together; zones keep
            them apart.
              rookery switch conntrack
              rookery switch conntrack -n LAB --zone 5
            """)

    @OptionGroup var options: SwitchOptions
    @Option(help: ArgumentHelp("Only this zone's.", valueName: "zone")) var zone: UInt16?
    @Flag(name: [.short, .long], help: "Both ends of TCP, and parents.") var more = false
    @Flag(help: "Seconds until they are forgotten.") var stats = false
    @Flag(help: "Forget them.") var flush = false
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        if let lab = options.lab {
            let client = try LabClient(lab: lab)
            if flush {
                try client.request(.flushConnections(zone: zone))
                return
            }
            let request = ControlRequest.connections(zone: zone, verbose: more, statistics: stats)
            guard case .text(let text) = try client.request(request) else { throw LabClient.misunderstood }
            return try write(text)
        }
        let client = try ControlClient(runDirectory: options.runDirectory)
        var arguments = (more ? ["-m"] : []) + (stats ? ["-s"] : [])
        if let zone { arguments.append("zone=\(zone)") }
        let text = try client.run(flush ? "dpctl/flush-conntrack" : "dpctl/dump-conntrack", arguments)
        if !flush { try write(text) }
    }

    private func write(_ text: String) throws {
        if json { return try Standard.output.writeJSON(text.split(separator: "\n").map(String.init)) }
        Standard.output.write(text.isEmpty || text.hasSuffix("\n") ? text : text + "\n")
    }
}

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ctl", abstract: "Send a command to a switch's control socket, as ovs-appctl does.",
        usage: "rookery switch ctl [--target <daemon>] <command> [<argument> ...]",
        discussion: """
              rookery switch ctl list-commands
              rookery switch ctl vlog/set bridge:dbg
            """)

    @OptionGroup var options: SwitchOptions
    @Option(help: ArgumentHelp("ovs-vswitchd or ovsdb-server.", valueName: "daemon")) var target = "ovs-vswitchd"
    @Argument(help: "The command.") var command: String
    @Argument(parsing: .allUnrecognized, help: "Its arguments.") var arguments: [String] = []

    func run() throws {
        let text = try ControlClient(runDirectory: options.runDirectory, target: target).run(command, arguments)
        Standard.output.write(text)
    }
}
