import Ports
import Switch

// `dpif/…`, `dpctl/…`, `upcall/…`, `revalidator/…`: the data path below the flow tables. There is one; the two types of
// Open vSwitch's data paths are two names of it.

extension SwitchDaemon {
    func addDatapathCommands(_ commands: ControlCommands) {
        commands.add("dpif/show") { [unowned self] _ in .text(showBridges()) }
        commands.add("dpif/dump-dps") { [unowned self] _ in
            .text(orderedBridges.map { "\($0.plan.datapathType)@\($0.plan.name)" }.joined(separator: "\n"))
        }
        commands.add("dpif/dump-flows", usage: "[-m] [--names | --no-names] bridge", arguments: 1...3) {
            [unowned self] words in
            guard let options = DumpOptions(words.dropLast()) else { return .failure("unknown option") }
            return withBridge(words.last!) { .text(flows(of: $0.index, options).joined(separator: "\n")) }
        }
        commands.add("dpif/show-dp-features", usage: "bridge", arguments: 1...1) { [unowned self] words in
            withBridge(words[0]) { _ in .text(Self.features) }
        }
        commands.add("dpctl/dump-dps") { [unowned self] _ in .text(datapathNames.joined(separator: "\n")) }
        commands.add("dpctl/show", usage: "[-s] [dp...]", arguments: 0...Int.max) { [unowned self] _ in
            .text(datapathNames.map { showDatapath($0) }.joined(separator: "\n"))
        }
        commands.add(
            "dpctl/dump-flows", usage: "[-m] [--names] [dp] [filter=..] [type=..] [pmd=..]", arguments: 0...Int.max
        ) { [unowned self] words in
            guard let options = DumpOptions(words.filter { $0.hasPrefix("-") }) else {
                return .failure("unknown option")
            }
            for word in words where word.hasPrefix("filter=") {
                return .failure("dpctl/dump-flows: \(word): flows cannot be filtered here")
            }
            let lines = flows(of: nil, options)
            return .text((lines.isEmpty ? [] : ["flow-dump from the main thread:"] + lines).joined(separator: "\n"))
        }
        commands.add("dpctl/del-flows", usage: "[dp]", arguments: 0...1) { [unowned self] _ in forgetFlows() }
        commands.add("revalidator/purge") { [unowned self] _ in forgetFlows() }
        commands.add("revalidator/wait") { [unowned self] _ in
            // What a change invalidates goes with the change: when this call has come through, it has gone.
            poller.run { _, _ in }
            return .text("")
        }
        commands.add("upcall/show") { [unowned self] _ in .text(showUpcalls()) }
        commands.add("upcall/set-flow-limit", usage: "flow-limit-number", arguments: 1...1) { [unowned self] words in
            guard let limit = Int(words[0]), limit > 0 else { return .failure("invalid flow limit: \(words[0])") }
            poller.run { datapath, _ in datapath.megaflowLimit = limit }
            return .text("set flow_limit to \(limit)")
        }
        commands.add("memory/show") { [unowned self] _ in .text(showMemory()) }
    }

    private func forgetFlows() -> ControlCommands.Answer {
        poller.run { datapath, _ in datapath.forgetMegaflows() }
        return .text("")
    }

    // MARK: Flows

    private struct DumpOptions {
        var isVerbose = false
        var isNamed = false

        init?(_ words: some Sequence<String>) {
            for word in words {
                switch word {
                case "-m", "--more":
                    isVerbose = true
                    isNamed = true
                case "--names": isNamed = true
                case "--no-names": isNamed = false
                default: return nil
                }
            }
        }
    }

    private func flows(of bridge: Int32?, _ options: DumpOptions) -> [String] {
        let isNamed = options.isNamed
        let flows = poller.run { datapath, now in datapath.megaflowSnapshots(named: isNamed, now: now) }
        return flows.filter { bridge == nil || $0.bridge == bridge }.map { flow in
            let tenths = flow.idle / 100_000_000
            let used = flow.packets == 0 ? "never" : "\(tenths / 10).\(tenths % 10)s"
            return "\(flow.match), packets:\(flow.packets), bytes:\(flow.bytes), used:\(used), actions:\(flow.actions)"
        }
    }

    // MARK: Shows

    var orderedBridges: [BoundBridge] {
        binding.bridges.values.sorted { NaturalOrder.precedes($0.plan.name, $1.plan.name) }
    }

    /// As Open vSwitch calls them: of those types that bridges ask for.
    private var datapathNames: [String] {
        Set(binding.bridges.values.map(\.plan.datapathType)).sorted().map { "\($0)@ovs-\($0)" }
    }

