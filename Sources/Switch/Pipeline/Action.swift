/// A port number of a bridge, as OpenFlow 1.1 and later number ports (32 bits).
public enum PortNumber {
    /// The largest number of an ordinary port.
    public static let maximum: UInt32 = 0xffff_ff00
    /// The port that the packet came in on (`OFPP_IN_PORT`).
    public static let inPort: UInt32 = 0xffff_fff8
    /// Through the flow tables again, for packets that a controller sends (`OFPP_TABLE`).
    public static let table: UInt32 = 0xffff_fff9
    /// The bridge's learning switch (`OFPP_NORMAL`).
    public static let normal: UInt32 = 0xffff_fffa
    /// All ports that flood, but the input (`OFPP_FLOOD`).
    public static let flood: UInt32 = 0xffff_fffb
    /// All ports but the input (`OFPP_ALL`).
    public static let all: UInt32 = 0xffff_fffc
    /// The controller (`OFPP_CONTROLLER`).
    public static let controller: UInt32 = 0xffff_fffd
    /// The bridge's own interface (`OFPP_LOCAL`).
    public static let local: UInt32 = 0xffff_fffe
    /// No port (`OFPP_ANY`, `OFPP_NONE`).
    public static let any: UInt32 = 0xffff_ffff
}

/// What a flow does with a packet, as OpenFlow defines it.
public enum Action: Equatable, Sendable {
    /// To a port, or to one of the reserved ports of `PortNumber`.
    case output(UInt32)
    /// To a port, by one of its queues (`OFPAT_ENQUEUE`).
    case enqueue(port: UInt32, queue: UInt32)
    /// The queue for the outputs that follow (`OFPAT_SET_QUEUE`).
    case setQueue(UInt32)
    /// Overwrites the bits of `field` under `mask`.
    case setField(Field, value: FieldValue, mask: FieldValue)
    /// A new outer tag with VLAN 0, or the present outer tag's VLAN; `tpid` is 0x8100 or 0x88a8.
    case pushVLAN(tpid: UInt16)
    case popVLAN
    /// Decrements the IPv4 TTL or IPv6 hop limit; a packet whose TTL would reach 0 goes no further.
    case decrementTTL
    /// Looks the packet up again in `table` (nil: the present one) as if it came in on `port` (nil: the present one),
    /// then goes on with the actions behind (`NXAST_RESUBMIT_TABLE`).
    case resubmit(port: UInt32?, table: UInt8?)
    /// Ends the processing of the packet.
    case drop
}

/// What a flow's entry tells the pipeline to do.
public struct Instructions: Equatable, Sendable {
    /// Done at once, in order.
    public var apply: [Action]
    /// Empties the action set before `write`.
    public var clear: Bool
    /// Merged into the action set, which is done when the pipeline ends.
    public var write: [Action]
    /// Overwrites the metadata under the mask.
    public var metadata: (value: UInt64, mask: UInt64)?
    /// The next table; it must have a higher number.
    public var goTo: UInt8?

    public init(
        apply: [Action] = [], clear: Bool = false, write: [Action] = [],
        metadata: (value: UInt64, mask: UInt64)? = nil, goTo: UInt8? = nil
    ) {
        self.apply = apply
        self.clear = clear
        self.write = write
        self.metadata = metadata
        self.goTo = goTo
    }

    public static func == (a: Self, b: Self) -> Bool {
        a.apply == b.apply && a.clear == b.clear && a.write == b.write && a.goTo == b.goTo
            && a.metadata?.value == b.metadata?.value && a.metadata?.mask == b.metadata?.mask
    }
}

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
        case .resubmit(let port, let table):
            let port = port.map { $0 == PortNumber.inPort ? "in_port" : String($0) } ?? ""
            guard let table else { return "resubmit:\(port)" }
            return "resubmit(\(port),\(table))"
        case .drop: return "drop"
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
