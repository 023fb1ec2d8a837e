import Switch

/// Flows as ovs-ofctl writes them: `table=0,priority=100,ip,nw_dst=10.0.0.2,actions=output:2` (ovs-ofctl(8), "Flow Syntax").
public enum FlowText {
    /// Reads a change of the flow tables.
    ///
    /// What `dump-flows` prints beside the flow itself (`duration=`, `n_packets=` …) is passed over, so that its output can be
    /// fed back. Without `table=` an added flow goes to table 0; changes and deletions mean all tables.
    /// - Parameters:
    ///   - command: what to do; modifications and deletions take a `cookie=VALUE/MASK` that selects flows, and deletions
    ///     `out_port=` and `out_group=`, but no actions.
    ///   - names: the numbers of ports and tables that are called by name.
    public static func parse(
        _ text: some StringProtocol, command: FlowModification.Command = .add, names: FlowNames = FlowNames()
    ) throws(FlowSyntaxError) -> FlowModification {
        let text = Substring(text)
        let isDeletion = command == .delete || command == .deleteStrict
        var flow = FlowModification(command, table: command == .add ? 0 : nil)
        var matchText = text
        if !isDeletion {
            guard let actions = actions(in: text) else {
                throw FlowSyntaxError("the flow has no actions (actions=drop drops what it matches)")
            }
            matchText = text[..<actions.lowerBound]
            flow.instructions = try FlowSyntaxError.wrapping { () throws(ActionSyntaxError) in
                try Instructions(parsing: text[actions.upperBound...], names)
            }
        }
        var items: [(name: Substring, value: Substring)] = []
        items.reserveCapacity(8)
        var scanner = KeyValueScanner(matchText)
        while let item = scanner.next() {
            if try !read(item.name, item.value, into: &flow, isDeletion, names) { items.append(item) }
        }
        flow.match = try FlowSyntaxError.wrapping { () throws(MatchSyntaxError) in
            try Match(items: items, portNumber: names.portNumber)
        }
        if !isDeletion { try verify(flow) }
        return flow
    }

    /// Reads a line of a file of flows, which may begin with a command: `delete tcp`, `modify_strict …`; none: add.
    public static func parseLine(
        _ text: some StringProtocol, names: FlowNames = FlowNames()
    ) throws(FlowSyntaxError) -> FlowModification {
        let line = BundleText.command(of: Substring(text), among: commands, else: .add)
        return try parse(line.rest, command: line.command, names: names)
    }

    private static let commands: [Substring: FlowModification.Command] = [
        "add": .add, "modify": .modify, "modify_strict": .modifyStrict, "delete": .delete,
        "delete_strict": .deleteStrict,
    ]

    /// Where the word `actions=` (or `action=`) stands, at the beginning of an item.
    static func actions(in text: Substring) -> Range<Substring.Index>? {
        let utf8 = text.utf8
        var index = utf8.startIndex
        var isItemStart = true
        let word: StaticString = "action"
        while index < utf8.endIndex {
            let character = utf8[index]
            if isItemStart, character == UInt8(ascii: "a") {
                let rest = utf8[index...]
                if rest.starts(with: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)) {
                    var end = utf8.index(index, offsetBy: 6)
                    if end < utf8.endIndex, utf8[end] == UInt8(ascii: "s") { end = utf8.index(after: end) }
                    if end < utf8.endIndex, utf8[end] == UInt8(ascii: "=") {
                        return index..<utf8.index(after: end)
                    }
                }
            }
            isItemStart = KeyValueScanner.isSeparator(character)
            utf8.formIndex(after: &index)
        }
        return nil
    }

    /// Reads what is not part of the match.
    /// - Returns: whether the item was known.
    private static func read(
        _ name: Substring, _ value: Substring, into flow: inout FlowModification, _ isDeletion: Bool, _ names: FlowNames
    ) throws(FlowSyntaxError) -> Bool {
        switch name {
        case "table":
            if value == "255" || value == "all" {
                flow.table = nil
            } else if let number = names.table(value) {
                flow.table = number
            } else {
                throw FlowSyntaxError("table: there is no table “\(value)”")
            }
        case "priority":
            guard flow.command != .delete else {
                throw FlowSyntaxError("priority: a deletion that is not strict has none")
            }
            flow.priority = try textNumber(value, "priority")
        case "cookie": try readCookie(value, into: &flow, isDeletion)
        case "duration", "n_packets", "n_bytes", "idle_age", "hard_age", "no_readonly_table", "allow_hidden_fields":
            break
        case "out_port" where isDeletion:
            guard let port = names.port(value) else {
                throw FlowSyntaxError("out_port: there is no port “\(value)”")
            }
            flow.outPort = port
        case "out_group" where isDeletion:
            flow.outGroup = value == "any" || value == "ANY" ? Group.any : try textNumber(value, "out_group")
        default:
            if isDeletion { return false }
            switch name {
            case "idle_timeout": flow.idleTimeout = try textNumber(value, "idle_timeout")
            case "hard_timeout": flow.hardTimeout = try textNumber(value, "hard_timeout")
            case "importance": flow.importance = try textNumber(value, "importance")
            case "send_flow_rem": flow.flags.insert(.sendFlowRemoved)
            case "check_overlap": flow.flags.insert(.checkOverlap)
            case "reset_counts": flow.flags.insert(.resetCounts)
            case "no_packet_counts": flow.flags.insert(.noPacketCounts)
            case "no_byte_counts": flow.flags.insert(.noByteCounts)
            default: return false
            }
        }
        return true
    }

    private static func readCookie(
        _ value: Substring, into flow: inout FlowModification, _ isDeletion: Bool
    ) throws(FlowSyntaxError) {
        guard let slash = value.utf8.firstIndex(of: UInt8(ascii: "/")) else {
            guard !isDeletion else {
                throw FlowSyntaxError("cookie: which cookies are meant needs a mask, as in cookie=\(value)/-1")
            }
            let cookie: UInt64 = try textNumber(value, "cookie", mayBeNegative: true)
            if flow.command == .add { flow.cookie = cookie } else { flow.newCookie = cookie }
            return
        }
        guard flow.command != .add else { throw FlowSyntaxError("cookie: an added flow's cookie has no mask") }
        flow.cookie = try textNumber(value[..<slash], "cookie", mayBeNegative: true)
        flow.cookieMask = try textNumber(
            value[value.utf8.index(after: slash)...], "the cookie's mask", mayBeNegative: true)
    }

    /// Refuses what the switch would refuse.
    private static func verify(_ flow: FlowModification) throws(FlowSyntaxError) {
        do throws(OpenFlowError) {
            try ActionCodec.verify(flow.instructions.apply, in: .list)
            try InstructionCodec.verifyActionSet(flow.instructions.write)
        } catch { throw FlowSyntaxError("an action may not stand where it does (\(error.name))") }
        if let goTo = flow.instructions.goTo, let table = flow.table, goTo <= table {
            throw FlowSyntaxError("goto_table:\(goTo) leads back; a table leads only to later ones")
        }
    }
}
