import Wire

/// Values of fields as ovs-ofctl writes them.
enum FieldText {
    /// OpenFlow's reserved port numbers (1.5, 7.2.1.1).
    static let reservedPorts: [(name: String, number: UInt32)] = [
        ("UNSET", 0xffff_fff7), ("IN_PORT", 0xffff_fff8), ("TABLE", 0xffff_fff9), ("NORMAL", 0xffff_fffa),
        ("FLOOD", 0xffff_fffb), ("ALL", 0xffff_fffc), ("CONTROLLER", 0xffff_fffd), ("LOCAL", 0xffff_fffe),
        ("ANY", 0xffff_ffff), ("NONE", 0xffff_ffff),
    ]

    // MARK: Reading

    /// The value and the mask of `value` or `value/mask`.
    static func parse(
        _ field: Field, _ name: String, _ text: String, _ portNumber: (String) -> UInt32?
    ) throws(MatchSyntaxError) -> (FieldValue, FieldValue) {
        let ones = FieldValue.ones(field.width)
        if case .flags(let flags) = field.notation, let answer = parseFlags(flags, text) { return answer }
        if case .fragment = field.notation, let answer = parseFragment(text) { return answer }
        let slash = text.firstIndex(of: "/")
        let valueText = String(slash.map { text[..<$0] } ?? text[...])
        let expected = expectation(field)
        guard let value = parseOne(field, valueText, portNumber), (value & ~ones).isZero else {
            throw .invalidValue(field: name, value: text, expected: expected)
        }
        guard let slash else { return (value, ones) }
        let maskText = String(text[text.index(after: slash)...])
        if let length = Int(maskText) {
            switch field.notation {
            case .ipv4, .ipv6:
                guard (0...field.width).contains(length) else {
                    throw .invalidValue(field: name, value: text, expected: expected)
                }
                // ovs-ofctl lets an address have host bits beside a prefix length.
                let mask = FieldValue.prefix(length, of: field.width)
                return (value & mask, mask)
            default: break
            }
        }
        guard let mask = parseOne(field, maskText, { _ in nil }), (mask & ~ones).isZero else {
            throw .invalidValue(field: name, value: text, expected: expected)
        }
        switch field.notation {
        case .ipv4, .ipv6: return (value & mask, mask)
        default: return (value, mask)
        }
    }

    private static func parseOne(_ field: Field, _ text: String, _ portNumber: (String) -> UInt32?) -> FieldValue? {
        switch field.notation {
        case .ethernet: return MACAddress(text).map { FieldValue($0.rawValue) }
        case .ipv4: return IPv4Address(text).map { FieldValue($0.rawValue) }
        case .ipv6: return IPv6Address(text).map { FieldValue(high: $0.high, low: $0.low) }
        case .port:
            if let number = UInt64(fieldText: text) {
                // OpenFlow 1.0's 16-bit reserved numbers mean today's.
                return FieldValue(0xff00...0xffff ~= number ? number | 0xffff_0000 : number)
            }
            if let reserved = reservedPorts.first(where: { $0.name == text.uppercased() }) {
                return FieldValue(reserved.number)
            }
            return portNumber(text).map { FieldValue($0) }
        case .decimal, .hexadecimal, .fragment, .flags: return FieldValue(fieldText: text)
        }
    }

    /// `+syn-ack` (flags set and clear, the others open) or `syn|ack` (all others clear).
    private static func parseFlags(_ flags: [String?], _ text: String) -> (FieldValue, FieldValue)? {
        var value: UInt64 = 0
        var mask: UInt64 = 0
        if text.first == "+" || text.first == "-" {
            var rest = text[...]
            while let sign = rest.first {
                guard sign == "+" || sign == "-" else { return nil }
                rest = rest.dropFirst()
                let name = rest.prefix { $0 != "+" && $0 != "-" }
                guard let bit = flags.firstIndex(where: { $0 == String(name) }) else { return nil }
                rest = rest.dropFirst(name.count)
                guard mask & 1 << UInt64(bit) == 0 else { return nil }
                mask |= 1 << UInt64(bit)
                if sign == "+" { value |= 1 << UInt64(bit) }
            }
            return (FieldValue(value), FieldValue(mask))
        }
        for name in text.split(separator: "|") {
            guard let bit = flags.firstIndex(where: { $0 == String(name) }) else { return nil }
            value |= 1 << UInt64(bit)
        }
        return (FieldValue(value), .ones(flags.count))
    }

    private static func parseFragment(_ text: String) -> (FieldValue, FieldValue)? {
        switch text.lowercased() {
        case "no": (FieldValue(0), FieldValue(3))
        case "yes": (FieldValue(1), FieldValue(1))
        case "first": (FieldValue(1), FieldValue(3))
        case "later": (FieldValue(3), FieldValue(3))
        case "not_later": (FieldValue(0), FieldValue(2))
        default: nil
        }
    }

