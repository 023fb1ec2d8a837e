import Wire

// What would happen to a packet: the translation told step by step, in the words of `ovs-appctl ofproto/trace`.

/// Takes down the steps of a translation.
public final class TraceRecorder {
    private var lines: [String] = []
    private var level = 0
    private var opened: [Int] = []

    public init() {}

    func line(_ text: String) { lines.append(String(repeating: "    ", count: level) + text) }
    func indent() { level += 1 }
    func outdent() { level -= 1 }

    /// Starts the part of another bridge.
    func open(_ title: String, underlined: Bool) {
        opened.append(level)
        if !lines.isEmpty { lines.append("") }
        line(title)
        line(String(repeating: "-", count: title.count))
    }

    func close() { level = opened.removeLast() }

    func rule(_ rule: FlowRule) {
        let match = rule.match.description
        let condition = match.isEmpty ? "" : match + ", "
        line("\(rule.table < 10 ? " " : "")\(rule.table). \(condition)priority \(rule.priority)")
        indent()
        let actions = rule.instructions.description
        if rule.instructions.apply.isEmpty { line(actions) }
        outdent()
    }

    var text: String { lines.joined(separator: "\n") }
}

extension DropReason {
    /// The reason in a sentence's words.
    public var explanation: String {
        switch self {
        case .badOffload: "offload header contradicts the frame"
        case .badLength: "bad frame length"
        case .unconnected: "nothing is connected there"
        case .linkDown: "link is down"
        case .noFlow: "no matching flow"
        case .flow: "by the flow's actions"
        case .spanningTree: "the spanning tree does not forward on the port"
        case .vlan: "the port does not carry the VLAN"
        case .hairpin: "destination is behind the input port"
        case .reserved: "address that bridges do not forward"
        case .nowhere: "no port to send to"
        case .ttl: "TTL expired"
        case .tooDeep: "loop"
        case .meter: "over the meter's rate"
        case .port: "the port's settings"
        case .connection: "refused by the connection tracker"
        case .noMemory: "out of packet memory"
        case .device: "the kernel refused it"
        }
    }
}

extension Datapath {
    /// Tells what would happen to a packet with these header fields that comes to a port of a bridge. Learns nothing.
    /// - Parameter key: the packet; its `in_port` is the number of the port in the bridge.
    /// - Returns: the trace, or nil where the bridge has no such port.
    public func trace(bridge: Int32, key: FlowKey, now: UInt64) -> String? {
        let owner = bridges[Int(bridge)]
        guard let port = owner.ports[UInt32(truncatingIfNeeded: key.value(.inPort))] else { return nil }
        let translation = Translation(datapath: self)
        let recorder = TraceRecorder()
        translation.recorder = recorder
        translation.learns = false
        translation.key = key
        translation.now = now
        translation.run(port: port)
        translation.wildcards.setExact(.inPort)
        let matched = Match(key: key, mask: translation.wildcards)
        var actions: [String] = []
        for action in translation.actions { actions.append(text(action)) }
        return """
            Flow: \(key.description)

            \(recorder.text)

            Megaflow: \(matched.description)
            Datapath actions: \(actions.isEmpty ? "drop" : actions.joined(separator: ","))
            """
    }

    private func text(_ action: DatapathAction) -> String {
        switch action {
        case .device(let device): return deviceNames[Int(device)]
        case .link(let direction):
            let far: String
            switch directions[Int(direction)].far {
            case .device(let device): far = deviceNames[Int(device)]
            case .port(let port): far = "\(bridges[Int(ports[Int(port)].bridge)].name):\(ports[Int(port)].name)"
            case .none: far = "nowhere"
            }
            return "link(\(far))"
        case .setField(let field, let value):
            return "set(\(field.names[0])=\(FieldText.format(field, value, .ones(field.width))))"
        case .pushVLAN(let tpid, let tci):
            return "push_vlan(vid=\(tci & 0xfff),pcp=\(tci >> 13),tpid=0x\(String(tpid, radix: 16)))"
        case .popVLAN: return "pop_vlan"
        case .pushMPLS(let type, let entry):
            let label = MPLSLabel(rawValue: entry)
            return "push_mpls(label=\(label.label),tc=\(label.trafficClass),ttl=\(label.timeToLive),"
                + "bos=\(label.isBottom ? 1 : 0),eth_type=0x\(String(type, radix: 16)))"
        case .popMPLS(let type): return "pop_mpls(eth_type=0x\(String(type, radix: 16)))"
        case .pushPBB(let type, let tag):
            return "push_pbb(isid=0x\(String(tag & 0xff_ffff, radix: 16)),pcp=\(tag >> 29),"
                + "eth_type=0x\(String(type, radix: 16)))"
        case .popPBB: return "pop_pbb"
        case .copyTTL(let inward): return inward ? "copy_ttl_in" : "copy_ttl_out"
        case .setQueue(let queue): return "set_queue(\(queue))"
        case .truncate(let length): return "trunc(\(length))"
        case .capture(let port, _): return "capture(\(ports[Int(port)].name))"
        case .bridgeProtocol: return "stp"
        case .beginClone: return "clone("
        case .endClone: return ")"
        case .recirculate(let number): return "recirc(0x\(String(number, radix: 16)))"
        case .checkLength(let length, let longer, let other):
            return "check_pkt_len(size=\(length),gt(recirc(0x\(String(longer, radix: 16)))),"
                + "le(recirc(0x\(String(other, radix: 16)))))"
        case .hash: return "hash(l4(0))"
        case .controller: return "userspace(controller)"
        case .sample: return "sample"
        case .meter(let number): return "meter(\(number))"
        case .track: return "ct"
        case .hideConnection: return "ct_hide"
        case .clearConnection: return "ct_clear"
        }
    }
}
