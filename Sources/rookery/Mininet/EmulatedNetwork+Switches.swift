import Lab
import Linux
import Switch
import Topology
import Wire

// `dpctl`: what ovs-ofctl would print of a switch, from the switch's own report.

extension EmulatedNetwork {
    func setSwitch(_ name: String, running: Bool) throws {
        try LabClient(lab: lab).request(.setSwitch(node: name, running: running))
    }

    /// One command of ovs-ofctl (or of the reference dpctl) on one switch.
    func dpctl(_ name: String, _ arguments: [String]) throws -> String {
        let client = try LabClient(lab: lab)
        let words = arguments.filter { !$0.hasPrefix("-") }
        let rest = words.dropFirst().joined(separator: " ")
        switch words.first {
        case "dump-flows":
            return LabTables.flows(try client.switchReport(name))
        case "add-flow":
            try client.request(.addFlow(node: name, flow: rest))
            return ""
        case "del-flows":
            try client.request(.removeFlows(node: name, match: rest))
            return ""
        case "show": return Self.description(try client.switchReport(name), identifier: node(name)?.bridge.datapathID)
        case "dump-ports": return Self.portCounts(try client.switchReport(name))
        case "dump-ports-desc": return Self.ports(try client.switchReport(name))
        case "dump-aggregate":
            let flows = try client.switchReport(name).flows
            let packets = flows.reduce(0) { $0 + $1.packets }
            let bytes = flows.reduce(0) { $0 + $1.bytes }
            return
                "NXST_AGGREGATE reply (xid=0x4): packet_count=\(packets) byte_count=\(bytes) flow_count=\(flows.count)\n"
        case "fdb/show": return LabTables.addresses(try client.switchReport(name))
        case let word?: return try openFlow(word, name, arguments)
        case nil: throw CommandError("usage: dpctl command [arg1] [arg2] ...")
        }
    }

    /// What `rookery switch` and ovs-ofctl call alike; everything else is for ovs-ofctl itself, where it is installed.
    private static let verbs = [
        "mod-flows": "mod-flows", "add-flows": "add-flows", "replace-flows": "replace-flows", "dump-groups": "groups",
        "add-group": "add-group", "mod-group": "mod-group", "del-groups": "del-groups", "dump-meters": "meters",
        "add-meter": "add-meter", "mod-meter": "mod-meter", "del-meters": "del-meters", "dump-tables": "tables",
    ]

    private func openFlow(_ word: String, _ node: String, _ arguments: [String]) throws -> String {
        let socket = LabPaths(lab: lab).managementSocket(of: node)
        let rest = arguments.filter { $0 != word }
        if let verb = Self.verbs[word], !arguments.contains(where: { $0.hasPrefix("-") }) {
            return try ProgramOutput.of("/proc/self/exe", ["rookery", "switch", verb, "unix:\(socket)"] + rest)
        }
        guard MachineCheck.find("ovs-ofctl") != nil else {
            throw CommandError(
                "dpctl \(word) needs ovs-ofctl, which is not installed",
                remedy: "apt install openvswitch-common; there without it are dump-flows, add-flow, del-flows, show, "
                    + "dump-ports, dump-ports-desc, dump-aggregate, \(Self.verbs.keys.sorted().joined(separator: ", "))"
            )
        }
        let options = arguments.prefix { $0 != word }
        return try ProgramOutput.of(
            "ovs-ofctl", ["ovs-ofctl"] + options + [word, "unix:\(socket)"] + rest.dropFirst(options.count))
    }

    /// The switches that have been given controllers and are connected to none of them.
    func switchesWithoutController() throws -> Set<String> {
        let all = try ShowControllers.entries(LabClient(lab: lab))
        return Set(all.map(\.node)).subtracting(all.filter(\.isConnected).map(\.node))
    }

    private static func description(_ report: SwitchReport, identifier: UInt64?) -> String {
        let digits = String(identifier ?? 0, radix: 16)
        let dpid = String(repeating: "0", count: 16 - digits.count) + digits
        return "OFPT_FEATURES_REPLY (xid=0x2): dpid:\(dpid)\nn_tables:254, n_buffers:0\n" + ports(report)
    }

    private static func ports(_ report: SwitchReport) -> String {
        var text = ""
        for port in report.ports {
            text += " \(port.number)(\(port.name)): state: \(port.isUp ? "LIVE" : "LINK_DOWN")"
            text += " stp: \(port.state)\(port.role.map { " (\($0))" } ?? "")\n"
        }
        return text
    }

    private static func portCounts(_ report: SwitchReport) -> String {
        var text = "OFPST_PORT reply (xid=0x2): \(report.ports.count) ports\n"
        for port in report.ports {
            let label = "\"\(port.name)\""
            text += "  port  \(label): rx pkts=\(port.received.packets), bytes=\(port.received.bytes), "
            text += "drop=0, errs=0, frame=0, over=0, crc=0\n"
            text += String(repeating: " ", count: label.count + 10)
            text += "tx pkts=\(port.sent.packets), bytes=\(port.sent.bytes), drop=0, errs=0, coll=0\n"
        }
        return text
    }
}