    private static func expectation(_ field: Field) -> String {
        switch field.notation {
        case .ethernet: "an Ethernet address"
        case .ipv4: "an IPv4 address, with a mask or prefix length behind a / if need be"
        case .ipv6: "an IPv6 address, with a mask or prefix length behind a / if need be"
        case .port: "a port number or name"
        case .fragment: "one of no, yes, first, later, not_later"
        case .flags(let flags):
            "a number or flags as in +\(flags[0]!) of: \(flags.compactMap { $0 }.joined(separator: " "))"
        case .decimal, .hexadecimal: "a number of \(field.width) bits"
        }
    }

    // MARK: Writing

    /// `value`, or `value/mask` where some bits are open.
    static func format(_ field: Field, _ value: FieldValue, _ mask: FieldValue) -> String {
        let exact = mask == .ones(field.width)
        switch field.notation {
        case .ethernet:
            let text = MACAddress(rawValue: value.low).description
            return exact ? text : "\(text)/\(MACAddress(rawValue: mask.low).description)"
        case .ipv4:
            let text = IPv4Address(rawValue: UInt32(truncatingIfNeeded: value.low)).description
            if exact { return text }
            if let length = prefixLength(mask, of: 32) { return "\(text)/\(length)" }
            return "\(text)/\(IPv4Address(rawValue: UInt32(truncatingIfNeeded: mask.low)).description)"
        case .ipv6:
            let text = IPv6Address(high: value.high, low: value.low).description
            if exact { return text }
            if let length = prefixLength(mask, of: 128) { return "\(text)/\(length)" }
            return "\(text)/\(IPv6Address(high: mask.high, low: mask.low).description)"
        case .port:
            if let reserved = reservedPorts.first(where: { UInt64($0.number) == value.low }) { return reserved.name }
            return "\(value.low)"
        case .fragment:
            switch (value.low, mask.low) {
            case (0, 3): return "no"
            case (1, 1): return "yes"
            case (1, 3): return "first"
            case (3, 3), (2, 2): return "later"
            case (0, 2): return "not_later"
            default: return "0x\(hexadecimal(value))/0x\(hexadecimal(mask))"
            }
        case .flags(let flags):
            // Unknown bits have no name; then the whole is a number.
            guard mask.low >> UInt64(min(flags.count, 63)) == 0 || exact && value.low >> UInt64(flags.count) == 0 else {
                return "0x\(hexadecimal(value))/0x\(hexadecimal(mask))"
            }
            if exact {
                let names = flags.indices.filter { value.low >> UInt64($0) & 1 != 0 }.compactMap { flags[$0] }
                return names.isEmpty ? "0" : names.joined(separator: "|")
            }
            return flags.indices.filter { mask.low >> UInt64($0) & 1 != 0 }
                .map { (value.low >> UInt64($0) & 1 != 0 ? "+" : "-") + (flags[$0] ?? "") }.joined()
        case .decimal:
            return exact ? "\(value.low)" : "0x\(hexadecimal(value))/0x\(hexadecimal(mask))"
        case .hexadecimal:
            let digits = field == .ethType ? 4 : field == .ipv6FlowLabel ? 5 : 1
            let text = value.isZero && digits == 1 ? "0" : "0x\(hexadecimal(value, digits: digits))"
            return exact ? text : "\(text)/0x\(hexadecimal(mask))"
        }
    }

    static func prefixLength(_ mask: FieldValue, of width: Int) -> Int? {
        let length = mask.high.nonzeroBitCount + mask.low.nonzeroBitCount
        return mask == .prefix(length, of: width) ? length : nil
    }

    static func hexadecimal(_ value: FieldValue, digits: Int = 1) -> String {
        let low = String(value.low, radix: 16)
        let text =
            value.high == 0 ? low : String(value.high, radix: 16) + String(repeating: "0", count: 16 - low.count) + low
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}

extension UInt64 {
    /// A decimal number, or a hexadecimal one behind 0x.
    init?(fieldText text: some StringProtocol) {
        if text.hasPrefix("0x") || text.hasPrefix("0X") {
            guard let first = text.dropFirst(2).first, first.isHexDigit else { return nil }
            self.init(text.dropFirst(2), radix: 16)
        } else {
            guard let first = text.first, first.isNumber else { return nil }
            self.init(text, radix: 10)
        }
    }
}

extension FieldValue {
    /// A decimal number of 64 bits, or a hexadecimal one of 128 bits behind 0x.
    init?(fieldText text: String) {
        if let short = UInt64(fieldText: text) {
            self.init(short)
        } else {
            guard text.hasPrefix("0x"), let wide = UInt128(text.dropFirst(2), radix: 16) else { return nil }
            self.init(high: UInt64(truncatingIfNeeded: wide >> 64), low: UInt64(truncatingIfNeeded: wide))
        }
    }
}
