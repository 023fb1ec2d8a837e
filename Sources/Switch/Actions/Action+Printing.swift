extension Action: CustomStringConvertible {
    /// As ovs-ofctl prints it.
    public var description: String { text(FlowNames()) }

    /// As ovs-ofctl prints it, with the names of ports and tables.
    public func text(_ names: FlowNames) -> String {
        var out = ""
        write(to: &out, names)
        return out
    }

    /// Appends the actions, `drop` for none.
    public static func write(_ actions: [Action], to out: inout String, _ names: FlowNames) {
        var isFirst = true
        for action in actions {
            if !isFirst { out += "," }
            action.write(to: &out, names)
            isFirst = false
        }
        if isFirst { out += "drop" }
    }

    func write(to out: inout String, _ names: FlowNames) {
        switch self {
        case .output(let port, _):
            if PortNumber.reservedWord(port) == nil { out += "output:" }
            names.write(port: port, to: &out)
        case .outputTruncated(let port, let maxLength):
            out += "output(port="
            names.write(port: port, to: &out)
            out += ",max_len=\(maxLength))"
        case .outputField(let bits, _): out += "output:\(bits)"
        case .controller(let output): output.write(to: &out)
        case .enqueue(let port, let queue):
            out += "enqueue:"
            names.write(port: port, to: &out)
            out += ":\(queue)"
        case .setQueue(let queue): out += "set_queue:\(queue)"
        case .popQueue: out += "pop_queue"
        case .group(let id): out += "group:\(id)"
        case .meter(let id): out += "meter:\(id)"
        case .bundle(let choice): choice.write(to: &out, names)
        case .setField(let field, let value, let mask):
            out += "set_field:\(FieldText.formatSetting(field, value, mask, names))->\(field.setName)"
        case .setTunnelOption(let option): out += "set_field:\(option.settingText)->\(option.field.names[0])"
        case .deleteField(let field): out += "delete_field:\(field.setName)"
        case .load(let value, let bits): out += "load:\(FieldText.plainHexadecimal(value))->\(bits)"
        case .move(let source, let target): out += "move:\(source)->\(target)"
        case .push(let bits): out += "push:\(bits)"
        case .pop(let bits): out += "pop:\(bits)"
        case .setVLANID(let vlan, let pushes): out += "\(pushes ? "mod" : "set")_vlan_vid:\(vlan)"
        case .setVLANPriority(let priority, let pushes): out += "\(pushes ? "mod" : "set")_vlan_pcp:\(priority)"
        case .setEthernetSource(let address): out += "mod_dl_src:\(FieldText.exact(.ethSource, address))"
        case .setEthernetDestination(let address): out += "mod_dl_dst:\(FieldText.exact(.ethDestination, address))"
        case .setIPv4Source(let address): out += "mod_nw_src:\(FieldText.exact(.ipv4Source, UInt64(address)))"
        case .setIPv4Destination(let address): out += "mod_nw_dst:\(FieldText.exact(.ipv4Source, UInt64(address)))"
        case .setToS(let value): out += "mod_nw_tos:\(value)"
        case .setECN(let value): out += "mod_nw_ecn:\(value)"
        case .setTTL(let value): out += "mod_nw_ttl:\(value)"
        case .setTransportSource(let port): out += "mod_tp_src:\(port)"
        case .setTransportDestination(let port): out += "mod_tp_dst:\(port)"
        case .setTunnel(let key, let isWide):
            out += isWide || key > UInt64(UInt32.max) ? "set_tunnel64:" : "set_tunnel:"
            out += FieldText.plainHexadecimal(key)
        case .setMPLSLabel(let label): out += "set_mpls_label(\(label))"
        case .setMPLSTC(let value): out += "set_mpls_tc(\(value))"
        case .setMPLSTTL(let value): out += "set_mpls_ttl(\(value))"
        case .pushVLAN(let tpid): out += "push_vlan:0x\(String(tpid, radix: 16))"
        case .popVLAN: out += names.printsStripVLAN ? "strip_vlan" : "pop_vlan"
        case .pushMPLS(let type): out += "push_mpls:0x\(FieldText.hexadecimal(FieldValue(type), digits: 4))"
        case .popMPLS(let type): out += "pop_mpls:0x\(FieldText.hexadecimal(FieldValue(type), digits: 4))"
        case .pushPBB(let type): out += "push_pbb:0x\(FieldText.hexadecimal(FieldValue(type), digits: 4))"
        case .popPBB: out += "pop_pbb"
        case .decrementTTL(let controllers):
            out += "dec_ttl"
            if !controllers.isEmpty { out += "(\(controllers.map(String.init).joined(separator: ",")))" }
        case .decrementMPLSTTL: out += "dec_mpls_ttl"
        case .copyTTLOut: out += "copy_ttl_out"
        case .copyTTLIn: out += "copy_ttl_in"
        case .encapsulate(let type): out += "encap(\(Self.encapsulation(type) ?? "UNKNOWN"))"
        case .decapsulate(let type):
            out += "decap("
            if let type {
                out += "packet_type(ns=\(type >> 16),type=\(FieldText.plainHexadecimal(UInt64(type & 0xffff))))"
            }
            out += ")"
        case .resubmit(let port, let table, let tuple):
            guard table != nil || port == nil || tuple else {
                out += "resubmit:"
                names.write(port: port!, to: &out)
                return
            }
            out += "resubmit("
            if let port { names.write(port: port, to: &out) }
            out += ","
            if let table { names.write(table: table, to: &out) }
            out += tuple ? ",ct)" : ")"
        case .clone(let actions):
            out += "clone("
            Self.write(actions, to: &out, names)
            out += ")"
        case .exit: out += "exit"
        case .drop: out += "drop"
        case .learn(let flow): flow.write(to: &out, names)
        case .conjunction(let id, let clause, let clauses): out += "conjunction(\(id),\(clause + 1)/\(clauses))"
        case .multipath(let choice): choice.write(to: &out)
        case .finTimeout(let idle, let hard):
            out += "fin_timeout("
            if idle != 0 { out += "idle_timeout=\(idle)" }
            if idle != 0, hard != 0 { out += "," }
            if hard != 0 { out += "hard_timeout=\(hard)" }
            out += ")"
        case .checkPacketLarger(let length, let bits): out += "check_pkt_larger(\(length))->\(bits)"
        case .connectionTrack(let tracking): tracking.write(to: &out, names)
        case .connectionClear: out += "ct_clear"
        case .nat(let translation): translation.write(to: &out)
        case .sample(let sample): sample.write(to: &out, names)
        case .note(let bytes): out += "note:\(Self.hexadecimal(bytes))"
        }
    }

    /// Bytes as `00.11.22`.
    static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { FieldText.hexadecimal(FieldValue($0), digits: 2) }.joined(separator: ".")
    }

    /// The word for the header that `encap` adds.
    static func encapsulation(_ packetType: UInt32) -> String? {
        switch packetType {
        case 0: "ethernet"
        case 0x1_894f: "nsh"
        case 0x1_8847: "mpls"
        case 0x1_8848: "mpls_mc"
        default: nil
        }
    }
}
