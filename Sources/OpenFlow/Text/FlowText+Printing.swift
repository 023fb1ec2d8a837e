import Switch

extension FlowText {
    /// Appends a flow as `ovs-ofctl dump-flows` prints it, without the space in front.
    /// - Parameters:
    ///   - showsStatistics: false: as with `--no-stats`.
    ///   - showsAges: whether the time since it was used and modified is known (Nicira's extension tells; OpenFlow does not).
    public static func write(
        _ flow: FlowSnapshot, showsStatistics: Bool = true, showsAges: Bool = true, names: FlowNames = FlowNames(),
        to out: inout String
    ) {
        if showsStatistics || flow.cookie != 0 { out += "cookie=0x\(String(flow.cookie, radix: 16)), " }
        if showsStatistics { out += "duration=\(duration(flow.age)), " }
        if showsStatistics || flow.table != 0 || names.tableName(flow.table) != nil {
            out += "table="
            names.write(table: flow.table, to: &out)
            out += ", "
        }
        if showsStatistics { out += "n_packets=\(flow.packets), n_bytes=\(flow.bytes), " }
        if flow.idleTimeout != 0 { out += "idle_timeout=\(flow.idleTimeout), " }
        if flow.hardTimeout != 0 { out += "hard_timeout=\(flow.hardTimeout), " }
        out += words(flow.flags)
        if flow.importance != 0 { out += "importance=\(flow.importance), " }
        if showsStatistics, showsAges { out += "idle_age=\(flow.idle / 1_000_000_000), " }
        writeMatchAndActions(flow.match, flow.priority, flow.instructions, names, to: &out)
    }

    /// A flow as `ovs-ofctl dump-flows` prints it, without the space in front.
    public static func text(
        _ flow: FlowSnapshot, showsStatistics: Bool = true, showsAges: Bool = true, names: FlowNames = FlowNames()
    ) -> String {
        var out = ""
        write(flow, showsStatistics: showsStatistics, showsAges: showsAges, names: names, to: &out)
        return out
    }

    /// A change of the flow tables in the words of `ovs-ofctl parse-flow` and of snooped messages:
    /// `ADD table:1 priority=5,ip actions=output:2`.
    public static func text(_ change: FlowModification, names: FlowNames = FlowNames()) -> String {
        var out =
            switch change.command {
            case .add: "ADD"
            case .modify: "MOD"
            case .modifyStrict: "MOD_STRICT"
            case .delete: "DEL"
            case .deleteStrict: "DEL_STRICT"
            }
        if change.table != 0 {
            out += " table:"
            if let table = change.table { names.write(table: table, to: &out) } else { out += "255" }
        }
        out += " "
        writeMatch(change.match, change.priority, names, to: &out)
        if out.last != " " { out += " " }
        let newCookie = change.command == .add ? change.cookie : change.newCookie ?? 0
        if newCookie != 0, newCookie != .max { out += "cookie:0x\(String(newCookie, radix: 16)) " }
        if change.cookieMask != 0 {
            out += "cookie:0x\(String(change.cookie, radix: 16))/0x\(String(change.cookieMask, radix: 16)) "
        }
        if change.idleTimeout != 0 { out += "idle:\(change.idleTimeout) " }
        if change.hardTimeout != 0 { out += "hard:\(change.hardTimeout) " }
        if change.importance != 0 { out += "importance:\(change.importance) " }
        if let buffer = change.buffer { out += "buf:0x\(String(buffer, radix: 16)) " }
        if change.outPort != PortNumber.any {
            out += "out_port:"
            names.write(port: change.outPort, to: &out)
            out += " "
        }
        out += words(change.flags)
        out += "actions="
        change.instructions.write(to: &out, names)
        return out
    }

    private static func writeMatchAndActions(
        _ match: Match, _ priority: UInt16, _ instructions: Instructions, _ names: FlowNames, to out: inout String
    ) {
        let before = out.utf8.count
        writeMatch(match, priority, names, to: &out)
        if out.utf8.count != before { out += " " }
        out += "actions="
        instructions.write(to: &out, names)
    }

    private static func writeMatch(
        _ match: Match, _ priority: UInt16, _ names: FlowNames, to out: inout String
    ) {
        if priority != 32768 { out += match.isCatchAll ? "priority=\(priority)" : "priority=\(priority)," }
        match.write(to: &out, names)
    }

    private static func words(_ flags: FlowModification.Flags) -> String {
        var out = ""
        if flags.contains(.sendFlowRemoved) { out += "send_flow_rem " }
        if flags.contains(.checkOverlap) { out += "check_overlap " }
        if flags.contains(.resetCounts) { out += "reset_counts " }
        if flags.contains(.noPacketCounts) { out += "no_packet_counts " }
        if flags.contains(.noByteCounts) { out += "no_byte_counts " }
        return out
    }

    /// Nanoseconds as ovs-ofctl prints times: whole seconds, or three decimals where they are exact, or what is needed.
    public static func duration(_ nanoseconds: UInt64) -> String {
        let seconds = nanoseconds / 1_000_000_000
        let rest = nanoseconds % 1_000_000_000
        if rest == 0 { return "\(seconds)s" }
        if rest % 1_000_000 == 0 { return "\(seconds).\(String(rest / 1_000_000 + 1000).dropFirst())s" }
        var digits = String(rest + 1_000_000_000).dropFirst()
        while digits.last == "0" { digits = digits.dropLast() }
        return "\(seconds).\(digits)s"
    }
}
