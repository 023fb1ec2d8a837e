import Linux
import OVSDB
import OpenFlow
import Ports
import Switch

// What `ovs-appctl` can ask of the switch: the commands of ovs-vswitchd, and on a second socket those of ovsdb-server.

extension SwitchDaemon {
    /// The commands of ovs-vswitchd.
    func switchCommands() -> ControlCommands {
        let commands = ControlCommands()
        addCommonCommands(commands)
        addBridgeCommands(commands)
        addAddressCommands(commands)
        addDatapathCommands(commands)
        addConnectionCommands(commands)
        addTraceCommands(commands)
        addSpanningTreeCommands(commands)
        addQueueCommands(commands)
        addBondCommands(commands)
        return commands
    }

    /// The commands of ovsdb-server.
    func databaseCommands() -> ControlCommands {
        let commands = ControlCommands()
        addCommonCommands(commands)
        addDatabaseCommands(commands)
        return commands
    }

    private func addCommonCommands(_ commands: ControlCommands) {
        commands.add("version") { _ in .text("rookery-switchd (Open vSwitch) \(SwitchBinding.version)") }
        commands.add("exit", usage: "[--cleanup]", arguments: 0...1) { [unowned self] _ in
            onExit?()
            return .text("")
        }
        addLogCommands(commands)
        commands.add("coverage/show") { [unowned self] _ in .text(coverage.text) }
        commands.add("coverage/read-counter", usage: "COUNTER", arguments: 1...1) { [unowned self] arguments in
            guard let count = counters().first(where: { $0.name == arguments[0] }) else {
                return .failure("No such counter")
            }
            return .text(String(count.value))
        }
    }

    private func addBridgeCommands(_ commands: ControlCommands) {
        commands.add("ofproto/list") { [unowned self] _ in
            .text(binding.bridges.keys.sorted().joined(separator: "\n"))
        }
        commands.add("bridge/dump-flows", usage: "[--offload-stats] bridge", arguments: 1...2) { [unowned self] words in
            guard words.count == 1 || words[0] == "--offload-stats" else { return .failure("Unknown option") }
            guard let bridge = binding.bridges[words.last!] else { return .failure("Unknown bridge") }
            let index = bridge.index
            let names = flowNames(of: bridge)
            let (hidden, flows) = poller.run { datapath, now in
                (datapath.hiddenFlows(bridge: index, now: now), datapath.flowSnapshots(bridge: index, now: now))
            }
            let withOffload = words.count == 2
            var lines = hidden.map { Self.text($0, withOffload: withOffload) }
            lines += flows.map { Self.text($0, names, withOffload: withOffload) }
            return .text(lines.joined(separator: "\n"))
        }
        commands.add("bridge/reconnect", usage: "[bridge]", arguments: 0...1) { [unowned self] arguments in
            if let name = arguments.first, binding.bridges[name] == nil { return .failure("Unknown bridge") }
            for bridge in binding.bridges.values where arguments.isEmpty || bridge.plan.name == arguments[0] {
                control.reconnect(bridge.index)
            }
            return .text("")
        }
    }

    /// A flow of the switch itself, which ovs-ofctl does not show.
    private static func text(_ flow: HiddenFlow, withOffload: Bool) -> String {
        let conditions = flow.match.description
        return "duration=\(flow.age / 1_000_000_000)s, n_packets=\(flow.traffic.packets), "
            + "n_bytes=\(flow.traffic.bytes), \(withOffload ? "n_offload_packets=0, n_offload_bytes=0, " : "")"
            + "priority=\(flow.priority)\(conditions.isEmpty ? "" : ",\(conditions)"),actions=NORMAL"
    }

    /// A flow as `bridge/dump-flows` prints it: a line of its own kind, shorter than that of ovs-ofctl.
    private static func text(_ flow: FlowSnapshot, _ names: FlowNames, withOffload: Bool) -> String {
        var text = flow.table == 0 ? "" : "table_id=\(flow.table), "
        text += "duration=\(flow.age / 1_000_000_000)s, n_packets=\(flow.packets), n_bytes=\(flow.bytes), "
        if withOffload { text += "n_offload_packets=0, n_offload_bytes=0, " }
        // Priority and match, a comma, the actions: as the codec prints them without the rest.
        var plain = flow
        plain.cookie = 0
        plain.table = 0
        plain.idleTimeout = 0
        plain.hardTimeout = 0
        plain.importance = 0
        plain.flags = []
        let line = FlowText.text(plain, showsStatistics: false, names: names)
        guard let space = line.firstRange(of: " actions=") else { return text + "," + line }
        return text + line[..<space.lowerBound] + "," + line[space.lowerBound...].dropFirst()
    }

    // MARK: Common words

    func withBridge(_ name: String, _ body: (BoundBridge) -> ControlCommands.Answer) -> ControlCommands.Answer {
        guard let bridge = binding.bridges[name] else { return .failure("no such bridge") }
        return body(bridge)
    }

    /// Names of a bridge's ports for reading flows; they print as numbers.
    func flowNames(of bridge: BoundBridge) -> FlowNames {
        let numbers = Dictionary(
            bridge.interfaces.values.map { ($0.plan.name, $0.number) }, uniquingKeysWith: { first, _ in first })
        return FlowNames(portNumber: { numbers[$0] })
    }
}
