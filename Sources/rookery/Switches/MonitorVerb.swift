import ArgumentParser
import OVSDB
import OpenFlow
import Switch
import Wire

struct MonitorSwitch: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "monitor", abstract: "Print what a switch tells its controllers, until Ctrl-C.",
        usage: "rookery switch monitor [--flows] [-c <count>] [--json] <switch>",
        discussion: """
            Packets for controllers, removed flows, changed ports; with --flows also each
            change of the flow tables. Its controllers get theirs all the same.
            """)

    @OptionGroup var target: SwitchArgument
    @Flag(help: "Changes of the flow tables, and the flows that are there first.") var flows = false
    @Option(name: .short, help: ArgumentHelp("End after so many lines.", valueName: "count")) var count: Int?
    @Flag(help: "Print JSON, an object a line.") var json = false

    struct Line {
        var event: String
        var text: String
    }

    func validate() throws {
        if let count, count < 1 { throw ValidationError("-c takes a number of lines, 1 or more") }
    }

    func run() throws {
        let client = try target.openFlow()
        let names = try client.names(printed: true)
        try Self.subscribe(client, flows: flows)
        var left = count ?? .max
        while left > 0 {
            for line in Self.lines(try client.next(patience: nil), names) where left > 0 {
                left -= 1
                if json {
                    let object: JSONValue = ["event": .string(line.event), "text": .string(line.text)]
                    Standard.output.write(object.text() + "\n")
                } else {
                    Standard.output.write("\(line.event): \(line.text)\n")
                }
            }
        }
    }

    /// Asks for everything.
    static func subscribe(_ client: OpenFlowClient, flows: Bool) throws {
        if flows && client.version < .v14 && client.version != .v10 {
            throw CommandError("\(client.name) speaks \(client.version.name), which cannot follow flows")
        }
        client.send(.setConfig(Message.SwitchConfiguration(missLength: 0xffff)))
        if client.version >= .v13 {
            let all = Dictionary(
                uniqueKeysWithValues: [Message.AsyncConfiguration.Event.packetIn, .portStatus, .flowRemoved].map {
                    ($0, UInt32($0 == .packetIn ? 0x3f : $0 == .portStatus ? 0x7 : 0xf))
                })
            let known = client.version == .v13 ? all.mapValues { $0 & 0xf } : all
            client.send(.setAsync(Message.AsyncConfiguration(primary: known, secondary: known)))
        }
        if flows {
            let monitor = Message.FlowMonitor(
                id: 1, flags: [.initial, .add, .removed, .modify, .instructions, .noAbbreviation])
            client.send(.multipartRequest(.init(.flowMonitors([monitor]))))
        }
    }

    /// What a message says, in words.
    static func lines(_ message: Message, _ names: FlowNames) -> [Line] {
        switch message.body {
        case .packetIn(let packet): [Line(event: "packet-in", text: text(packet, names))]
        case .flowRemoved(let flow):
            [
                Line(
                    event: "flow-removed",
                    text: "\(word(flow.reason)), table=\(flow.table.map { "\($0)" } ?? "?"), "
                        + "priority=\(flow.priority),\(flow.match.text(names))")
            ]
        case .portStatus(let status):
            [
                Line(
                    event: "port-status",
                    text: "\(status.port.name) (\(PortText.name(status.port.number))) "
                        + (status.reason == .add ? "added" : status.reason == .delete ? "removed" : "changed")
                        + (status.port.state.contains(.linkDown) ? ", link down" : ", link up"))
            ]
        case .multipartReply(let reply):
            if case .flowMonitors(let updates) = reply.body { updates.flatMap { lines($0, names) } } else { [] }
        case .error(let report): [Line(event: "error", text: report.error.name)]
        default: []
        }
    }

    private static func lines(_ update: Message.FlowUpdate, _ names: FlowNames) -> [Line] {
        guard case .full(let change) = update else { return [] }
        let flow = FlowSnapshot(
            table: change.table, priority: change.priority, match: change.match, cookie: change.cookie,
            instructions: change.instructions, idleTimeout: change.idleTimeout, hardTimeout: change.hardTimeout,
            importance: 0, flags: [], age: 0, idle: 0, packets: 0, bytes: 0)
        let event =
            switch change.event {
            case .initial: "flow"
            case .added: "flow-added"
            case .removed: "flow-removed"
            case .modified: "flow-modified"
            }
        return [Line(event: event, text: FlowText.text(flow, showsStatistics: false, names: names))]
    }

    private static func text(_ packet: Message.PacketIn, _ names: FlowNames) -> String {
        var key = FlowKey()
        let port = UInt32(truncatingIfNeeded: packet.fields.key[.inPort].low)
        packet.data.withUnsafeBytes { bytes in
            withUnsafeMutablePointer(to: &key) { _ = extract(frame: bytes, inPort: port, into: $0) }
        }
        let reason =
            switch packet.reason {
            case .noMatch: "no match"
            case .action: "action"
            case .invalidTTL: "invalid TTL"
            case .actionSet: "action set"
            case .group: "group"
            case .packetOut: "packet-out"
            }
        return
            "\(reason), table=\(packet.table), \(packet.totalLength) bytes, in_port=\(names.portName(port) ?? "\(port)"), "
            + summary(key)
    }

    /// Addresses and protocol of a packet.
    private static func summary(_ key: FlowKey) -> String {
        func mac(_ field: Field) -> String { MACAddress(rawValue: key[field].low).description }
        var text = "\(mac(.ethSource)) > \(mac(.ethDestination)), "
        let type = UInt16(truncatingIfNeeded: key[.ethType].low)
        func v4(_ field: Field) -> String {
            IPv4Address(rawValue: UInt32(truncatingIfNeeded: key[field].low)).description
        }
        func v6(_ field: Field) -> String { IPv6Address(high: key[field].high, low: key[field].low).description }
        switch type {
        case 0x0800: text += "\(v4(.ipv4Source)) > \(v4(.ipv4Destination)), protocol \(key[.ipProtocol].low)"
        case 0x86dd: text += "\(v6(.ipv6Source)) > \(v6(.ipv6Destination)), protocol \(key[.ipProtocol].low)"
        case 0x0806: text += "arp \(key[.arpOperation].low) \(v4(.arpSource)) > \(v4(.arpTarget))"
        default: text += "type 0x\(UInt64(type).hexadecimal(digits: 4))"
        }
        return text
    }

    private static func word(_ reason: FlowRemovedReason) -> String {
        switch reason {
        case .idleTimeout: "idle"
        case .hardTimeout: "timeout"
        case .delete: "deleted"
        case .groupDelete: "its group went"
        case .meterDelete: "its meter went"
        case .eviction: "evicted"
        }
    }
}
