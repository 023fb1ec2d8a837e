import OpenFlow
import Ports
import Switch
import Wire

// `fdb/…` and `mdb/…`: what bridges have learned.

extension SwitchDaemon {
    func addAddressCommands(_ commands: ControlCommands) {
        commands.add("fdb/show", usage: "bridge", arguments: 1...1) { [unowned self] arguments in
            withBridge(arguments[0]) { .text(addressTable($0)) }
        }
        commands.add("fdb/flush", usage: "[bridge]", arguments: 0...1) { [unowned self] arguments in
            onBridges(arguments.first) { datapath, bridge in datapath.flushAddresses(bridge: bridge) }
                ?? .text("table successfully flushed")
        }
        commands.add("fdb/stats-show", usage: "bridge", arguments: 1...1) { [unowned self] arguments in
            withBridge(arguments[0]) { .text(addressStatistics($0)) }
        }
        commands.add("fdb/stats-clear", usage: "[bridge]", arguments: 0...1) { [unowned self] arguments in
            onBridges(arguments.first) { datapath, bridge in datapath.clearAddressStatistics(bridge: bridge) }
                ?? .text("statistics successfully cleared")
        }
        commands.add("fdb/add", usage: "bridge port vlan mac", arguments: 4...4) { [unowned self] words in
            withBridge(words[0]) { bridge in
                guard let port = bridge.interfaces[words[1]]?.number else {
                    return .failure("\(words[0]) has no port \(words[1])")
                }
                guard let vlan = UInt16(words[2]), vlan < 4096 else { return .failure("bad VLAN \(words[2])") }
                guard let mac = MACAddress(words[3])?.rawValue else { return .failure("bad MAC address") }
                let index = bridge.index
                let isAdded = poller.run { datapath, _ in
                    datapath.addStaticAddress(bridge: index, port: port, vlan: vlan, mac: mac)
                }
                return isAdded ? .text("") : .failure("the table is full")
            }
        }
        commands.add("fdb/del", usage: "bridge vlan mac", arguments: 3...3) { [unowned self] words in
            withBridge(words[0]) { bridge in
                guard let vlan = UInt16(words[1]), vlan < 4096 else { return .failure("bad VLAN \(words[1])") }
                guard let mac = MACAddress(words[2])?.rawValue else { return .failure("bad MAC address") }
                let index = bridge.index
                let isRemoved = poller.run { datapath, _ in
                    datapath.removeStaticAddress(bridge: index, vlan: vlan, mac: mac)
                }
                return isRemoved ? .text("") : .failure("could not find static mac entry")
            }
        }
        commands.add("mdb/show", usage: "bridge", arguments: 1...1) { [unowned self] arguments in
            withBridge(arguments[0]) { _ in .failure("multicast snooping is disabled") }
        }
        commands.add("mdb/flush", usage: "[bridge]", arguments: 0...1) { [unowned self] arguments in
            guard let name = arguments.first else { return .text("table successfully flushed") }
            return withBridge(name) { _ in .failure("multicast snooping is disabled") }
        }
    }

    /// Does something to one bridge or to all; nil: done.
    private func onBridges(
        _ name: String?, _ body: @escaping @Sendable (Datapath, Int32) -> Void
    ) -> ControlCommands.Answer? {
        if let name, binding.bridges[name] == nil { return .failure("no such bridge") }
        for bridge in binding.bridges.values where name == nil || bridge.plan.name == name {
            let index = bridge.index
            poller.run { datapath, _ in body(datapath, index) }
        }
        return nil
    }

    private func addressTable(_ bridge: BoundBridge) -> String {
        let index = bridge.index
        let addresses = poller.run { datapath, now in datapath.learnedAddresses(bridge: index, now: now) }
        var text = " port  VLAN  MAC                Age\n"
        for entry in addresses {
            let port = entry.port == PortNumber.local ? "LOCAL" : String(entry.port)
            let age = entry.isStatic ? " static" : String(entry.age / 1_000_000_000).right(4)
            text += "\(port.right(5))  \(String(entry.vlan).right(4))  \(MACAddress(rawValue: entry.mac)) \(age)\n"
        }
        return text
    }

    private func addressStatistics(_ bridge: BoundBridge) -> String {
        let index = bridge.index
        let table = poller.run { datapath, _ in datapath.addressStatistics(bridge: index) }
        return """
            Statistics for bridge "\(bridge.plan.name)":
              Current/maximum MAC entries in the table: \(table.count)/\(table.limit)
              Current static MAC entries in the table : \(table.staticCount)
              Total number of learned MAC entries     : \(table.learned)
              Total number of expired MAC entries     : \(table.expired)
              Total number of evicted MAC entries     : \(table.evicted)
              Total number of port moved MAC entries  : \(table.moved)
            """
    }
}
