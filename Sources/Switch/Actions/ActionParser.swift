import Wire

/// Reads actions and instructions as ovs-ofctl takes them (ovs-actions(7)).
struct ActionParser {
    let names: FlowNames
    /// Parentheses in parentheses; bounded, so that bad text does not exhaust the stack.
    private var depth = 0

    init(names: FlowNames) { self.names = names }

    private static let maximumDepth = 64

    // MARK: Lists

    /// The instructions in OpenFlow's order, in which they must stand in the text.
    private enum Step: Int { case meter, apply, clear, write, metadata, trigger, goTo }

    /// Reads the actions and instructions of a flow.
    mutating func parse(_ text: Substring, into instructions: inout Instructions) throws(ActionSyntaxError) {
        var items = KeyValueScanner(text)
        var step: Step?
        var isDrop = false
        func advance(to next: Step, _ name: Substring) throws(ActionSyntaxError) {
            if let step, next.rawValue < step.rawValue || next == step && next != .apply {
                throw ActionSyntaxError(
                    next == step ? "\(name) stands here twice" : "\(name) must stand before what is in front of it")
            }
            step = next
        }
        while let (name, value) = items.next() {
            let word = name.lowercased()
            switch word {
            case "meter" where step == nil:
                try advance(to: .meter, name)
                instructions.meter = try Self.meter(value)
            case "clear_actions":
                try advance(to: .clear, name)
                instructions.clear = true
            case "write_actions":
                try advance(to: .write, name)
                instructions.write = try nested(value)
            case "write_metadata":
                try advance(to: .metadata, name)
                instructions.metadata = try Self.metadata(value)
            case "stat_trigger":
                try advance(to: .trigger, name)
                instructions.statisticsTrigger = try StatisticsTrigger(parsing: value)
            case "goto_table":
                try advance(to: .goTo, name)
                guard let table = names.table(value), table != 255 else {
                    throw ActionSyntaxError("goto_table: there is no table “\(value)”")
                }
                instructions.goTo = table
            case "apply_actions": throw ActionSyntaxError("apply_actions is what is done without a word for it")
            case "drop":
                isDrop = true
                try advance(to: .apply, name)
            default:
                try advance(to: .apply, name)
                instructions.apply.append(try action(word, name, value))
            }
        }
        if isDrop, instructions != Instructions() {
            throw ActionSyntaxError("drop stands alone, without other actions or instructions")
        }
    }

    /// Reads a list of actions.
    func actions(_ text: Substring) throws(ActionSyntaxError) -> [Action] {
        var result: [Action] = []
        var items = KeyValueScanner(text)
        var isDrop = false
        while let (name, value) = items.next() {
            let word = name.lowercased()
            if word == "drop" {
                isDrop = true
            } else {
                result.append(try action(word, name, value))
            }
        }
        guard !isDrop || result.isEmpty else { throw ActionSyntaxError("drop stands alone, without other actions") }
        return result
    }

    /// Reads a list of actions within another action.
    func nested(_ text: Substring) throws(ActionSyntaxError) -> [Action] {
        guard depth < Self.maximumDepth else { throw ActionSyntaxError("the parentheses are nested too deeply") }
        var parser = self
        parser.depth += 1
        return try parser.actions(text)
    }

