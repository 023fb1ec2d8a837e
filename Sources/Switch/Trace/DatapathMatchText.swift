import Wire

/// What a cached answer looks at in packets, in the words of Open vSwitch (ovs-dpctl(8), `odp_flow`).
struct DatapathMatchText {
    let match: Match
    /// What a device is called: `in_port(…)`.
    var device: String

    /// `recirc_id(0),in_port(1),eth_type(0x0800),ipv4(dst=10.0.0.0/255.0.0.0)`
    var text: String {
        var items = ["recirc_id(\(hexadecimal(match.key.value(.recirculationID))))", "in_port(\(device))"]
        for (field, name) in Self.single where isAsked(field) { items.append("\(name)(\(value(field)))") }
        items.append("packet_type(ns=0,id=0)")
        add("eth", [(.ethSource, "src"), (.ethDestination, "dst")], to: &items)
        var inner: [String] = []
        let type = match.key.value(.ethType)
        if isAsked(.ethType) { inner.append("eth_type(\(hexadecimal(type, digits: 4)))") }
        addHeaders(type, &inner)
        let tag = match.key.value(.vlanTCI)
        if isAsked(.vlanTCI), tag & UInt64(FlowKey.vlanPresent) != 0 {
            let tpid = isAsked(.vlanTPID) ? match.key.value(.vlanTPID) : 0x8100
            items.append("eth_type(\(hexadecimal(tpid == 0 ? 0x8100 : tpid, digits: 4)))")
            var parts = ["vid=\(tag & 0xfff)"]
            if isAsked(.vlanPCP) { parts.append("pcp=\(tag >> 13)") }
            items.append("vlan(\(parts.joined(separator: ",")))")
            items.append("encap(\(inner.joined(separator: ",")))")
        } else {
            items += inner
        }
        return items.joined(separator: ",")
    }

    private static let single: [(Field, String)] = [
        (.tunnelID, "tun_id"), (.packetMark, "skb_mark"), (.ctState, "ct_state"), (.ctZone, "ct_zone"),
        (.ctMark, "ct_mark"), (.ctLabel, "ct_label"),
    ]

    private func addHeaders(_ type: UInt64, _ items: inout [String]) {
        switch type {
        case 0x0800:
            add(
                "ipv4",
                [
                    (.ipv4Source, "src"), (.ipv4Destination, "dst"), (.ipProtocol, "proto"), (.ipToS, "tos"),
                    (.ipTTL, "ttl"), (.ipFragment, "frag"),
                ], to: &items)
            addTransport(&items)
        case 0x86dd:
            add(
                "ipv6",
                [
                    (.ipv6Source, "src"), (.ipv6Destination, "dst"), (.ipv6FlowLabel, "label"), (.ipProtocol, "proto"),
                    (.ipToS, "tclass"), (.ipTTL, "hlimit"), (.ipFragment, "frag"),
                ], to: &items)
            addTransport(&items)
        case 0x0806, 0x8035:
            add(
                "arp",
                [
                    (.arpSource, "sip"), (.arpTarget, "tip"), (.arpOperation, "op"), (.arpSourceEth, "sha"),
                    (.arpTargetEth, "tha"),
                ], to: &items)
        case 0x8847, 0x8848:
            add("mpls", [(.mplsLabel, "label"), (.mplsTC, "tc"), (.mplsTTL, "ttl"), (.mplsBoS, "bos")], to: &items)
        default: break
        }
    }

    private func addTransport(_ items: inout [String]) {
        guard isAsked(.ipProtocol) else { return }
        switch match.key.value(.ipProtocol) {
        case 6:
            add("tcp", [(.tcpSource, "src"), (.tcpDestination, "dst")], to: &items)
            if isAsked(.tcpFlags) { items.append("tcp_flags(\(value(.tcpFlags)))") }
        case 17: add("udp", [(.udpSource, "src"), (.udpDestination, "dst")], to: &items)
        case 132: add("sctp", [(.sctpSource, "src"), (.sctpDestination, "dst")], to: &items)
        case 1: add("icmp", [(.icmpType, "type"), (.icmpCode, "code")], to: &items)
        case 58:
            add("icmpv6", [(.icmpv6Type, "type"), (.icmpv6Code, "code")], to: &items)
            add("nd", [(.ndTarget, "target"), (.ndSourceEth, "sll"), (.ndTargetEth, "tll")], to: &items)
        default: break
        }
    }

    private func add(_ header: String, _ fields: [(Field, String)], to items: inout [String]) {
        let parts = fields.filter { isAsked($0.0) }.map { "\($0.1)=\(value($0.0))" }
        if !parts.isEmpty { items.append("\(header)(\(parts.joined(separator: ",")))") }
    }

    private func isAsked(_ field: Field) -> Bool { !match.mask[field].isZero }

    private func value(_ field: Field) -> String {
        switch field {
        case .ipFragment:
            let bits = UInt8(truncatingIfNeeded: match.key.value(field))
            return bits & FlowKey.fragmentLater != 0 ? "later" : bits & FlowKey.fragmentAny != 0 ? "first" : "no"
        case .ipToS, .ctZone, .tunnelID, .mplsLabel:
            return hexadecimal(match.key.value(field))
        default:
            return FieldText.format(field, match.key[field], match.mask[field])
        }
    }

    private func hexadecimal(_ value: UInt64, digits: Int = 1) -> String {
        digits == 1 && value == 0 ? "0" : "0x" + value.hexadecimal(digits: digits)
    }
}
