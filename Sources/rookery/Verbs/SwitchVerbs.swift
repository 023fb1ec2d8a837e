import ArgumentParser
import Lab

struct TraceVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace", abstract: "Show what a switch would do to a packet, step by step.",
        discussion: """
            The packet is written as ovs-ofctl writes a match:
              rookery trace s1 in_port=1,icmp,nw_src=10.0.0.1,nw_dst=10.0.0.2
            """)

    @OptionGroup var lab: LabOption
    @Argument(help: "The switch.") var node: String
    @Argument(help: "The packet.") var packet: String

    func run() throws {
        guard case .text(let text) = try lab.connect().request(.trace(node: node, packet: packet)) else { return }
        Standard.output.write(text.hasSuffix("\n") ? text : text + "\n")
    }
}

struct FlowsVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flows", abstract: "Show, add or remove a switch's flows.",
        usage: "rookery flows [-n <lab>] <switch> [--add <flow> | --del <match>]",
        discussion: """
            Flows are written as ovs-ofctl writes them:
              rookery flows s1
              rookery flows s1 --add priority=10,ip,nw_dst=10.0.0.2,actions=output:2
              rookery flows s1 --del ip,nw_dst=10.0.0.2
            """)

    @OptionGroup var lab: LabOption
    @Argument(help: "The switch.") var node: String
    @Option(help: ArgumentHelp("Add a flow.", valueName: "flow")) var add: [String] = []
    @Option(name: .customLong("del"), help: ArgumentHelp("Remove the flows that match.", valueName: "match"))
    var remove: [String] = []
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let client = try lab.connect()
        for match in remove { try client.request(.removeFlows(node: node, match: match)) }
        for flow in add { try client.request(.addFlow(node: node, flow: flow)) }
        guard add.isEmpty && remove.isEmpty else { return }
        let report = try client.switchReport(node)
        if json { return try Standard.output.writeJSON(report.flows) }
        Standard.output.write(LabTables.flows(report))
    }
}

struct FDBVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fdb", abstract: "Show the addresses that a switch has learned.")

    @OptionGroup var lab: LabOption
    @Argument(help: "The switch.") var node: String
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let report = try lab.connect().switchReport(node)
        if json { return try Standard.output.writeJSON(report.addresses) }
        Standard.output.write(LabTables.addresses(report))
    }
}
