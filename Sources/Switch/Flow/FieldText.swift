import Wire

/// Values of fields as ovs-ofctl writes them.
enum FieldText {
    // MARK: Reading

    /// The value and the mask of `value` or `value/mask`.
    static func parse(
        _ field: Field, _ name: String, _ text: String, _ portNumber: (String) -> UInt32?
    ) throws(MatchSyntaxError) -> (FieldValue, FieldValue) {
        let ones = field.flagBits ?? .ones(field.width)
        let notation = field.notation
        if case .flags(let flags) = notation, let answer = parseFlags(flags, text) { return answer }
        if case .fragment = notation, let answer = parseFragment(text) { return answer }
        let slash = text.utf8.firstIndex(of: UInt8(ascii: "/"))
        let valueText = slash.map { String(text[..<$0]) } ?? text
        guard let value = parseOne(notation, valueText, portNumber), (value & ~ones).isZero else {
            throw .invalidValue(field: name, value: text, expected: expectation(field))
        }
        guard let slash else { return (value, ones) }
        let maskText = String(text[text.utf8.index(after: slash)...])
        if let length = Int(maskText) {
            switch notation {
            case .ipv4, .ipv6:
                guard (0...field.width).contains(length) else {
                    throw .invalidValue(field: name, value: text, expected: expectation(field))
                }
                // ovs-ofctl lets an address have host bits beside a prefix length.
                let mask = FieldValue.prefix(length, of: field.width)
                return (value & mask, mask)
            default: break
            }
        }
        guard var mask = parseOne(notation, maskText, { _ in nil }) else {
            throw .invalidValue(field: name, value: text, expected: expectation(field))
        }
        // All bits of the value's bytes say as much as all bits of the field.
        if mask == .ones((field.width + 7) / 8 * 8) { mask = ones }
        guard (mask & ~ones).isZero else {
            throw .invalidValue(field: name, value: text, expected: expectation(field))
        }
        switch notation {
        case .ipv4, .ipv6: return (value & mask, mask)
        default: return (value, mask)
        }
    }

    /// Six bytes in hexadecimal; leading zeros may be missing.
    private static func ethernet(_ text: String) -> FieldValue? {
        let bytes = text.split(separator: ":", omittingEmptySubsequences: false)
        guard bytes.count == 6, bytes.allSatisfy({ 1...2 ~= $0.utf8.count }) else { return nil }
        return MACAddress(bytes.map { $0.utf8.count == 1 ? "0\($0)" : String($0) }.joined(separator: ":"))
            .map { FieldValue($0.rawValue) }
    }

    private static func parseOne(
        _ notation: Field.Notation, _ text: String, _ portNumber: (String) -> UInt32?
    ) -> FieldValue? {
        switch notation {
        case .ethernet: return ethernet(text)
        case .ipv4: return IPv4Address(text).map { FieldValue($0.rawValue) }
        case .ipv6: return IPv6Address(text).map { FieldValue(high: $0.high, low: $0.low) }
        case .port:
            if let number = UInt64(fieldText: text) {
                // OpenFlow 1.0's 16-bit reserved numbers mean today's.
                return FieldValue(0xff00...0xffff ~= number ? number | 0xffff_0000 : number)
            }
            return (PortNumber.reserved(text) ?? portNumber(FlowNames.unquoted(text[...]))).map { FieldValue($0) }
        case .packetType:
            guard text.utf8.first == UInt8(ascii: "("), text.utf8.last == UInt8(ascii: ")") else { return nil }
            let parts = text.dropFirst().dropLast().split(separator: ",", omittingEmptySubsequences: false)
            guard parts.count == 2, let space = UInt64(fieldText: parts[0]), let type = UInt64(fieldText: parts[1]),
                space <= 0xffff, type <= 0xffff
            else { return nil }
            return FieldValue(space << 16 | type)
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
        case .packetType: "a packet type as in (1,0x800)"
        case .decimal, .hexadecimal: "a number of \(field.width) bits"
        }
    }

    // MARK: Writing

