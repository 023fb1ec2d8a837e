import Ports
import Switch
import Wire

// `stp/…` and `rstp/…`, and those of protocols that this switch does not run: they find nothing to show.

extension SwitchDaemon {
    func addSpanningTreeCommands(_ commands: ControlCommands) {
        for isRapid in [false, true] {
            let name = isRapid ? "rstp" : "stp"
            commands.add("\(name)/show", usage: "[bridge]", arguments: 0...1) { [unowned self] words in
                let bridges = orderedBridges.filter {
                    $0.plan.runsSpanningTree && $0.plan.isRapid == isRapid
                        && (words.isEmpty || $0.plan.name == words[0])
                }
                if bridges.isEmpty && !words.isEmpty {
                    return .failure(isRapid ? "No such RSTP object" : "no such stp object")
                }
                return .text(bridges.map { showTree($0) }.joined())
            }
            commands.add("\(name)/tcn", usage: "[bridge]", arguments: 0...1) { [unowned self] words in
                for bridge in orderedBridges where words.isEmpty || bridge.plan.name == words[0] {
                    guard bridge.plan.runsSpanningTree, bridge.plan.isRapid == isRapid else { continue }
                    let index = bridge.index
                    poller.run { datapath, _ in datapath.flushAddresses(bridge: index) }
                }
                return .text("OK")
            }
        }
        for (name, missing) in [("cfm", "no such CFM object"), ("bfd", "no such bfd object")] {
            commands.add("\(name)/show", usage: "[interface]", arguments: 0...1) { words in
                words.isEmpty ? .text("") : .failure(missing)
            }
        }
    }

    private func showTree(_ bridge: BoundBridge) -> String {
        let index = bridge.index
        let now = poller.run { datapath, now in BridgeCounters(datapath, bridge: index, now: now) }
        guard let tree = now.spanningTree else { return "" }
        let isRapid = bridge.plan.isRapid
        func identity(_ id: UInt64) -> String {
            """
              stp-priority  \(isRapid ? "  " : "")\(id >> 48)
              stp-system-id   \(MACAddress(rawValue: id & 0xffff_ffff_ffff))
              stp-hello-time  2s
              stp-max-age     20s
              stp-fwd-delay   15s

            """
        }
        var text = "---- \(bridge.plan.name) ----\nRoot ID:\n\(identity(tree.rootID))"
        if let port = tree.rootPort {
            let name = bridge.interfaces.values.first { $0.number == UInt32(port) }?.plan.name ?? String(port)
            text += "  root-port       \(name)\n  root-path-cost  \(tree.rootPathCost)\n"
        } else {
            text += "  This bridge is the root\n"
        }
        let width = isRapid ? 9 : 6
        text += "\nBridge ID:\n\(identity(tree.bridgeID))\n"
        text += "  " + "Interface".left(11) + "Role".left(11) + "State".left(11) + "Cost".left(width) + "Pri.Nbr \n"
        text += "  ---------- ---------- ---------- \(String(repeating: "-", count: width - 1)) -------\n"
        for port in now.spanningTreePorts {
            // The bridge's own port is at the end of no link.
            guard let name = bridge.interface(number: UInt32(port.number))?.plan.name else { continue }
            let role = isRapid ? SwitchBinding.rapidName(port.role) : SwitchBinding.name(port.role)
            let state = isRapid ? SwitchBinding.rapidName(port.state) : SwitchBinding.name(port.state)
            text += "  " + String(name.prefix(10)).left(11) + String(role.prefix(10)).left(11)
            text += String(state.prefix(10)).left(11) + String(port.pathCost).left(width)
            text += "\(port.priority).\(port.number)\n"
        }
        return text + "\n"
    }
}
