// Tunnels' options as ovs-ofctl writes them: numbers in hexadecimal, of any length.

extension TunnelOption {
    /// Reads `value` or `value/mask`; of a match also `*` and nothing, which ask whether the option is there.
    init(parsing text: Substring, index: Int, _ name: String) throws(MatchSyntaxError) {
        if text.isEmpty || text == "*" || text == "ANY" {
            self.init(index: index, value: [], mask: [])
            return
        }
        let slash = text.utf8.firstIndex(of: UInt8(ascii: "/"))
        let valueText = slash.map { text[..<$0] } ?? text
        let maskText = slash.map { text[text.utf8.index(after: $0)...] }
        guard let value = Self.bytes(valueText), let mask = maskText.map(Self.bytes) ?? .some([]) else {
            throw .invalidValue(
                field: name, value: String(text), expected: "a number of at most \(Self.maximumByteCount) bytes")
        }
        guard slash != nil else {
            self.init(index: index, value: value)
            return
        }
        let byteCount = max(value.count, mask.count)
        // All bits of the longest option are all bits of any.
        if mask.count == Self.maximumByteCount, mask.allSatisfy({ $0 == 0xff }) {
            self.init(index: index, value: value)
        } else {
            self.init(
                index: index, value: Self.resized(value, to: byteCount) ?? [],
                mask: Self.resized(mask, to: byteCount) ?? [])
        }
    }

    /// A number's bytes without zeros in front.
    private static func bytes(_ text: Substring) -> [UInt8]? {
        guard text.hasPrefix("0x") || text.hasPrefix("0X") else {
            guard var number = UInt64(fieldText: text) else { return nil }
            var bytes: [UInt8] = []
            while number != 0 {
                bytes.insert(UInt8(truncatingIfNeeded: number), at: 0)
                number >>= 8
            }
            return bytes
        }
        let digits = text.dropFirst(2).utf8
        guard !digits.isEmpty else { return nil }
        var nibbles: [UInt8] = []
        nibbles.reserveCapacity(digits.count)
        for digit in digits {
            guard let nibble = hexadecimalValue(digit) else { return nil }
            if nibble != 0 || !nibbles.isEmpty { nibbles.append(nibble) }
        }
        guard nibbles.count <= 2 * maximumByteCount else { return nil }
        if nibbles.count % 2 != 0 { nibbles.insert(0, at: 0) }
        return stride(from: 0, to: nibbles.count, by: 2).map { nibbles[$0] << 4 | nibbles[$0 + 1] }
    }

    private static func hexadecimalValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// `0x1f`, and `0` for zero.
    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        var text = ""
        for byte in bytes where byte != 0 || !text.isEmpty {
            let digits = String(byte, radix: 16)
            text += text.isEmpty || digits.utf8.count == 2 ? digits : "0" + digits
        }
        return text.isEmpty ? "0" : "0x" + text
    }

    /// As a match asks for it: `tun_metadata0=0x12/0xff`, `tun_metadata0`.
    var matchText: String {
        if isOpen { return field.names[0] }
        var text = "\(field.names[0])=\(Self.hexadecimal(value))"
        if let mask { text += "/\(Self.hexadecimal(mask))" }
        return text
    }

    /// As an action writes it: `0x12/0xff`.
    var settingText: String {
        if isOpen { return "ANY" }
        return Self.hexadecimal(value) + (mask.map { "/\(Self.hexadecimal($0))" } ?? "")
    }
}
