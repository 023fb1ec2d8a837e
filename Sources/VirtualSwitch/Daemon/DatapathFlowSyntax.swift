/// A flow in the words of ovs-dpctl(8), as `dpctl/dump-flows` prints it, read for a trace:
/// `in_port(2),eth(src=…,dst=…),eth_type(0x0800),ipv4(src=1.1.1.1,proto=6)`.
struct DatapathFlowSyntax {
    /// The number of the device.
    var device: Int32 = -1
    /// The rest in ovs-ofctl's words.
    var match: String

    static func isFlow(_ text: String) -> Bool {
        text.hasPrefix("in_port(") || text.contains("eth(") || text.contains("recirc_id(")
    }

    init(_ text: String) throws(ControlFailure) {
        match = ""
        var items: [String] = []
        try read(text[...], depth: 0, &items)
        guard device >= 0 else { throw ControlFailure("Invalid datapath flow: no in_port") }
        match = items.joined(separator: ",")
    }

    /// As many encapsulations as there may be VLAN tags.
    private static let deepest = 8

    private mutating func read(_ text: Substring, depth: Int, _ items: inout [String]) throws(ControlFailure) {
        guard depth <= Self.deepest else { throw ControlFailure("Invalid datapath flow: encap within encap") }
        var rest = text
        while !rest.isEmpty {
            guard let open = rest.firstIndex(of: "("), let close = Self.end(of: rest, from: open) else {
                throw ControlFailure("Invalid datapath flow: \(rest)")
            }
            let name = rest[..<open].drop { $0 == "," || $0 == " " }
            let value = rest[rest.index(after: open)..<close]
            try add(String(name), value, depth, &items)
            rest = rest[rest.index(after: close)...]
        }
    }

    /// The bracket that closes the one at `open`.
    private static func end(of text: Substring, from open: Substring.Index) -> Substring.Index? {
        var depth = 0
        for index in text[open...].indices {
            if text[index] == "(" { depth += 1 }
            if text[index] == ")" {
                depth -= 1
                if depth == 0 { return index }
            }
        }
        return nil
    }

    private mutating func add(
        _ name: String, _ value: Substring, _ depth: Int, _ items: inout [String]
    ) throws(ControlFailure) {
        switch name {
        case "in_port":
            guard let number = Int32(value) else { throw ControlFailure("Invalid datapath flow: in_port(\(value))") }
            device = number
        case "encap":
            try read(value, depth: depth + 1, &items)
            // The type that counts is the one behind the tag.
            if items.first(where: { $0.hasPrefix("dl_type=") }) != items.last(where: { $0.hasPrefix("dl_type=") }),
                let outer = items.firstIndex(where: { $0.hasPrefix("dl_type=") })
            {
                items.remove(at: outer)
            }
        case "eth_type": items.append("dl_type=\(value)")
        case "tun_id": items.append("tun_id=\(value)")
        case "skb_mark": items.append("pkt_mark=\(value)")
        case "ct_state", "ct_zone", "ct_mark", "ct_label", "tcp_flags": items.append("\(name)=\(value)")
        case "recirc_id", "skb_priority", "dp_hash", "packet_type", "ct_tuple4", "ct_tuple6", "tunnel": break
        default:
            guard let fields = Self.fields[name] else { throw ControlFailure("Invalid datapath flow: \(name)") }
            for part in value.split(separator: ",") {
                let words = part.split(separator: "=", maxSplits: 1)
                guard words.count == 2, let field = fields[String(words[0])] else {
                    throw ControlFailure("Invalid datapath flow: \(name)(\(part))")
                }
                items.append("\(field)=\(words[1])")
            }
        }
    }

    private static let fields: [String: [String: String]] = [
        "eth": ["src": "dl_src", "dst": "dl_dst"],
        "vlan": ["vid": "dl_vlan", "pcp": "dl_vlan_pcp"],
        "ipv4": [
            "src": "nw_src", "dst": "nw_dst", "proto": "nw_proto", "tos": "nw_tos", "ttl": "nw_ttl", "frag": "ip_frag",
        ],
        "ipv6": [
            "src": "ipv6_src", "dst": "ipv6_dst", "label": "ipv6_label", "proto": "nw_proto", "tclass": "nw_tos",
            "hlimit": "nw_ttl", "frag": "ip_frag",
        ],
        "arp": ["sip": "arp_spa", "tip": "arp_tpa", "op": "arp_op", "sha": "arp_sha", "tha": "arp_tha"],
        "tcp": ["src": "tp_src", "dst": "tp_dst"], "udp": ["src": "tp_src", "dst": "tp_dst"],
        "sctp": ["src": "tp_src", "dst": "tp_dst"], "icmp": ["type": "icmp_type", "code": "icmp_code"],
        "icmpv6": ["type": "icmpv6_type", "code": "icmpv6_code"],
        "nd": ["target": "nd_target", "sll": "nd_sll", "tll": "nd_tll"],
        "mpls": ["label": "mpls_label", "tc": "mpls_tc", "ttl": "mpls_ttl", "bos": "mpls_bos"],
    ]
}
