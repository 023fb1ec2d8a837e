import Wire

// The text of a match as ovs-ofctl reads it: `in_port=1,ip,nw_dst=10.0.0.0/8,tcp,tp_dst=80,reg0=0x1/0xff`. Items are
// separated by commas or white space and may come in any order: protocols count first, since they decide what names such as `tp_src` mean.

extension Match {
    /// Reads ovs-ofctl's text.
    /// - Parameter portNumber: answers the number of a port that is called by name; LOCAL and the other reserved names
    ///   are known without it.
    public init(
        parsing text: some StringProtocol, portNumber: (String) -> UInt32? = { _ in nil }
    ) throws(MatchSyntaxError) {
        var items: [(name: Substring, value: Substring)] = []
        var scanner = KeyValueScanner(Substring(text))
        while let item = scanner.next() { items.append(item) }
        try self.init(items: items, portNumber: portNumber)
    }

    /// Reads ovs-ofctl's items.
    public init(
        items: [(name: Substring, value: Substring)], portNumber: (String) -> UInt32?
    ) throws(MatchSyntaxError) {
        self.init()
        // Protocols count first, then what other names depend on besides.
        var kinds: [Kind] = []
        kinds.reserveCapacity(items.count)
        for (name, value) in items {
            let kind = Kind(String(name))
            kinds.append(kind)
            guard case .shorthand(let shorthand) = kind else { continue }
            guard value.isEmpty else { throw .unexpectedValue(String(name)) }
            if let ethType = shorthand.ethType { try require(.ethType, FieldValue(ethType), .ones(16), name) }
            if let proto = shorthand.ipProtocol { try require(.ipProtocol, FieldValue(proto), .ones(8), name) }
            if shorthand.ethType == nil { try require(.packetType, .zero, .ones(32), name) }
        }
        var given: [(field: Field, name: Substring)] = []
        for wanted in [Kind.early, .late] {
            for index in items.indices where kinds[index] == wanted {
                let (name, value) = items[index]
                if name.utf8.last == UInt8(ascii: "]") {
                    try readBits(name, value)
                    continue
                }
                guard let field = field(named: String(name)) else { throw .unknownField(String(name)) }
                guard !value.isEmpty || field.tunnelOption != nil else { throw .missingValue(String(name)) }
                try read(field, String(name), String(value), portNumber)
                given.append((field, name))
            }
        }
        // What a connection has is for the switch to refuse, as with ovs-ofctl: traces say more than flows may.
        for (field, name) in given where field.prerequisite != .connection && !field.prerequisite.isMet(by: self) {
            throw .missingPrerequisite(field: String(name), needs: field.prerequisite.spelling)
        }
    }

    /// When an item counts.
    private enum Kind: Equatable {
        case shorthand(ProtocolShorthand)
        case early
        case late

        init(_ name: String) {
            switch name {
            case "dl_type", "eth_type", "nw_proto", "ip_proto": self = .early
            default: self = ProtocolShorthand(named: name).map { .shorthand($0) } ?? .late
            }
        }
    }

    /// Bits of a field: `reg0[0..7]=5`.
    private mutating func readBits(_ name: Substring, _ text: Substring) throws(MatchSyntaxError) {
        guard let bits = try? Subfield(parsing: name) else { throw .unknownField(String(name)) }
        let slash = text.utf8.firstIndex(of: UInt8(ascii: "/"))
        let value = FieldValue(fieldText: String(slash.map { text[..<$0] } ?? text))
        let mask = slash.map { FieldValue(fieldText: String(text[text.utf8.index(after: $0)...])) } ?? .ones(bits.count)
        let open = ~FieldValue.ones(bits.count)
        guard let value, let mask, (value & open).isZero, (mask & open).isZero else {
            throw .invalidValue(field: String(name), value: String(text), expected: "a number of \(bits.count) bits")
        }
        if let index = bits.field.tunnelOption {
            let option = TunnelOption(index: index, value & mask, mask: mask, start: bits.start, count: bits.count)
            return try require(option, name)
        }
        guard bits.field.isMaskable || mask == .ones(bits.field.width) else { throw .notMaskable(String(name)) }
        try require(bits.field, (value & mask) << bits.start, mask << bits.start, name)
    }

