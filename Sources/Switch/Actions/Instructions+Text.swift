extension Instructions: CustomStringConvertible {
    /// As ovs-ofctl prints the actions of a flow.
    public var description: String { text(FlowNames()) }

    /// As ovs-ofctl prints the actions of a flow, with the names of ports and tables.
    public func text(_ names: FlowNames) -> String {
        var out = ""
        write(to: &out, names)
        return out
    }

    /// Appends the actions of a flow.
    public func write(to out: inout String, _ names: FlowNames) {
        let start = out.utf8.count
        func separate(_ out: inout String) { if out.utf8.count != start { out += "," } }
        if let meter { out += "meter:\(meter)" }
        if !apply.isEmpty {
            separate(&out)
            Action.write(apply, to: &out, names)
        }
        if clear {
            separate(&out)
            out += "clear_actions"
        }
        if !write.isEmpty {
            separate(&out)
            out += "write_actions("
            Action.write(write, to: &out, names)
            out += ")"
        }
        if let metadata {
            separate(&out)
            out += "write_metadata:\(FieldText.plainHexadecimal(metadata.value))"
            if metadata.mask != .max { out += "/\(FieldText.plainHexadecimal(metadata.mask))" }
        }
        if let statisticsTrigger {
            separate(&out)
            out += statisticsTrigger.description
        }
        if let goTo {
            separate(&out)
            out += "goto_table:"
            names.write(table: goTo, to: &out)
        }
        if out.utf8.count == start { out += "drop" }
    }

    /// Reads the actions of a flow as ovs-ofctl takes them: the actions to apply, and the other instructions behind them
    /// in OpenFlow's order.
    public init(parsing text: Substring, _ names: FlowNames = FlowNames()) throws(ActionSyntaxError) {
        self.init()
        var parser = ActionParser(names: names)
        try parser.parse(text, into: &self)
    }
}

extension StatisticsTrigger: CustomStringConvertible {
    /// `stat_trigger(periodic,packets=1000)`; times in seconds. The words are ours: ovs-ofctl has none.
    public var description: String {
        var parts: [String] = []
        if periodic { parts.append("periodic") }
        if onlyFirst { parts.append("only_first") }
        for (name, time) in [("duration", duration), ("idle_time", idleTime)] {
            guard let time else { continue }
            let fraction = String(time % 1_000_000_000 + 1_000_000_000).dropFirst()
            var digits = fraction
            while digits.last == "0" { digits = digits.dropLast() }
            parts.append("\(name)=\(time / 1_000_000_000)\(digits.isEmpty ? "" : ".\(digits)")")
        }
        if let packets { parts.append("packets=\(packets)") }
        if let bytes { parts.append("bytes=\(bytes)") }
        return "stat_trigger(\(parts.joined(separator: ",")))"
    }

    init(parsing text: Substring) throws(ActionSyntaxError) {
        self.init()
        var items = KeyValueScanner(text)
        while let (name, value) = items.next() {
            switch name {
            case "periodic": periodic = true
            case "only_first": onlyFirst = true
            case "duration": duration = try Self.nanoseconds(value)
            case "idle_time": idleTime = try Self.nanoseconds(value)
            case "packets": packets = try value.number("packets")
            case "bytes": bytes = try value.number("bytes")
            default: throw ActionSyntaxError("stat_trigger: knows no “\(name)”")
            }
        }
    }

    private static func nanoseconds(_ text: Substring) throws(ActionSyntaxError) -> UInt64 {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let seconds = try (parts.first ?? "").number("seconds", UInt32.self)
        guard parts.count == 2 else { return UInt64(seconds) * 1_000_000_000 }
        guard 1...9 ~= parts[1].utf8.count, parts[1].utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else {
            throw ActionSyntaxError("“\(text)” is not a time in seconds")
        }
        let fraction = UInt64(parts[1] + String(repeating: "0", count: 9 - parts[1].utf8.count)) ?? 0
        return UInt64(seconds) * 1_000_000_000 + fraction
    }
}
