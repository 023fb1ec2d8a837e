import Wire

extension ConnectionTracking {
    func write(to out: inout String, _ names: FlowNames) {
        out += "ct("
        var isFirst = true
        func item(_ out: inout String, _ text: String) {
            if !isFirst { out += "," }
            out += text
            isFirst = false
        }
        if commit { item(&out, "commit") }
        if force { item(&out, "force") }
        if let table {
            item(&out, "table=")
            names.write(table: table, to: &out)
        }
        switch zone {
        case .number(0): break
        case .number(let number): item(&out, "zone=\(number)")
        case .field(let bits): item(&out, "zone=\(bits)")
        }
        // A translation that comes first stands outside of `exec`.
        var rest = actions[...]
        if case .nat(let translation) = rest.first {
            item(&out, "")
            translation.write(to: &out)
            rest = rest.dropFirst()
        }
        if !rest.isEmpty {
            item(&out, "exec(")
            Action.write(Array(rest), to: &out, names)
            out += ")"
        }
        switch helper {
        case 0: break
        case 21: item(&out, "alg=ftp")
        case 69: item(&out, "alg=tftp")
        default: item(&out, "alg=\(helper)")
        }
        out += ")"
    }

    /// Reads what stands in the parentheses of `ct`.
    init(parsing text: Substring, _ parser: ActionParser) throws(ActionSyntaxError) {
        self.init()
        var items = KeyValueScanner(text)
        while let (name, value) = items.next() {
            switch name {
            case "commit": commit = true
            case "force": force = true
            case "table":
                guard let table = parser.names.table(value), table != 255 else {
                    throw ActionSyntaxError("ct: there is no table “\(value)”")
                }
                self.table = table
            case "zone":
                if let number = UInt64(fieldText: value) {
                    guard let number = UInt16(exactly: number) else {
                        throw ActionSyntaxError("ct: a zone is a number from 0 to 65535")
                    }
                    zone = .number(number)
                } else {
                    let bits = try Subfield(parsing: value)
                    guard bits.count == 16 else { throw ActionSyntaxError("ct: a zone has 16 bits, not \(bits.count)") }
                    zone = .field(bits)
                }
            case "alg":
                switch value {
                case "ftp": helper = 21
                case "tftp": helper = 69
                default: throw ActionSyntaxError("ct: the helpers are ftp and tftp, not “\(value)”")
                }
            case "nat": actions.append(.nat(try AddressTranslation(parsing: value)))
            case "exec": actions += try parser.nested(value)
            default: throw ActionSyntaxError("ct: knows no “\(name)”")
            }
        }
        guard commit || !force else { throw ActionSyntaxError("ct: force needs commit") }
    }
}

extension AddressTranslation {
    func write(to out: inout String) {
        out += "nat"
        guard let direction else { return }
        out += direction == .source ? "(src" : "(dst"
        switch addresses {
        case .ipv4(let first, let last):
            out += "=\(IPv4Address(rawValue: first))"
            if last != first { out += "-\(IPv4Address(rawValue: last))" }
        case .ipv6(let first, let last):
            // Brackets keep the address apart from the ports.
            func text(_ value: FieldValue) -> String {
                let address = FieldText.ipv6(value)
                return ports == nil ? address : "[\(address)]"
            }
            out += "=\(text(first))"
            if last != first { out += "-\(text(last))" }
        case nil: break
        }
        if addresses != nil {
            if let ports {
                out += ":\(ports.lowerBound)"
                if ports.upperBound != ports.lowerBound { out += "-\(ports.upperBound)" }
            }
            if persistent { out += ",persistent" }
            if hash { out += ",hash" }
            if random { out += ",random" }
        }
        out += ")"
    }

    /// Reads what stands in the parentheses of `nat`; nothing: the translation that the connection has.
    init(parsing text: Substring) throws(ActionSyntaxError) {
        self.init()
        var items = KeyValueScanner(text)
        while let (name, value) = items.next() {
            switch name {
            case "src", "dst":
                guard direction == nil else { throw ActionSyntaxError("nat: src or dst, not both") }
                direction = name == "src" ? .source : .destination
                if !value.isEmpty { try readRange(value) }
            case "persistent": persistent = true
            case "hash": hash = true
            case "random": random = true
            default: throw ActionSyntaxError("nat: knows no “\(name)”")
            }
        }
        guard direction != nil || !(persistent || hash || random) else {
            throw ActionSyntaxError("nat: flags need src or dst")
        }
        guard !(hash && random) else { throw ActionSyntaxError("nat: hash or random, not both") }
    }

    /// `10.0.0.1-10.0.0.9:1000-2000`, `[fe80::1]-[fe80::9]:1000`.
    private mutating func readRange(_ text: Substring) throws(ActionSyntaxError) {
        let error = ActionSyntaxError("nat: “\(text)” is not a range of addresses and ports")
        func take(_ rest: inout Substring) -> Substring {
            if rest.utf8.first == UInt8(ascii: "["), let close = rest.utf8.firstIndex(of: UInt8(ascii: "]")) {
                let inside = rest[rest.utf8.index(after: rest.startIndex)..<close]
                rest = rest[rest.utf8.index(after: close)...]
                return inside
            }
            let isIPv6 = rest.utf8.prefix { $0 != UInt8(ascii: "-") }.count { $0 == UInt8(ascii: ":") } > 1
            let end =
                rest.utf8.firstIndex {
                    $0 == UInt8(ascii: "-") || !isIPv6 && $0 == UInt8(ascii: ":")
                } ?? rest.endIndex
            defer { rest = rest[end...] }
            return rest[..<end]
        }
        var rest = text
        let first = take(&rest)
        var last = first
        if rest.utf8.first == UInt8(ascii: "-") {
            rest = rest.dropFirst()
            last = take(&rest)
        }
        if let low = IPv4Address(String(first)), let high = IPv4Address(String(last)) {
            guard low <= high else { throw error }
            addresses = .ipv4(first: low.rawValue, last: high.rawValue)
        } else if let low = IPv6Address(String(first)), let high = IPv6Address(String(last)) {
            guard low <= high else { throw error }
            addresses = .ipv6(
                first: FieldValue(high: low.high, low: low.low), last: FieldValue(high: high.high, low: high.low))
        } else {
            throw error
        }
        guard !rest.isEmpty else { return }
        guard rest.utf8.first == UInt8(ascii: ":") else { throw error }
        let bounds = rest.dropFirst().split(separator: "-", omittingEmptySubsequences: false)
        guard bounds.count <= 2, let low = bounds.first else { throw error }
        let lowest = try low.number("port", UInt16.self)
        let highest = bounds.count == 2 ? try bounds[1].number("port", UInt16.self) : lowest
        guard lowest <= highest, lowest > 0 else { throw error }
        ports = lowest...highest
    }
}
