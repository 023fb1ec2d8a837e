import Wire

// The commands and replies of FTP that announce data connections.
//
//     PORT h1,h2,h3,h4,p1,p2            227 Entering Passive Mode (h1,h2,h3,h4,p1,p2).     (RFC 959)
//     EPRT |1|192.0.2.1|6275|           229 Entering Extended Passive Mode (|||6446|)      (RFC 2428)
//     EPRT |2|2001:db8::1|6275|

/// A message that announces a data connection.
struct FTPMessage {
    enum Form { case port, passive, extendedPort, extendedPassive }

    var form: Form
    /// nil where the form has none.
    var address: FieldValue?
    var isIPv6 = false
    var port: UInt16
    /// Where address and port are, delimiters apart, for them to be replaced.
    var range: Range<Int>

    /// What a segment says, from its start.
    enum Reading {
        case message(FTPMessage)
        /// A message of the kind that cannot be understood.
        case malformed
        case other
    }

    /// Longer messages are none of these.
    private static let longest = 128

    /// Reads what an end says.
    /// - Parameter isReply: whether it is the server that says it.
    static func read(_ payload: UnsafeRawBufferPointer, isReply: Bool) -> Reading {
        var reader = Reader(bytes: payload, end: min(payload.count, longest))
        if isReply {
            if reader.skip("227") { return reader.comma(.passive) }
            if reader.skip("229") { return reader.bars(.extendedPassive) }
        } else {
            if reader.skip("PORT ") { return reader.comma(.port) }
            if reader.skip("EPRT ") { return reader.bars(.extendedPort) }
        }
        return .other
    }

    /// The text in place of `range`, with another address and port.
    func text(address: FieldValue, port: UInt16) -> ShortText {
        var text = ShortText()
        switch form {
        case .port, .passive:
            for shift in [24, 16, 8, 0] {
                text.append(String(address.low >> UInt64(shift) & 0xff))
                text.append(0x2c)
            }
            text.append("\(port >> 8),\(port & 0xff)")
        case .extendedPort:
            let name =
                isIPv6
                ? IPv6Address(high: address.high, low: address.low).description
                : IPv4Address(rawValue: UInt32(truncatingIfNeeded: address.low)).description
            text.append("\(name)|\(port)")
        case .extendedPassive: text.append(String(port))
        }
        return text
    }

    private struct Reader {
        let bytes: UnsafeRawBufferPointer
        let end: Int
        var at = 0

        init(bytes: UnsafeRawBufferPointer, end: Int) {
            self.bytes = bytes
            self.end = end
        }

        /// Passes over a word, in either case of letters.
        mutating func skip(_ word: StaticString) -> Bool {
            guard end - at >= word.utf8CodeUnitCount else { return false }
            for index in 0..<word.utf8CodeUnitCount {
                let byte = bytes[at + index]
                let upper = (0x61...0x7a).contains(byte) ? byte - 32 : byte
                guard upper == word.utf8Start[index] else { return false }
            }
            at += word.utf8CodeUnitCount
            return true
        }

        var isDigit: Bool { at < end && (0x30...0x39).contains(bytes[at]) }

        mutating func number(atMost limit: Int) -> Int? {
            guard isDigit else { return nil }
            var value = 0
            while isDigit {
                value = value * 10 + Int(bytes[at] - 0x30)
                guard value <= limit else { return nil }
                at += 1
            }
            return value
        }

        /// Six numbers with commas, behind whatever text there is.
        mutating func comma(_ form: Form) -> Reading {
            // The text before the numbers of a reply is free; it may not span lines.
            while at < end, !isDigit, bytes[at] != 0x0a { at += 1 }
            let start = at
            var numbers: [6 of Int] = .init(repeating: 0)
            for index in 0..<6 {
                if index > 0 {
                    guard at < end, bytes[at] == 0x2c else { return .malformed }
                    at += 1
                }
                guard let value = number(atMost: 255) else { return .malformed }
                numbers[index] = value
            }
            let address = UInt32(numbers[0] << 24 | numbers[1] << 16 | numbers[2] << 8 | numbers[3])
            let port = UInt16(numbers[4] << 8 | numbers[5])
            guard port != 0 else { return .malformed }
            return .message(
                FTPMessage(form: form, address: FieldValue(address), port: port, range: start..<at))
        }

        /// Family, address and port between delimiters; in a reply, the port alone.
        mutating func bars(_ form: Form) -> Reading {
            if form == .extendedPassive {
                while at < end, bytes[at] != 0x28, bytes[at] != 0x0a { at += 1 }
                guard at < end, bytes[at] == 0x28 else { return .malformed }
                at += 1
            }
            while at < end, bytes[at] == 0x20 { at += 1 }
            guard at < end, (0x21...0x7e).contains(bytes[at]), !isDigit else { return .malformed }
            let bar = bytes[at]
            at += 1
            var address: FieldValue?
            var isIPv6 = false
            var start = at
            if form == .extendedPort {
                guard let family = number(atMost: 2), family > 0, pass(bar) else { return .malformed }
                isIPv6 = family == 2
                start = at
                var text = ""
                while at < end, bytes[at] != bar, text.utf8.count < 45 {
                    text.unicodeScalars.append(Unicode.Scalar(bytes[at]))
                    at += 1
                }
                if isIPv6 {
                    guard let parsed = IPv6Address(text) else { return .malformed }
                    address = FieldValue(high: parsed.high, low: parsed.low)
                } else {
                    guard let parsed = IPv4Address(text) else { return .malformed }
                    address = FieldValue(parsed.rawValue)
                }
                guard pass(bar) else { return .malformed }
            } else {
                guard pass(bar), pass(bar) else { return .malformed }
                start = at
            }
            guard let port = number(atMost: 65535), port > 0 else { return .malformed }
            let stop = at
            guard pass(bar) else { return .malformed }
            return .message(
                FTPMessage(form: form, address: address, isIPv6: isIPv6, port: UInt16(port), range: start..<stop))
        }

        mutating func pass(_ byte: UInt8) -> Bool {
            guard at < end, bytes[at] == byte else { return false }
            at += 1
            return true
        }
    }
}