    private func showBridges() -> String {
        let status = poller.run { datapath, _ in datapath.status }
        var text = ""
        for name in datapathNames {
            text += "\(name): hit:\(status.exactMatchHits + status.megaflowHits) missed:\(status.misses)\n"
            for bridge in orderedBridges where name.hasPrefix(bridge.plan.datapathType + "@") {
                text += "  \(bridge.plan.name):\n"
                let interfaces = bridge.interfaces.values.sorted {
                    NaturalOrder.precedes($0.plan.name, $1.plan.name)
                }
                for interface in interfaces {
                    let number = interface.number == PortNumber.local ? 65534 : interface.number
                    let device = interface.deviceNumber.map { String($0 + 1) } ?? "none"
                    let peer = interface.plan.options["peer"].map { ": peer=\($0)" } ?? ""
                    text +=
                        "    \(interface.plan.name) \(number)/\(device): (\(Self.type(of: interface, bridge))\(peer))\n"
                }
            }
        }
        return text
    }

    private static func type(of interface: BoundInterface, _ bridge: BoundBridge) -> String {
        let type = interface.number == PortNumber.local ? "internal" : interface.plan.type
        if type == "internal" && bridge.plan.datapathType == "netdev" { return "tap" }
        return type.isEmpty ? "system" : type
    }

    private func showDatapath(_ name: String) -> String {
        let status = poller.run { datapath, _ in datapath.status }
        var text =
            "\(name):\n  lookups: hit:\(status.exactMatchHits + status.megaflowHits) missed:\(status.misses) lost:0\n"
        text += "  flows: \(status.megaflows)\n"
        var ports: [(number: Int32, text: String)] = []
        for bridge in orderedBridges where name.hasPrefix(bridge.plan.datapathType + "@") {
            for interface in bridge.interfaces.values {
                guard let device = interface.deviceNumber else { continue }
                let type = Self.type(of: interface, bridge)
                ports.append((device + 1, "\(interface.plan.name)\(type == "system" ? "" : " (\(type))")"))
            }
        }
        for port in ports.sorted(by: { $0.number < $1.number }) { text += "  port \(port.number): \(port.text)\n" }
        return text
    }

    private func showUpcalls() -> String {
        let (flows, limit) = poller.run { datapath, _ in (datapath.status.megaflows, datapath.megaflowLimit) }
        coverage.note(megaflows: flows)
        return datapathNames.map { name in
            """
            \(name):
              flows         : (current \(flows)) (avg \(coverage.averageMegaflows)) (max \(coverage.mostMegaflows)) (limit \(limit))
              dump duration : 1ms
              ufid enabled : true

              1: (keys \(flows))

            """
        }.joined(separator: "\n")
    }

    private func showMemory() -> String {
        let bridges = binding.bridges.values.map(\.index)
        let (status, rules) = poller.run { datapath, now in
            (datapath.status, bridges.reduce(0) { $0 + datapath.aggregate(bridge: $1, now: now).flows })
        }
        let ports = binding.bridges.values.reduce(0) { $0 + $1.interfaces.count }
        return "handlers:1 packet-bytes:\(status.packetMemory) packets:\(status.packetsWaiting) ports:\(ports) "
            + "revalidators:1 rules:\(rules) udpif keys:\(status.megaflows)"
    }

    private static let features = """
        Masked set action: Yes
        Tunnel push pop: No
        Ufid: Yes
        Truncate action: Yes
        Clone action: Yes
        Sample nesting: 10
        Conntrack eventmask: No
        Conntrack clear: Yes
        Max dp_hash algorithm: 1
        Check pkt length action: Yes
        Conntrack timeout policy: No
        Explicit Drop action: No
        Optimized Balance TCP mode: No
        Conntrack all-zero IP SNAT: Yes
        MPLS Label add: No
        Max VLAN headers: 2
        Max MPLS depth: 3
        Recirc: Yes
        CT state: Yes
        CT zone: Yes
        CT mark: Yes
        CT label: Yes
        CT state NAT: Yes
        CT orig tuple: Yes
        CT orig tuple for IPv6: Yes
        IPv6 ND Extension: Yes
        """

    // MARK: Counters

    /// What the data path counts for `coverage/show`.
    func counters() -> [CoverageHistory.Counter] {
        let status = poller.run { datapath, _ in datapath.status }
        var counters: [CoverageHistory.Counter] = [
            .init(name: "datapath_exact_match_hit", value: status.exactMatchHits),
            .init(name: "datapath_megaflow_hit", value: status.megaflowHits),
            .init(name: "datapath_miss", value: status.misses),
        ]
        counters += status.drops.map { .init(name: "drop_\($0.key)", value: $0.value) }
        return counters.sorted { $0.name < $1.name }
    }
}
