import OpenFlow
import Ports
import Switch

// `qos/…`: queues and their counters.

extension SwitchDaemon {
    func addQueueCommands(_ commands: ControlCommands) {
        commands.add("qos/show-types", usage: "interface", arguments: 1...1) { [unowned self] words in
            guard interface(words[0]) != nil else { return .failure("no such interface") }
            return .text("QoS type: linux-hfsc\nQoS type: linux-htb")
        }
        commands.add("qos/show", usage: "interface", arguments: 1...1) { [unowned self] words in
            guard let (bridge, interface) = interface(words[0]) else { return .failure("no such interface") }
            guard let qos = interface.qos else { return .text("QoS not configured on \(words[0])") }
            return .text(show(qos, interface, bridge))
        }
    }

    private func interface(_ name: String) -> (BoundBridge, BoundInterface)? {
        for bridge in binding.bridges.values {
            if let interface = bridge.interfaces[name] { return (bridge, interface) }
        }
        return nil
    }

    private func show(_ qos: QoSPlan, _ interface: BoundInterface, _ bridge: BoundBridge) -> String {
        let (index, port) = (bridge.index, interface.number)
        let counts = poller.run { datapath, now in datapath.queueStatistics(bridge: index, port: port, now: now) }
        var text = "QoS: \(interface.plan.name) \(qos.type)\n"
        if let rate = qos.maximumRate { text += "max-rate: \(rate)\n" }
        for queue in qos.queues {
            text += queue.id == 0 ? "\nDefault:\n" : "\nQueue \(queue.id):\n"
            if let rate = queue.minRate { text += "  min-rate: \(rate)\n" }
            if let rate = queue.maxRate { text += "  max-rate: \(rate)\n" }
            if let count = counts.first(where: { $0.queue == queue.id }) {
                text +=
                    "  tx_packets: \(count.sent.packets)\n  tx_bytes: \(count.sent.bytes)\n  tx_errors: \(count.drops)\n"
            }
        }
        return text
    }
}
