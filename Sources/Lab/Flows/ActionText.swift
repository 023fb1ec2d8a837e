import Switch

/// Actions as ovs-ofctl writes them: `mod_dl_src:00:00:00:00:00:01,push_vlan:0x8100,output:2`.
enum ActionText {
    static func parse(_ text: String, portNumber: (String) -> UInt32?) throws(FlowSyntaxError) -> Instructions {
        var instructions = Instructions()
        for item in split(text) {
            let (name, argument) = take(apart: item)
            switch name.lowercased() {
            case "clear_actions": instructions.clear = true
            case "goto_table": instructions.goTo = try FlowText.number(argument, name)
            case "write_actions": instructions.write += try parse(argument, portNumber: portNumber).apply
            case "write_metadata":
                let parts = argument.split(separator: "/", maxSplits: 1)
                instructions.metadata = (
                    try FlowText.number(parts.first ?? "", name),
                    parts.count == 2 ? try FlowText.number(parts[1], name) : .max
                )
            default: instructions.apply.append(try action(name, argument, item, portNumber))
            }
        }
        return instructions
    }

    private static func action(
        _ name: String, _ argument: String, _ item: String, _ portNumber: (String) -> UInt32?
    ) throws(FlowSyntaxError) -> Action {
        func port(_ text: some StringProtocol) throws(FlowSyntaxError) -> UInt32 {
            if let reserved = reserved(String(text)) ?? portNumber(String(text)) { return reserved }
            return try FlowText.number(text, "port")
        }
        switch name.lowercased() {
        case "drop": return .drop
        case "output": return .output(try port(argument))
        case "enqueue":
            let parts = argument.split { $0 == ":" || $0 == "," }
            guard parts.count == 2 else { throw FlowSyntaxError("enqueue takes a port and a queue: enqueue:1:2") }
            return .enqueue(port: try port(parts[0]), queue: try FlowText.number(parts[1], "queue"))
        case "set_queue": return .setQueue(try FlowText.number(argument, name))
        case "dec_ttl": return .decrementTTL()
        case "pop_vlan", "strip_vlan": return .popVLAN
        case "push_vlan":
            let type: UInt16 = try FlowText.number(argument, name)
            guard type == 0x8100 || type == 0x88a8 else {
                throw FlowSyntaxError("push_vlan takes 0x8100 or 0x88a8, not \(argument)")
            }
            return .pushVLAN(tpid: type)
        case "resubmit":
            let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
            let isCalledWithTable = parts.count == 2
            guard parts.count <= 2 else { throw FlowSyntaxError("resubmit takes a port and a table: resubmit(,1)") }
            return .resubmit(
                port: parts[0].isEmpty ? nil : try port(parts[0]),
                table: isCalledWithTable && !parts[1].isEmpty ? try FlowText.number(parts[1], "table") : nil)
        case "set_field":
            guard let arrow = argument.range(of: "->") else {
                throw FlowSyntaxError("set_field takes a value and a field: set_field:10.0.0.1->ip_dst")
            }
            return try set(String(argument[arrow.upperBound...]), String(argument[..<arrow.lowerBound]))
        case let modification where modification.hasPrefix("mod_"): return try modify(modification, argument)
        default:
            if argument.isEmpty, let number = reserved(name) ?? portNumber(name) { return .output(number) }
            if argument.isEmpty, let number = UInt32(name) { return .output(number) }
            throw FlowSyntaxError("“\(item)” is not an action known here")
        }
    }

    /// OpenFlow 1.0's modifications.
    private static func modify(_ name: String, _ argument: String) throws(FlowSyntaxError) -> Action {
        let fields = [
            "mod_dl_src": "eth_src", "mod_dl_dst": "eth_dst", "mod_nw_src": "ip_src", "mod_nw_dst": "ip_dst",
            "mod_nw_ttl": "nw_ttl", "mod_nw_tos": "nw_tos", "mod_nw_ecn": "nw_ecn",
        ]
        if let field = fields[name] { return try set(field, argument) }
        if name == "mod_vlan_vid" {
            // The bit that says that there is a tag goes with it (OpenFlow 1.2).
            let vlan: UInt16 = try FlowText.number(argument, name)
            guard vlan < 4096 else { throw FlowSyntaxError("mod_vlan_vid: a VLAN's number is below 4096") }
            return .setField(.vlanVID, value: FieldValue(vlan | 0x1000), mask: .ones(13))
        }
        if name == "mod_vlan_pcp" { return try set("vlan_pcp", argument) }
        throw FlowSyntaxError("“\(name)” is not an action known here")
    }

    /// A value is written as it is in a match, where a field stands in the company of the protocol that it belongs to.
    private static func set(_ name: String, _ value: String) throws(FlowSyntaxError) -> Action {
        guard let field = Field(named: name) else { throw FlowSyntaxError("there is no field “\(name)”") }
        var reason = ""
        for company in [
            "", "ip,", "ipv6,", "arp,", "tcp,", "udp,", "sctp,", "icmp,", "icmp6,", "vlan_tci=0x1000/0x1000,",
        ] {
            do throws(MatchSyntaxError) {
                let match = try Match(parsing: "\(company)\(name)=\(value)")
                return .setField(field, value: match.key[field], mask: match.mask[field])
            } catch {
                if reason.isEmpty { reason = error.description }
                if case .missingPrerequisite = error { reason = "" }
            }
        }
        throw FlowSyntaxError(reason.isEmpty ? "the field “\(name)” cannot be set" : reason)
    }

    private static func reserved(_ name: String) -> UInt32? {
        switch name.lowercased() {
        case "in_port": PortNumber.inPort
        case "table": PortNumber.table
        case "normal": PortNumber.normal
        case "flood": PortNumber.flood
        case "all": PortNumber.all
        case "controller": PortNumber.controller
        case "local": PortNumber.local
        default: nil
        }
    }

    /// `name`, `name:argument` or `name(argument)`.
    private static func take(apart item: String) -> (name: String, argument: String) {
        guard let mark = item.firstIndex(where: { $0 == ":" || $0 == "(" }) else { return (item, "") }
        var argument = item[item.index(after: mark)...]
        if item[mark] == "(", argument.hasSuffix(")") { argument = argument.dropLast() }
        return (String(item[..<mark]), String(argument))
    }

    /// At commas and white space outside parentheses.
    private static func split(_ text: String) -> [String] {
        var items: [String] = []
        var item = ""
        var depth = 0
        for character in text {
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            if depth == 0, character == "," || character.isWhitespace {
                if !item.isEmpty { items.append(item) }
                item = ""
            } else {
                item.append(character)
            }
        }
        if !item.isEmpty { items.append(item) }
        return items
    }
}

extension String {
    /// The first place of a piece of text.
    fileprivate func range(of piece: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(piece) { return start..<index(start, offsetBy: piece.count) }
            start = index(after: start)
        }
        return nil
    }
}