    /// `value`, or `value/mask` where some bits are open.
    static func format(
        _ field: Field, _ value: FieldValue, _ mask: FieldValue, _ names: FlowNames = FlowNames()
    ) -> String {
        let exact = mask == field.flagBits ?? .ones(field.width) && field != .tunnelFlags
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
            let text = ipv6(value)
            if exact { return text }
            if let length = prefixLength(mask, of: 128) { return "\(text)/\(length)" }
            return "\(text)/\(ipv6(mask))"
        case .port:
            var out = ""
            names.write(port: UInt32(truncatingIfNeeded: value.low), to: &out)
            return out
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
        case .packetType:
            let space = value.low >> 16
            return exact
                ? "(\(space),\(plainHexadecimal(value.low & 0xffff)))"
                : "0x\(hexadecimal(value))/0x\(hexadecimal(mask))"
        case .hexadecimal:
            let digits = field == .ethType ? 4 : field == .ipv6FlowLabel ? 5 : 1
            let text = value.isZero && digits == 1 ? "0" : "0x\(hexadecimal(value, digits: digits))"
            return exact ? text : "\(text)/0x\(hexadecimal(mask, digits: field == .ipv6FlowLabel ? 5 : 1))"
        }
    }

    /// An IPv6 address as the C library prints it: IPv4 addresses in one are dotted.
    static func ipv6(_ value: FieldValue) -> String {
        let low = UInt32(truncatingIfNeeded: value.low)
        guard value.high == 0, value.low >> 32 == 0 && low > 0xffff || value.low >> 32 == 0xffff else {
            return IPv6Address(high: value.high, low: value.low).description
        }
        return (value.low >> 32 == 0 ? "::" : "::ffff:") + IPv4Address(rawValue: low).description
    }

    /// The exact value of a field of at most 64 bits.
    static func exact(_ field: Field, _ value: UInt64) -> String {
        format(field, FieldValue(value), .ones(field.width))
    }

    /// The value as ovs-ofctl prints it in actions: numbers are not filled up with zeros, and of a decimal value only the
    /// mask is hexadecimal.
    static func formatSetting(
        _ field: Field, _ value: FieldValue, _ mask: FieldValue, _ names: FlowNames
    ) -> String {
        if mask.isZero { return "ANY" }
        let isExact = mask == .ones(field.width)
        switch field.notation {
        case .decimal where !field.isHexadecimalInActions:
            return isExact ? "\(value.low)" : "\(value.low)/\(plainHexadecimal(mask))"
        case .decimal, .hexadecimal:
            return isExact ? plainHexadecimal(value) : "\(plainHexadecimal(value))/\(plainHexadecimal(mask))"
        case .flags where field == .tunnelFlags && (isExact || mask == field.flagBits):
            return value.isZero ? "0" : "oam"
        default: return format(field, value, mask, names)
        }
    }

    /// `0x1f`, and `0` for zero.
    static func plainHexadecimal(_ value: FieldValue) -> String { value.isZero ? "0" : "0x\(hexadecimal(value))" }
    static func plainHexadecimal(_ value: UInt64) -> String { value == 0 ? "0" : "0x" + String(value, radix: 16) }

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

extension FieldValue {
    /// Reads a value of `field` without a mask.
    public init(parsing text: Substring, of field: Field) throws(MatchSyntaxError) {
        let (value, mask) = try FieldText.parse(field, field.setName, String(text), { _ in nil })
        guard mask == field.flagBits ?? .ones(field.width) else { throw .notMaskable(field.setName) }
        self = value
    }
}

extension Field {
    /// The field as a select group's `fields=` names it: `ip_src`, `ip_src=255.255.0.0`.
    public func hashText(mask: FieldValue) -> String {
        let whole = FieldValue.ones(width)
        return mask == whole ? setName : "\(setName)=\(FieldText.formatSetting(self, mask, whole, FlowNames()))"
    }
}

extension UInt64 {
    /// A decimal number, or a hexadecimal one behind 0x.
    init?(fieldText text: some StringProtocol) {
        var digits = 0
        var value: UInt64 = 0
        var isHexadecimal = false
        for character in text.utf8 {
            let digit: UInt64
            switch character {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = UInt64(character - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f") where isHexadecimal:
                digit = UInt64(character - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F") where isHexadecimal:
                digit = UInt64(character - UInt8(ascii: "A") + 10)
            case UInt8(ascii: "x"), UInt8(ascii: "X"):
                guard digits == 1, value == 0, !isHexadecimal else { return nil }
                isHexadecimal = true
                digits = 0
                continue
            default: return nil
            }
            let (product, overflow) = value.multipliedReportingOverflow(by: isHexadecimal ? 16 : 10)
            let (sum, carry) = product.addingReportingOverflow(digit)
            guard !overflow, !carry else { return nil }
            value = sum
            digits += 1
        }
        guard digits > 0 else { return nil }
        self = value
    }
}

extension FieldValue {
    /// A decimal number of 64 bits, or a hexadecimal one of 128 bits behind 0x.
    init?(fieldText text: some StringProtocol) {
        if let short = UInt64(fieldText: text) {
            self.init(short)
        } else {
            guard text.hasPrefix("0x") || text.hasPrefix("0X"), text.dropFirst(2).utf8.first != UInt8(ascii: "+"),
                let wide = UInt128(text.dropFirst(2), radix: 16)
            else { return nil }
            self.init(high: UInt64(truncatingIfNeeded: wide >> 64), low: UInt64(truncatingIfNeeded: wide))
        }
    }
}
