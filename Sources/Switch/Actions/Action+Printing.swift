extension Action: CustomStringConvertible {
    /// As ovs-ofctl prints it.
    public var description: String {
        switch self {
        case .output(let port): return Self.portText(port)
        case .enqueue(let port, let queue): return "enqueue:\(port):\(queue)"
        case .setQueue(let queue): return "set_queue:\(queue)"
        case .setField(let field, let value, let mask):
            return "set_field:\(FieldText.format(field, value, mask))->\(field.names[0])"
        case .pushVLAN(let tpid): return "push_vlan:0x\(String(tpid, radix: 16))"
        case .popVLAN: return "pop_vlan"
        case .decrementTTL: return "dec_ttl"
        case .resubmit(let port, let table, _):
            let port = port.map { $0 == PortNumber.inPort ? "in_port" : String($0) } ?? ""
            guard let table else { return "resubmit:\(port)" }
            return "resubmit(\(port),\(table))"
        case .drop: return "drop"
        default: return "?"
        }
    }

    static func portText(_ port: UInt32) -> String {
        switch port {
        case PortNumber.inPort: return "IN_PORT"
        case PortNumber.table: return "TABLE"
        case PortNumber.normal: return "NORMAL"
        case PortNumber.flood: return "FLOOD"
        case PortNumber.all: return "ALL"
        case PortNumber.controller: return "CONTROLLER:65535"
        case PortNumber.local: return "LOCAL"
        case PortNumber.any: return "ANY"
        default: return "output:\(port)"
        }
    }
}

extension Instructions: CustomStringConvertible {
    /// As ovs-ofctl prints the actions of a flow.
    public var description: String {
        var parts = apply.map(\.description)
        if clear { parts.append("clear_actions") }
        if !write.isEmpty { parts.append("write_actions(\(write.map(\.description).joined(separator: ",")))") }
        if let metadata {
            let value = "0x" + String(metadata.value, radix: 16)
            let mask = metadata.mask == .max ? "" : "/0x" + String(metadata.mask, radix: 16)
            parts.append("write_metadata:\(value)\(mask)")
        }
        if let goTo { parts.append("goto_table:\(goTo)") }
        return parts.isEmpty ? "drop" : parts.joined(separator: ",")
    }
}
