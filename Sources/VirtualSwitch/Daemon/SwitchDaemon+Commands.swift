import Linux
import OVSDB
import OpenFlow
import Ports
import Switch
import Wire

// What `ovs-appctl` can ask of the switch.

extension SwitchDaemon {
    /// The commands of ovs-vswitchd.
    func switchCommands() -> ControlCommands {
        let commands = ControlCommands()
        addCommonCommands(commands)
        commands.add("ofproto/list") { [unowned self] _ in
            .text(binding.bridges.keys.sorted().joined(separator: "\n"))
        }
        commands.add("fdb/show", usage: "bridge", arguments: 1...1) { [unowned self] arguments in
            withBridge(arguments[0]) { .text(addressTable($0)) }
        }
        commands.add("fdb/flush", usage: "[bridge]", arguments: 0...1) { [unowned self] arguments in
            let flushed = arguments.isEmpty ? binding.bridges.values.map(\.index) : []
            for bridge in flushed { poller.run { datapath, _ in datapath.flushAddresses(bridge: bridge) } }
            if arguments.isEmpty { return .text("table successfully flushed") }
            return withBridge(arguments[0]) { bridge in
                let index = bridge.index
                poller.run { datapath, _ in datapath.flushAddresses(bridge: index) }
                return .text("table successfully flushed")
            }
        }
        commands.add(
            "ofproto/trace", usage: "{[dp_name] odp_flow | bridge br_flow} [OPTIONS...] [-generate|packet]",
            arguments: 1...Int.max
        ) { [unowned self] in trace($0) }
        commands.add("bridge/dump-flows", usage: "[--offload-stats] bridge", arguments: 1...2) { [unowned self] in
            let name = $0.last!
            return withBridge(name) { bridge in
                let index = bridge.index
                return .text(
                    poller.run { datapath, now in
                        datapath.flowSnapshots(bridge: index, now: now).map { FlowText.text($0) }.joined(
                            separator: "\n")
                    })
            }
        }
        commands.add("dpif/show") { [unowned self] _ in .text(showDatapath()) }
        commands.add("dpctl/dump-dps", arguments: 0...1) { _ in .text("netdev@ovs-netdev") }
        commands.add("dpctl/show", arguments: 0...2) { [unowned self] _ in .text(showDatapath()) }
        commands.add("coverage/show") { [unowned self] _ in .text(coverage()) }
        commands.add("memory/show") { [unowned self] _ in
            let status = poller.run { datapath, _ in datapath.status }
            return .text(
                "megaflows:\(status.megaflows) packets:\(status.packetsWaiting) packet-bytes:\(status.packetMemory) "
                    + "ports:\(binding.bridges.values.reduce(0) { $0 + $1.interfaces.count })")
        }
        commands.add("bridge/reconnect", usage: "[bridge]", arguments: 0...1) { [unowned self] arguments in
            for bridge in binding.bridges.values where arguments.isEmpty || bridge.plan.name == arguments[0] {
                control.reconnect(bridge.index)
            }
            return .text("")
        }
        commands.add("qos/show-types", usage: "interface", arguments: 1...1) { _ in
            .text("QoS type: linux-htb\nQoS type: linux-hfsc\nQoS type: egress-policer")
        }
        commands.add("exit", usage: "[--cleanup]", arguments: 0...1) { [unowned self] _ in
            onExit?()
            return .text("")
        }
        return commands
    }

    /// The commands of ovsdb-server.
    func databaseCommands() -> ControlCommands {
        let commands = ControlCommands()
        addCommonCommands(commands)
        commands.add("ovsdb-server/list-dbs") { [unowned self] _ in
            .text(server.databases.keys.sorted().joined(separator: "\n"))
        }
        commands.add("ovsdb-server/compact", usage: "[DB]", arguments: 0...1) { [unowned self] arguments in
            if let name = arguments.first, name != database.schema.name {
                return .failure("\"\(name)\" database not found")
            }
            do throws(OVSDBError) {
                try database.compact()
                return .text("")
            } catch {
                return .failure("\(error)")
            }
        }
        commands.add("ovsdb-server/list-remotes") { [unowned self] _ in
            .text(remoteNames.sorted().joined(separator: "\n"))
        }
        commands.add("exit") { [unowned self] _ in
            onExit?()
            return .text("")
        }
        return commands
    }

    private func addCommonCommands(_ commands: ControlCommands) {
        commands.add("version") { _ in .text("rookery-switchd (Open vSwitch) \(SwitchBinding.version)") }
        commands.add("vlog/list") { [unowned self] _ in
            let lines = SwitchLog.modules.map { module in
                let level = log.level(module).name
                func column(_ text: String, _ width: Int) -> String {
                    String(repeating: " ", count: max(0, width - text.count)) + text
                }
                return module + column("OFF", 26 - module.count) + column(level, 11) + column(level, 11)
            }
            return .text(
                "                 console    syslog    file\n                 -------    ------    ------\n"
                    + lines.joined(separator: "\n"))
        }
        commands.add("vlog/set", usage: "{spec | PATTERN:destination:pattern}", arguments: 1...Int.max) {
            [unowned self] in setLevels($0)
        }
        commands.add("vlog/reopen") { [unowned self] _ in
            do throws(SystemError) {
                try log.reopen()
                return .text("")
            } catch {
                return .failure("\(error)")
            }
        }
        for name in ["vlog/enable-rate-limit", "vlog/disable-rate-limit", "vlog/close"] {
            commands.add(name, usage: "[module]...", arguments: 0...Int.max) { _ in .text("") }
        }
    }

