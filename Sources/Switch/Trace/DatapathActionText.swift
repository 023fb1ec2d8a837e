import Wire

/// What the data path does, in the words of Open vSwitch (ovs-dpctl(8), `odp_actions`) where it has such an action.
struct DatapathActionText {
    unowned let datapath: Datapath
    /// The number under which a frozen state is told.
    var number: (Int32) -> Int32 = { $0 }
    /// Whether nothing is done in earnest.
    var isTrace = true
    /// Whether devices are called by their names; else by their numbers, from 1.
    var namesDevices = true

    /// The actions, or `drop`.
    func text(_ actions: some Sequence<DatapathAction>) -> String {
        var items: [String] = []
        // Actions inside of clones, and where each begins.
        var outer: [[String]] = []
        var fields: [(field: Field, value: FieldValue)] = []
        func endFields() {
            if !fields.isEmpty { items += Self.sets(fields) }
            fields = []
        }
        var pushed: MPLSLabel?
        var pushedType: UInt16 = 0
        func endPush() {
            if let pushed { items.append(Self.push(pushed, pushedType)) }
            pushed = nil
        }
        for action in actions {
            if case .setField(let field, let value) = action {
                // A label that was pushed right before has these values from the start.
                if fields.isEmpty, pushed?.set(field, UInt32(truncatingIfNeeded: value.low)) == true { continue }
                endPush()
                fields.append((field, value))
                continue
            }
            endPush()
            endFields()
            if case .pushMPLS(let type, let entry) = action {
                pushed = MPLSLabel(rawValue: entry)
                pushedType = type
                continue
            }
            switch action {
            case .beginClone:
                outer.append(items)
                items = []
            case .endClone:
                let inner = items
                items = outer.popLast() ?? []
                if inner.count == 2 && inner[0].hasPrefix("trunc(") {
                    // Open vSwitch's `trunc` is for the next output alone.
                    items += inner
                } else {
                    items.append("clone(\(inner.joined(separator: ",")))")
                }
            default: if let text = text(action) { items.append(text) }
            }
        }
        endPush()
        endFields()
        return items.isEmpty ? "drop" : items.joined(separator: ",")
    }

    private func text(_ action: DatapathAction) -> String? {
        switch action {
        case .device(let device): return namesDevices ? datapath.deviceName(device) : String(device + 1)
        case .link(let direction): return "link(\(farEnd(of: direction)))"
        case .pushVLAN(let tpid, let tci):
            let type = tpid == 0x8100 ? "" : "tpid=\(hexadecimal(tpid)),"
            let isPresent = tci & FlowKey.vlanPresent != 0 ? "" : ",cfi=0"
            return "push_vlan(\(type)vid=\(tci & 0xfff),pcp=\(tci >> 13)\(isPresent))"
        case .popVLAN: return "pop_vlan"
        case .popMPLS(let type): return "pop_mpls(eth_type=\(hexadecimal(type)))"
        case .pushPBB(let type, let tag):
            return "push_pbb(isid=\(hexadecimal(tag & 0xff_ffff)),pcp=\(tag >> 29),eth_type=\(hexadecimal(type)))"
        case .popPBB: return "pop_pbb"
        case .copyTTL(let inward): return inward ? "copy_ttl_in" : "copy_ttl_out"
        case .setQueue(let queue): return "set(skb_priority(\(hexadecimal(queue))))"
        case .truncate(let length): return "trunc(\(length))"
        case .capture(let port, _): return "capture(\(datapath.ports[Int(port)].name))"
        case .bridgeProtocol: return "userspace(pid=0,slow_path(stp))"
        case .recirculate(let state): return "recirc(\(hexadecimal(number(state))))"
        case .checkLength(let length, let longer, let other):
            return "check_pkt_len(size=\(length),gt(recirc(\(hexadecimal(number(longer))))),"
                + "le(recirc(\(hexadecimal(number(other))))))"
        case .hash(let description, _):
            return "hash(sym_l4(\(datapath.pipeline.hashes[description].basis)))"
        case .controller(let notice): return text(datapath.pipeline.notices[notice])
        case .sample(let sample):
            let probability = Int(datapath.pipeline.samples[sample].sample.probability)
            return "sample(sample=\(probability * 100 / 65536)%,actions(userspace(pid=0,flow_sample)))"
        case .meter(let number): return "meter(\(number))"
        case .track(let tracking): return Self.text(datapath.pipeline.trackings[tracking].request)
        case .clearConnection: return "ct_clear"
        // Open vSwitch's clones of a packet do the same unsaid.
        case .hideConnection, .setField, .beginClone, .endClone, .pushMPLS: return nil
        }
    }

    private static func push(_ label: MPLSLabel, _ type: UInt16) -> String {
        "push_mpls(label=\(label.label),tc=\(label.trafficClass),ttl=\(label.timeToLive),"
            + "bos=\(label.isBottom ? 1 : 0),eth_type=\(hexadecimal(type)))"
    }

    private func farEnd(of direction: Int32) -> String {
        switch datapath.directions[Int(direction)].far {
        case .device(let device): return datapath.deviceName(device)
        case .port(let number):
            let port = datapath.ports[Int(number)]
            return "\(datapath.bridges[Int(port.bridge)].name):\(port.name)"
        case .none: return "nowhere"
        }
    }

