extension HashFields {
    var word: String {
        switch self {
        case .ethernetSource: "eth_src"
        case .symmetricL4: "symmetric_l4"
        case .symmetricL3L4: "symmetric_l3l4"
        case .symmetricL3L4UDP: "symmetric_l3l4+udp"
        case .networkSource: "nw_src"
        case .networkDestination: "nw_dst"
        case .symmetricL3: "symmetric_l3"
        }
    }

    init(parsing word: Substring) throws(ActionSyntaxError) {
        let lower = word.lowercased()
        guard let fields = Self.allCases.first(where: { $0.word == lower }) else {
            let words = Self.allCases.map(\.word).joined(separator: ", ")
            throw ActionSyntaxError("“\(word)” is nothing to hash; these are: \(words)")
        }
        self = fields
    }
}

extension Multipath.Algorithm {
    var word: String {
        switch self {
        case .moduloN: "modulo_n"
        case .hashThreshold: "hash_threshold"
        case .highestRandomWeight: "hrw"
        case .iterativeHash: "iter_hash"
        }
    }
}

extension Multipath {
    func write(to out: inout String) {
        out += "multipath(\(fields.word),\(basis),\(algorithm.word),\(Int(maxLink) + 1),\(argument),\(destination))"
    }

    /// Reads what stands in the parentheses of `multipath`.
    init(parsing text: Substring) throws(ActionSyntaxError) {
        let parts = text.split { $0 == "," || $0 == " " }
        guard parts.count == 6 else {
            throw ActionSyntaxError("multipath takes FIELDS,BASIS,ALGORITHM,LINKS,ARGUMENT,FIELD[BITS]")
        }
        let word = parts[2].lowercased()
        guard let algorithm = Algorithm.allCases.first(where: { $0.word == word }) else {
            throw ActionSyntaxError("multipath: there is no algorithm “\(parts[2])”")
        }
        let links = try parts[3].number("links", UInt32.self)
        let destination = try Subfield.writable(parts[5])
        guard 1...65536 ~= links else { throw ActionSyntaxError("multipath: 1 to 65536 links, not \(links)") }
        guard destination.count >= 16 || links <= 1 << UInt32(destination.count) else {
            throw ActionSyntaxError("multipath: \(destination) is too narrow for \(links) links")
        }
        self.init(
            fields: try HashFields(parsing: parts[0]), basis: try parts[1].number("basis"), algorithm: algorithm,
            maxLink: UInt16(links - 1), argument: try parts[4].number("argument"), destination: destination)
    }
}

extension BundleChoice.Algorithm {
    var word: String { self == .activeBackup ? "active_backup" : "hrw" }
}

extension BundleChoice {
    func write(to out: inout String, _ names: FlowNames) {
        out += destination == nil ? "bundle(" : "bundle_load("
        out += "\(fields.word),\(basis),\(algorithm.word),ofport,"
        if let destination { out += "\(destination)," }
        out += "members:"
        for (index, port) in members.enumerated() {
            if index > 0 { out += "," }
            names.write(port: port, to: &out)
        }
        out += ")"
    }

    /// Reads what stands in the parentheses of `bundle` or `bundle_load`.
    init(parsing text: Substring, loads: Bool, _ names: FlowNames) throws(ActionSyntaxError) {
        let before = loads ? 5 : 4
        let parts = text.parts { character in
            switch character {
            case UInt8(ascii: ","), UInt8(ascii: " "), UInt8(ascii: ":"): true
            case UInt8(ascii: "["), UInt8(ascii: "]"): !loads
            default: false
            }
        }.filter { !$0.isEmpty }
        guard parts.count > before, ["members", "slaves"].contains(parts[before].lowercased()) else {
            throw ActionSyntaxError(
                loads
                    ? "bundle_load takes FIELDS,BASIS,ALGORITHM,ofport,FIELD[BITS],members:PORT,…"
                    : "bundle takes FIELDS,BASIS,ALGORITHM,ofport,members:PORT,…")
        }
        let word = parts[2].lowercased()
        guard let algorithm = Algorithm.allCases.first(where: { $0.word == word }) else {
            throw ActionSyntaxError("bundle: there is no algorithm “\(parts[2])”")
        }
        guard parts[3].lowercased() == "ofport" else {
            throw ActionSyntaxError("bundle: members are of the kind ofport, not “\(parts[3])”")
        }
        var members: [UInt32] = []
        for part in parts[(before + 1)...] {
            let plain = part.drop { $0 == "[" }.prefix { $0 != "]" }
            guard let port = names.port(plain) else { throw ActionSyntaxError("bundle: there is no port “\(part)”") }
            members.append(port)
        }
        var destination: Subfield?
        if loads { destination = try Subfield.writable(parts[4]) }
        self.init(
            algorithm: algorithm, fields: try HashFields(parsing: parts[0]), basis: try parts[1].number("basis"),
            members: members, destination: destination)
    }
}