    /// `vlog/set` with words such as `dbg`, `bridge:info`, `ANY:file:dbg`.
    private func setLevels(_ words: [String]) -> ControlCommands.Answer {
        for word in words.flatMap({ $0.split(whereSeparator: { $0 == "," || $0 == " " }) }) {
            var modules = SwitchLog.modules
            var level = SwitchLog.Level.debug
            for part in word.split(separator: ":") {
                if let known = SwitchLog.Level(named: part) {
                    level = known
                } else if SwitchLog.modules.contains(String(part)) {
                    modules = [String(part)]
                } else if !["ANY", "any", "file", "console", "syslog"].contains(part) {
                    return .failure("no destination, level, or module \"\(part)\"")
                }
            }
            for module in modules { log.setLevel(level, module) }
        }
        return .text("")
    }

    // MARK: Answers

    func withBridge(_ name: String, _ body: (BoundBridge) -> ControlCommands.Answer) -> ControlCommands.Answer {
        guard let bridge = binding.bridges[name] else { return .failure("no such bridge") }
        return body(bridge)
    }

    private func addressTable(_ bridge: BoundBridge) -> String {
        let index = bridge.index
        let addresses = poller.run { datapath, now in datapath.learnedAddresses(bridge: index, now: now) }
        var text = " port  VLAN  MAC                Age\n"
        for entry in addresses {
            let port = entry.port == PortNumber.local ? "LOCAL" : String(entry.port)
            func right(_ text: String, _ width: Int) -> String {
                String(repeating: " ", count: max(0, width - text.count)) + text
            }
            let age = right(String(entry.age / 1_000_000_000), 4)
            text +=
                right(port, 5) + "  " + right(String(entry.vlan), 4) + "  \(MACAddress(rawValue: entry.mac))  \(age)\n"
        }
        return text
    }

    private func showDatapath() -> String {
        let status = poller.run { datapath, _ in datapath.status }
        let hits = status.exactMatchHits + status.megaflowHits
        var text = "netdev@ovs-netdev: hit:\(hits) missed:\(status.misses)\n"
        for bridge in binding.bridges.values.sorted(by: { $0.plan.name < $1.plan.name }) {
            text += "  \(bridge.plan.name):\n"
            for interface in bridge.interfaces.values.sorted(by: { $0.plan.name < $1.plan.name }) {
                let number = interface.number == PortNumber.local ? 65534 : interface.number
                let type = interface.plan.name == bridge.plan.name ? "internal" : interface.plan.type
                let kind = type.isEmpty ? "system" : type
                let peer = interface.plan.options["peer"].map { ": peer=\($0)" } ?? ""
                text +=
                    "    \(interface.plan.name) \(number)/\(interface.deviceNumber.map { "\($0 + 1)" } ?? "none"): (\(kind)\(peer))\n"
            }
        }
        return text
    }

    private func coverage() -> String {
        let status = poller.run { datapath, _ in datapath.status }
        var lines = [
            ("datapath_exact_match_hit", status.exactMatchHits), ("datapath_megaflow_hit", status.megaflowHits),
            ("datapath_miss", status.misses),
        ]
        lines += status.drops.map { ("drop_\($0.key)", $0.value) }
        return lines.sorted { $0.0 < $1.0 }.map { name, count in
            "\(name)\(String(repeating: " ", count: max(1, 32 - name.count)))total: \(count)"
        }.joined(separator: "\n")
    }

    /// `ofproto/trace BRIDGE FLOW`.
    private func trace(_ arguments: [String]) -> ControlCommands.Answer {
        let words = arguments.filter { !$0.hasPrefix("-") }
        guard let name = words.first, words.count >= 2, let bridge = binding.bridges[name] else {
            return .failure("\(words.first ?? ""): unknown bridge")
        }
        let numbers = Dictionary(
            bridge.interfaces.values.map { ($0.plan.name, $0.number) }, uniquingKeysWith: { first, _ in first })
        do throws(MatchSyntaxError) {
            let match = try Match(parsing: words[1], portNumber: { numbers[$0] })
            let index = bridge.index
            let text = poller.run { datapath, now in datapath.trace(bridge: index, key: match.key, now: now) }
            guard let text else { return .failure("\(name) has no such in_port") }
            return .text(text)
        } catch {
            return .failure("Error parsing flow: \(error)")
        }
    }
}
