extension PacketInReason {
    /// The word of ovs-ofctl.
    public var word: String {
        switch self {
        case .noMatch: "no_match"
        case .action: "action"
        case .invalidTTL: "invalid_ttl"
        case .actionSet: "action_set"
        case .group: "group"
        case .packetOut: "packet_out"
        }
    }

    /// The reason that ovs-ofctl calls `word`, in either case.
    public init?(word: some StringProtocol) {
        let word = word.lowercased()
        guard let reason = Self.allCases.first(where: { $0.word == word }) else { return nil }
        self = reason
    }
}

extension ControllerOutput {
    func write(to out: inout String) {
        if reason == .action, id == 0, userData.isEmpty, !pause, meter == nil {
            out += "CONTROLLER:\(maxLength)"
            return
        }
        var parts: [String] = []
        if reason != .action { parts.append("reason=\(reason.word)") }
        if maxLength != 0xffff { parts.append("max_len=\(maxLength)") }
        if id != 0 { parts.append("id=\(id)") }
        if !userData.isEmpty { parts.append("userdata=\(Action.hexadecimal(userData))") }
        if pause { parts.append("pause") }
        if let meter { parts.append("meter_id=\(meter)") }
        out += "controller(\(parts.joined(separator: ",")))"
    }

    /// Reads what stands behind `controller:` or in its parentheses.
    init(parsing text: Substring) throws(ActionSyntaxError) {
        self.init()
        if text.isEmpty { return }
        if text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) {
            maxLength = try text.number("max_len")
            return
        }
        var items = KeyValueScanner(text)
        while let (name, value) = items.next() {
            switch name {
            case "reason":
                guard let reason = PacketInReason(word: value) else {
                    throw ActionSyntaxError("controller: there is no reason “\(value)”")
                }
                self.reason = reason
            case "max_len": maxLength = try value.number("max_len")
            case "id": id = try value.number("id")
            case "userdata": userData = try Action.bytes(value, "userdata")
            case "pause": pause = true
            case "meter_id": meter = try value.number("meter_id")
            default: throw ActionSyntaxError("controller: knows no “\(name)”")
            }
        }
    }
}

extension Action {
    /// Reads pairs of hexadecimal digits, with dots or spaces between them or not.
    static func bytes(_ text: Substring, _ what: String) throws(ActionSyntaxError) -> [UInt8] {
        var bytes: [UInt8] = []
        var high: UInt8?
        for character in text.utf8 {
            let digit: UInt8
            switch character {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = character - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = character - UInt8(ascii: "A") + 10
            case UInt8(ascii: "."), UInt8(ascii: " "):
                guard high == nil else { throw ActionSyntaxError("\(what): a byte has two hexadecimal digits") }
                continue
            default: throw ActionSyntaxError("\(what): “\(text)” are not bytes in hexadecimal digits")
            }
            if let upper = high {
                bytes.append(upper << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        guard high == nil else { throw ActionSyntaxError("\(what): a byte has two hexadecimal digits") }
        return bytes
    }
}