    /// The field that `name` means here; some names depend on the protocol.
    private func field(named name: String) -> Field? {
        let type = key[.ethType].low
        let proto = key[.ipProtocol].low
        let isARP = type == 0x0806 || type == 0x8035
        switch name {
        case "nw_src" where isARP: return .arpSource
        case "nw_dst" where isARP: return .arpTarget
        case "nw_proto" where isARP: return .arpOperation
        case "icmp_type" where type == 0x86dd: return .icmpv6Type
        case "icmp_code" where type == 0x86dd: return .icmpv6Code
        case "tp_src":
            return switch (type, proto) {
            case (_, 17): .udpSource
            case (_, 132): .sctpSource
            case (0x0800, 1): .icmpType
            case (0x86dd, 58): .icmpv6Type
            default: .tcpSource
            }
        case "tp_dst":
            return switch (type, proto) {
            case (_, 17): .udpDestination
            case (_, 132): .sctpDestination
            case (0x0800, 1): .icmpCode
            case (0x86dd, 58): .icmpv6Code
            default: .tcpDestination
            }
        default: return Field(named: name)
        }
    }

    /// Asks for more bits; refuses what contradicts the bits asked for before.
    private mutating func require(
        _ field: Field, _ value: FieldValue, _ bits: FieldValue, _ name: some StringProtocol
    ) throws(MatchSyntaxError) {
        let before = mask[field]
        guard ((key[field] ^ value) & before & bits).isZero else { throw .contradiction(String(name)) }
        set(field, (key[field] & before) | (value & bits), mask: before | bits)
    }

    /// Of an option, all that is asked stands in one place.
    private mutating func require(_ option: TunnelOption, _ name: some StringProtocol) throws(MatchSyntaxError) {
        guard self.mask[option.field].isZero else { throw .contradiction(String(name)) }
        set(option)
    }

    private mutating func read(
        _ field: Field, _ name: String, _ text: String, _ portNumber: (String) -> UInt32?
    ) throws(MatchSyntaxError) {
        if let index = field.tunnelOption {
            return try require(TunnelOption(parsing: text[...], index: index, name), name)
        }
        switch field {
        case .vlanID:
            // OpenFlow 1.0's way: the tag's presence is part of it, and 0xffff is its absence.
            guard let number = UInt64(fieldText: text), number < 4096 || number == 0xffff else {
                throw .invalidValue(field: name, value: text, expected: "a VLAN number (0 to 4095, or 0xffff for none)")
            }
            if number == 0xffff { return try require(.vlanTCI, .zero, .ones(16), name) }
            return try require(.vlanTCI, FieldValue(number | 0x1000), FieldValue(0x1fff), name)
        case .vlanPCP:
            guard let number = UInt64(fieldText: text), number < 8 else {
                throw .invalidValue(field: name, value: text, expected: "a VLAN priority (0 to 7)")
            }
            return try require(.vlanTCI, FieldValue(number << 13 | 0x1000), FieldValue(0xf000), name)
        case .ipToS:
            guard let number = UInt64(fieldText: text), number < 256, number & 3 == 0 else {
                throw .invalidValue(field: name, value: text, expected: "a multiple of 4 below 256 (ECN is nw_ecn)")
            }
            return try require(.ipToS, FieldValue(number), FieldValue(0xfc), name)
        default: break
        }
        if text == "*" || text == "ANY" && field != .inPort { return }
        let (value, bits) = try FieldText.parse(field, name, text, portNumber)
        guard bits == .ones(field.width) || field.isMaskable || bits.isZero else { throw .notMaskable(name) }
        // As with host bits beside a prefix length: what the mask leaves out of the value does not count.
        try require(field, value & bits, bits, name)
    }
}

/// A protocol that stands for an EtherType and perhaps an IP protocol.
struct ProtocolShorthand: Equatable {
    /// nil: Ethernet itself.
    var ethType: UInt16?
    var ipProtocol: UInt8?

    init?(named name: String) {
        switch name {
        case "eth": self.init(nil)
        case "ip", "ipv4", "ip4": self.init(0x0800)
        case "ipv6", "ip6": self.init(0x86dd)
        case "icmp": self.init(0x0800, 1)
        case "icmp6", "icmpv6": self.init(0x86dd, 58)
        case "tcp": self.init(0x0800, 6)
        case "tcp6": self.init(0x86dd, 6)
        case "udp": self.init(0x0800, 17)
        case "udp6": self.init(0x86dd, 17)
        case "sctp": self.init(0x0800, 132)
        case "sctp6": self.init(0x86dd, 132)
        case "arp": self.init(0x0806)
        case "rarp": self.init(0x8035)
        case "mpls": self.init(0x8847)
        case "mplsm": self.init(0x8848)
        default: return nil
        }
    }

    private init(_ ethType: UInt16?, _ ipProtocol: UInt8? = nil) {
        self.ethType = ethType
        self.ipProtocol = ipProtocol
    }
}