    private func text(_ notice: ControllerNotice) -> String {
        let reason = notice.reason.rawValue
        let cookie = notice.cookie == .max || notice.cookie == 0 ? "0" : hexadecimal(notice.cookie)
        return "userspace(pid=0,controller(reason=\(reason),dont_send=\(isTrace ? 1 : 0),"
            + "continuation=\(notice.continuation == nil ? 0 : 1),recirc_id=0,rule_cookie=\(cookie),"
            + "controller_id=\(notice.controller),max_len=\(notice.maxLength)))"
    }

    // MARK: Connections

    private static func text(_ request: ConnectionRequest) -> String {
        var parts: [String] = []
        if request.commit { parts.append(request.force ? "force_commit" : "commit") }
        if request.zone != 0 { parts.append("zone=\(request.zone)") }
        if request.markMask != 0 { parts.append("mark=\(hexadecimal(request.mark))/\(hexadecimal(request.markMask))") }
        if !request.labelMask.isZero {
            parts.append(
                "label=\(FieldText.plainHexadecimal(request.label))/\(FieldText.plainHexadecimal(request.labelMask))")
        }
        if let helper = request.helper { parts.append("helper=\(helper == .ftp ? "ftp" : "tftp")") }
        if let translation = request.translation { parts.append(Action.nat(translation).description) }
        return parts.isEmpty ? "ct" : "ct(\(parts.joined(separator: ",")))"
    }

    // MARK: Fields

    /// Header, and the names of its fields in the order of printing.
    private static let headers: [(name: String, fields: [(field: Field, name: String)])] = [
        ("eth", [(.ethSource, "src"), (.ethDestination, "dst")]),
        ("eth_type", [(.ethType, "")]),
        (
            "ipv4",
            [
                (.ipv4Source, "src"), (.ipv4Destination, "dst"), (.ipProtocol, "proto"), (.ipToS, "tos"),
                (.ipTTL, "ttl"),
            ]
        ),
        (
            "ipv6",
            [
                (.ipv6Source, "src"), (.ipv6Destination, "dst"), (.ipv6FlowLabel, "label"), (.ipProtocol, "proto"),
                (.ipToS, "tclass"), (.ipTTL, "hlimit"),
            ]
        ),
        (
            "arp",
            [
                (.arpSource, "sip"), (.arpTarget, "tip"), (.arpOperation, "op"), (.arpSourceEth, "sha"),
                (.arpTargetEth, "tha"),
            ]
        ),
        ("nd", [(.ndTarget, "target"), (.ndSourceEth, "sll"), (.ndTargetEth, "tll")]),
        ("mpls", [(.mplsLabel, "label"), (.mplsTC, "tc"), (.mplsTTL, "ttl"), (.mplsBoS, "bos")]),
        ("tcp", [(.tcpSource, "src"), (.tcpDestination, "dst")]),
        ("udp", [(.udpSource, "src"), (.udpDestination, "dst")]),
        ("sctp", [(.sctpSource, "src"), (.sctpDestination, "dst")]),
        ("icmp", [(.icmpType, "type"), (.icmpCode, "code")]),
        ("icmpv6", [(.icmpv6Type, "type"), (.icmpv6Code, "code")]),
    ]

    private static func sets(_ fields: [(field: Field, value: FieldValue)]) -> [String] {
        var left = fields
        var items: [String] = []
        // The fields that IPv4 and IPv6 share tell nothing: the addresses or the flow label do.
        let isIPv6 = fields.contains { [.ipv6Source, .ipv6Destination, .ipv6FlowLabel].contains($0.field) }
        for header in headers where !(header.name == "ipv4" && isIPv6) {
            var parts: [String] = []
            for (field, name) in header.fields {
                guard let place = left.firstIndex(where: { $0.field == field }) else { continue }
                let value = left.remove(at: place).value
                let text =
                    field == .ipToS || field == .ethType || field == .ipv6FlowLabel
                    ? FieldText.plainHexadecimal(value) : FieldText.format(field, value, .ones(field.width))
                parts.append(name.isEmpty ? text : "\(name)=\(text)")
            }
            if !parts.isEmpty { items.append("set(\(header.name)(\(parts.joined(separator: ","))))") }
        }
        for (field, value) in left {
            items.append("set(\(field.names[0])(\(FieldText.format(field, value, .ones(field.width)))))")
        }
        return items
    }
}

extension MPLSLabel {
    /// - Returns: whether it has such a field.
    fileprivate mutating func set(_ field: Field, _ value: UInt32) -> Bool {
        switch field {
        case .mplsLabel: self = MPLSLabel(rawValue: rawValue & 0xfff | value << 12)
        case .mplsTC: self = MPLSLabel(rawValue: rawValue & ~0xe00 | value << 9)
        case .mplsTTL: self = MPLSLabel(rawValue: rawValue & ~0xff | value)
        default: return false
        }
        return true
    }
}

private func hexadecimal(_ value: some BinaryInteger) -> String { "0x" + String(value, radix: 16) }
