import Lab
import Switch
import Wire

/// Tables that more than one verb prints.
enum LabTables {
    /// A lab's nodes, one line each.
    static func write(_ status: LabStatus) {
        var table = Table([
            .init("NODE", rigid: true), .init("KIND", rigid: true), .init("STATE"), .init("INTERFACE"),
            .init("ADDRESS"),
        ])
        for node in status.nodes {
            let addressed = node.interfaces.filter { !$0.addresses.isEmpty }
            let interfaces =
                addressed.isEmpty
                ? "\(node.interfaces.count) port\(node.interfaces.count == 1 ? "" : "s")"
                : addressed.map(\.name).joined(separator: ",")
            // IPv4 is what people type; inspect shows the rest.
            let addresses = addressed.map { $0.addresses.first { !$0.contains(":") } ?? $0.addresses[0] }
            table.add([
                .init(text: node.name, style: .bold), .init(text: node.kind, style: .plain),
                .init(text: node.state, style: node.state == "running" ? .green : .red),
                .init(text: interfaces, style: .plain), .init(text: addresses.joined(separator: ","), style: .plain),
            ])
        }
        table.write()
    }

    /// A node's interfaces.
    static func write(_ interfaces: [InterfaceStatus]) {
        var table = Table([
            .init("INTERFACE", rigid: true), .init("UP"), .init("PEER"), .init("MAC"), .init("ADDRESSES"),
            .init("RECEIVED", .right), .init("SENT", .right),
        ])
        for interface in interfaces {
            table.add(
                interface.name, interface.isUp ? "yes" : "no", interface.peer ?? "-", interface.mac ?? "-",
                interface.addresses.isEmpty ? "-" : interface.addresses.joined(separator: ","),
                Readable.count(interface.received.packets), Readable.count(interface.sent.packets))
        }
        table.write()
    }

    /// Flows as `ovs-ofctl dump-flows` prints them.
    static func flows(_ report: SwitchReport) -> String {
        var text = ""
        for flow in report.flows {
            text +=
                " cookie=0x\(String(flow.cookie, radix: 16)), duration=\(decimal(Double(flow.duration) / 1e9, 3))s, "
            text += "table=\(flow.table), n_packets=\(flow.packets), n_bytes=\(flow.bytes), "
            // ovs-ofctl leaves the default priority out and puts a space between what matches and what is done.
            if flow.priority != 0x8000 { text += "priority=\(flow.priority)\(flow.match.isEmpty ? "" : ",")" }
            let actions = flow.actions.hasPrefix("actions=") ? flow.actions : "actions=\(flow.actions)"
            text += "\(flow.match) \(actions)\n"
        }
        return text
    }

    /// Learned addresses as `ovs-appctl fdb/show` prints them.
    static func addresses(_ report: SwitchReport) -> String {
        var text = " port  VLAN  MAC                Age\n"
        for entry in report.addresses {
            let mac = MACAddress(rawValue: entry.mac).description
            text += right("\(entry.port)", 5) + right("\(entry.vlan)", 6) + "  \(mac)  "
            text += right("\(entry.age / 1_000_000_000)", 3) + "\n"
        }
        return text
    }

    static func write(_ report: SwitchReport) {
        var table = Table([
            .init("PORT", .right, rigid: true), .init("NAME", rigid: true), .init("UP"), .init("STATE"), .init("ROLE"),
            .init("RECEIVED", .right), .init("SENT", .right),
        ])
        for port in report.ports {
            table.add(
                "\(port.number)", port.name, port.isUp ? "yes" : "no", port.state, port.role ?? "-",
                "\(Readable.count(port.received.packets)) / \(Readable.size(port.received.bytes))",
                "\(Readable.count(port.sent.packets)) / \(Readable.size(port.sent.bytes))")
        }
        table.write()
        if let tree = report.spanningTree { Standard.output.write("\nSpanning tree: \(tree)\n") }
        if !report.controllers.isEmpty {
            Standard.output.write("\n")
            ShowControllers.table(report.controllers).write()
        }
        Standard.output.write("\nFlows (\(report.flows.count)):\n" + flows(report))
        Standard.output.write("\nLearned addresses (\(report.addresses.count)):\n" + addresses(report))
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

/// A profile in the words of `rookery link set`: `rate=10mbit delay=5ms`; "ideal" for a wire that does nothing.
func describe(_ profile: LinkProfile) -> String {
    var words: [String] = []
    func chance(_ chance: LinkProfile.Chance) -> String {
        Readable.share(chance.probability) + (chance.correlation > 0 ? ",\(Readable.share(chance.correlation))" : "")
    }
    if let rate = profile.rate { words.append("rate=\(Readable.rate(rate))") }
    if profile.delay > 0 { words.append("delay=\(Readable.time(profile.delay))") }
    if let jitter = profile.jitter {
        var text = "jitter=\(Readable.time(jitter.spread))"
        switch jitter.distribution {
        case .uniform: break
        case .normal: text += ",normal"
        case .pareto: text += ",pareto"
        case .table: text += ",table"
        }
        if jitter.correlation > 0 { text += ",\(Readable.share(jitter.correlation))" }
        words.append(text)
    }
    switch profile.loss {
    case .random(let random): words.append("loss=\(chance(random))")
    case .gilbertElliott(let p, let r, let bad, let good):
        words.append("loss=gilbert,\([p, r, bad, good].map(Readable.share).joined(separator: ","))")
    case nil: break
    }
    if let duplicate = profile.duplicate { words.append("duplicate=\(chance(duplicate))") }
    if let corrupt = profile.corrupt { words.append("corrupt=\(chance(corrupt))") }
    if let reorder = profile.reorder { words.append("reorder=\(chance(reorder.chance))") }
    if let mtu = profile.mtu { words.append("mtu=\(mtu)") }
    switch profile.queue {
    case .packets(let count): words.append("queue=\(count)p")
    case .bytes(let count): words.append("queue=\(count)")
    case .time(let time): words.append("queue=\(Readable.time(time))")
    case nil: break
    }
    switch profile.aqm {
    case .dropTail: break
    case .codel: words.append("aqm=codel")
    case .red: words.append("aqm=red")
    }
    return words.isEmpty ? "ideal" : words.joined(separator: " ")
}