    private static func metadata(_ text: Substring) throws(ActionSyntaxError) -> (value: UInt64, mask: UInt64) {
        guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) else {
            return (try text.number("write_metadata"), .max)
        }
        return (
            try text[..<slash].number("write_metadata"),
            try text[text.utf8.index(after: slash)...].number("write_metadata")
        )
    }

    // MARK: Actions

    private func action(
        _ word: String, _ name: Substring, _ value: Substring
    ) throws(ActionSyntaxError) -> Action {
        // The most frequent first: a bare port, an output.
        if value.isEmpty, word.utf8.first.map({ 0x30...0x39 ~= $0 }) ?? false, let port = names.port(name) {
            return try Self.output(to: port, name)
        }
        switch word {
        case "output", "output_reg": return try output(value)
        case "controller": return .controller(try ControllerOutput(parsing: value))
        case "enqueue": return try enqueue(value)
        case "set_queue": return .setQueue(try value.number(word))
        case "pop_queue": return .popQueue
        case "group": return .group(try value.number(word))
        case "meter": return .meter(try Self.meter(value))
        case "bundle": return .bundle(try BundleChoice(parsing: value, loads: false, names))
        case "bundle_load": return .bundle(try BundleChoice(parsing: value, loads: true, names))
        case "set_field": return try setField(value)
        case "delete_field": return try deleteField(value)
        case "load": return try load(value)
        case "move": return try move(value)
        case "push": return .push(try Subfield(parsing: value))
        case "pop": return .pop(try Subfield.writable(value))
        case "dec_ttl": return try decrementTTL(value)
        case "dec_mpls_ttl": return .decrementMPLSTTL
        case "copy_ttl_out": return .copyTTLOut
        case "copy_ttl_in": return .copyTTLIn
        case "push_vlan":
            let tpid: UInt16 = try value.number(word)
            guard tpid == 0x8100 || tpid == 0x88a8 else {
                throw ActionSyntaxError("push_vlan takes 0x8100 or 0x88a8, not \(value)")
            }
            return .pushVLAN(tpid: tpid)
        case "pop_vlan", "strip_vlan": return .popVLAN
        case "push_mpls": return .pushMPLS(etherType: try value.number(word))
        case "pop_mpls": return .popMPLS(etherType: try value.number(word))
        case "push_pbb": return .pushPBB(etherType: value.isEmpty ? 0x88e7 : try value.number(word))
        case "pop_pbb": return .popPBB
        case "set_tunnel":
            let key: UInt64 = try value.number(word)
            return .setTunnel(key, wide: key > UInt64(UInt32.max))
        case "set_tunnel64": return .setTunnel(try value.number(word), wide: true)
        case "resubmit": return try resubmit(value)
        case "clone": return .clone(try nested(value))
        case "exit": return .exit
        case "learn": return .learn(try LearnedFlow(parsing: value, names))
        case "conjunction": return try conjunction(value)
        case "multipath": return .multipath(try Multipath(parsing: value))
        case "fin_timeout": return try finTimeout(value)
        case "check_pkt_larger": return try checkPacketLarger(value)
        case "ct": return .connectionTrack(try ConnectionTracking(parsing: value, self))
        case "ct_clear": return .connectionClear
        case "nat": return .nat(try AddressTranslation(parsing: value))
        case "sample": return .sample(try PacketSample(parsing: value, names))
        case "note": return .note(try Action.bytes(value, word))
        case "encap":
            guard let type = Self.encapsulations.first(where: { Action.encapsulation($0) ?? "" == value }) else {
                throw ActionSyntaxError("encap: there is no header “\(value)”")
            }
            return .encapsulate(packetType: type)
        case "decap": return try decapsulate(value)
        default:
            if let action = try setter(word, value) { return action }
            return try bare(name, value)
        }
    }

    private static let encapsulations: [UInt32] = [0, 0x1_894f, 0x1_8847, 0x1_8848]

    private func bare(_ name: Substring, _ value: Substring) throws(ActionSyntaxError) -> Action {
        guard value.isEmpty, let port = names.port(name) else {
            throw ActionSyntaxError("there is no action “\(name)”")
        }
        return try Self.output(to: port, name)
    }

    /// The setters of OpenFlow 1.0 and 1.1.
    private func setter(_ word: String, _ value: Substring) throws(ActionSyntaxError) -> Action? {
        switch word {
        case "mod_vlan_vid", "set_vlan_vid":
            return .setVLANID(try below(4096, value, word), pushIfNeeded: word == "mod_vlan_vid")
        case "mod_vlan_pcp", "set_vlan_pcp":
            return .setVLANPriority(try below(8, value, word), pushIfNeeded: word == "mod_vlan_pcp")
        case "mod_dl_src", "mod_dl_dst":
            guard let address = MACAddress(String(value)) else {
                throw ActionSyntaxError("\(word): “\(value)” is not an Ethernet address")
            }
            return word == "mod_dl_src"
                ? .setEthernetSource(address.rawValue) : .setEthernetDestination(address.rawValue)
        case "mod_nw_src", "mod_nw_dst":
            guard let address = IPv4Address(String(value)) else {
                throw ActionSyntaxError("\(word): “\(value)” is not an IPv4 address")
            }
            return word == "mod_nw_src" ? .setIPv4Source(address.rawValue) : .setIPv4Destination(address.rawValue)
        case "mod_nw_tos":
            let octet: UInt8 = try value.number(word)
            guard octet & 3 == 0 else { throw ActionSyntaxError("mod_nw_tos: a multiple of 4, not \(value)") }
            return .setToS(octet)
        case "mod_nw_ecn": return .setECN(try below(4, value, word))
        case "mod_nw_ttl", "set_nw_ttl": return .setTTL(try value.number(word))
        case "mod_tp_src": return .setTransportSource(try value.number(word))
        case "mod_tp_dst": return .setTransportDestination(try value.number(word))
        case "set_mpls_label": return .setMPLSLabel(try below(1 << 20, value, word))
        case "set_mpls_tc": return .setMPLSTC(try below(8, value, word))
        case "set_mpls_ttl": return .setMPLSTTL(try value.number(word))
        default: return nil
        }
    }

    private func below<N: FixedWidthInteger>(
        _ limit: N, _ text: Substring, _ word: String
    ) throws(ActionSyntaxError) -> N {
        let number: N = try text.number(word)
        guard number < limit else { throw ActionSyntaxError("\(word): a number below \(limit), not \(text)") }
        return number
    }

    private static func output(to port: UInt32, _ text: Substring) throws(ActionSyntaxError) -> Action {
        guard port <= PortNumber.maximum || PortNumber.inPort...PortNumber.local ~= port else {
            throw ActionSyntaxError("nothing can be output to “\(text)”; drop drops the packet")
        }
        return port == PortNumber.controller ? .controller(ControllerOutput()) : .output(port)
    }

    private static func meter(_ text: Substring) throws(ActionSyntaxError) -> UInt32 {
        let number: UInt32 = try text.number("meter")
        guard number != 0 else { throw ActionSyntaxError("meter: the first meter is 1") }
        return number
    }

    private func output(_ text: Substring) throws(ActionSyntaxError) -> Action {
        if text.utf8.contains(UInt8(ascii: "=")) {
            var port: UInt32?
            var length: UInt32?
            var items = KeyValueScanner(text)
            while let (name, value) = items.next() {
                switch name {
                case "port": port = names.port(value)
                case "max_len": length = try value.number("max_len")
                default: throw ActionSyntaxError("output: knows no “\(name)”")
                }
            }
            guard let port, port <= PortNumber.maximum || port == PortNumber.local || port == PortNumber.inPort
            else { throw ActionSyntaxError("output: port and max_len need an ordinary port, LOCAL or IN_PORT") }
            guard let length, length >= 14 else { throw ActionSyntaxError("output: max_len is at least 14") }
            return .outputTruncated(port: port, maxLength: length)
        }
        if let port = names.port(text) { return try Self.output(to: port, text) }
        if let bits = try? Subfield(parsing: text) { return .outputField(bits, maxLength: 0xffff) }
        throw ActionSyntaxError("output: there is no port “\(text)”")
    }

    private func enqueue(_ text: Substring) throws(ActionSyntaxError) -> Action {
        var parts = text.parts { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ",") }
        if parts.count == 1 { parts = text.split(separator: "q", maxSplits: 1) }
        guard parts.count == 2 else { throw ActionSyntaxError("enqueue takes PORT:QUEUE or (PORT,QUEUE)") }
        guard let port = names.port(parts[0]) else {
            throw ActionSyntaxError("enqueue: there is no port “\(parts[0])”")
        }
        return .enqueue(port: port, queue: try parts[1].trimmed().number("queue"))
    }

    private func setField(_ text: Substring) throws(ActionSyntaxError) -> Action {
        guard let (before, behind) = text.splitAtArrow() else {
            throw ActionSyntaxError("set_field takes VALUE->FIELD, as in set_field:10.0.0.1->ip_dst")
        }
        guard let field = Field(named: behind) ?? Field(extensibleName: String(behind)) else {
            throw ActionSyntaxError("there is no field “\(behind)”")
        }
        guard field.isWritable, field != .vlanID else { throw ActionSyntaxError("\(field.setName) is read-only") }
        do throws(MatchSyntaxError) {
            if let index = field.tunnelOption {
                return .setTunnelOption(try TunnelOption(parsing: before, index: index, String(behind)))
            }
            var (value, mask) = try FieldText.parse(field, String(behind), String(before), names.portNumber)
            // All the flags that there are: all of the field.
            if mask == field.flagBits { mask = .ones(field.width) }
            guard mask == .ones(field.width) || field.isMaskable else { throw .notMaskable(String(behind)) }
            guard (value & ~mask).isZero else {
                throw .valueOutsideMask(field: String(behind), value: String(before))
            }
            return .setField(field, value: value, mask: mask)
        } catch { throw ActionSyntaxError("set_field: \(error.description)") }
    }

    private func deleteField(_ text: Substring) throws(ActionSyntaxError) -> Action {
        guard let field = Field(named: text) ?? Field(extensibleName: String(text)) else {
            throw ActionSyntaxError("there is no field “\(text)”")
        }
        guard field.tunnelOption != nil else {
            throw ActionSyntaxError("delete_field: \(field.setName) is always there; tun_metadata0 to 63 can go")
        }
        return .deleteField(field)
    }

    private func load(_ text: Substring) throws(ActionSyntaxError) -> Action {
        guard let (before, behind) = text.splitAtArrow(), let value = FieldValue(fieldText: String(before)) else {
            throw ActionSyntaxError("load takes NUMBER->FIELD[BITS], as in load:5->NXM_NX_REG0[0..7]")
        }
        let bits = try Subfield.writable(behind)
        guard (value & ~FieldValue.ones(bits.count)).isZero else {
            throw ActionSyntaxError("load: \(before) does not fit into the \(bits.count) bits of \(bits)")
        }
        if let index = bits.field.tunnelOption {
            return .setTunnelOption(TunnelOption(index: index, value, start: bits.start, count: bits.count))
        }
        guard bits.count <= 64 else {
            // What ovs-ofctl splits into loads of 64 bits is one action here.
            return .setField(bits.field, value: value << bits.start, mask: .ones(bits.count) << bits.start)
        }
        return .load(value.low, bits)
    }

    private func move(_ text: Substring) throws(ActionSyntaxError) -> Action {
        guard let (before, behind) = text.splitAtArrow() else {
            throw ActionSyntaxError("move takes FIELD[BITS]->FIELD[BITS]")
        }
        let source = try Subfield(parsing: before)
        let target = try Subfield.writable(behind)
        guard source.count == target.count else {
            throw ActionSyntaxError("move: \(source) has \(source.count) bits and \(target) has \(target.count)")
        }
        return .move(from: source, to: target)
    }

    private func decrementTTL(_ text: Substring) throws(ActionSyntaxError) -> Action {
        var ids: [UInt16] = []
        for part in text.split(whereSeparator: { $0 == "," || $0 == " " }) { ids.append(try part.number("dec_ttl")) }
        return .decrementTTL(controllers: ids)
    }

    private func resubmit(_ text: Substring) throws(ActionSyntaxError) -> Action {
        let parts = text.parts()
        var port: UInt32?
        var table: UInt8?
        if let first = parts.first, !first.isEmpty {
            guard let number = names.port(first) else {
                throw ActionSyntaxError("resubmit: there is no port “\(first)”")
            }
            port = number == PortNumber.inPort ? nil : number
        }
        if parts.count > 1, !parts[1].isEmpty {
            guard let number = names.table(parts[1]) else {
                throw ActionSyntaxError("resubmit: there is no table “\(parts[1])”")
            }
            table = number == 255 ? nil : number
        }
        guard parts.count <= 3, parts.count < 3 || parts[2] == "ct" || parts[2].isEmpty else {
            throw ActionSyntaxError("resubmit takes (PORT,TABLE) or (PORT,TABLE,ct)")
        }
        guard port != nil || table != nil else { throw ActionSyntaxError("resubmit: needs a port or a table") }
        return .resubmit(port: port, table: table, connectionTuple: parts.count == 3 && parts[2] == "ct")
    }

    private func conjunction(_ text: Substring) throws(ActionSyntaxError) -> Action {
        let parts = text.parts()
        let fraction = parts.last?.split(separator: "/").map { $0.trimmed() } ?? []
        guard parts.count == 2, fraction.count == 2 else {
            throw ActionSyntaxError("conjunction takes (ID,K/N), as in conjunction(7,1/2)")
        }
        let clause: UInt8 = try fraction[0].number("conjunction")
        let clauses: UInt8 = try fraction[1].number("conjunction")
        guard 2...64 ~= clauses, 1...clauses ~= clause else {
            throw ActionSyntaxError("conjunction: of 2 to 64 clauses, the first is 1")
        }
        return .conjunction(id: try parts[0].number("conjunction"), clause: clause - 1, clauses: clauses)
    }

    private func finTimeout(_ text: Substring) throws(ActionSyntaxError) -> Action {
        var idle: UInt16 = 0
        var hard: UInt16 = 0
        var items = KeyValueScanner(text)
        while let (name, value) = items.next() {
            switch name {
            case "idle_timeout": idle = try value.number("idle_timeout")
            case "hard_timeout": hard = try value.number("hard_timeout")
            default: throw ActionSyntaxError("fin_timeout: knows no “\(name)”")
            }
        }
        return .finTimeout(idle: idle, hard: hard)
    }

    private func checkPacketLarger(_ text: Substring) throws(ActionSyntaxError) -> Action {
        guard let (before, behind) = text.splitAtArrow() else {
            throw ActionSyntaxError("check_pkt_larger takes (BYTES)->FIELD[BIT]")
        }
        let length = before.last == ")" ? before.dropLast() : before
        let bit = try Subfield.writable(behind)
        guard bit.count == 1 else { throw ActionSyntaxError("check_pkt_larger: the answer is one bit") }
        return .checkPacketLarger(length: try length.number("check_pkt_larger"), to: bit)
    }

    private func decapsulate(_ text: Substring) throws(ActionSyntaxError) -> Action {
        var items = KeyValueScanner(text)
        guard let (name, value) = items.next() else { return .decapsulate(packetType: nil) }
        guard name == "packet_type" else { throw ActionSyntaxError("decap takes packet_type(ns=N,type=N)") }
        var parts = KeyValueScanner(value)
        guard let space = parts.next(), space.name == "ns", let type = parts.next(), type.name == "type" else {
            throw ActionSyntaxError("decap takes packet_type(ns=N,type=N)")
        }
        let number =
            UInt32(try space.value.number("ns", UInt8.self)) << 16 | UInt32(try type.value.number("type", UInt16.self))
        return .decapsulate(packetType: number)
    }
}

extension Action {
    /// Reads a list of actions as ovs-ofctl takes them; `drop` is none.
    public static func parse(
        _ text: Substring, _ names: FlowNames = FlowNames()
    ) throws(ActionSyntaxError) -> [Action] {
        try ActionParser(names: names).actions(text)
    }
}
