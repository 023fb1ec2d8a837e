/// Takes an object apart member by member and complains about missing, mistyped and unknown ones in ovsdb-server's
/// words. The first complaint counts; `finish` throws it.
struct MemberReader {
    /// What a member may be.
    struct Kinds: OptionSet {
        let rawValue: Int
        static let bool = Kinds(rawValue: 1)
        static let integer = Kinds(rawValue: 2)
        static let number = Kinds(rawValue: 2 | 4)
        static let string = Kinds(rawValue: 8)
        static let array = Kinds(rawValue: 16)
        static let object = Kinds(rawValue: 32)
        static let null = Kinds(rawValue: 64)
        static let any = Kinds(rawValue: 127)
        /// A string that is an `<id>`.
        static let identifier = Kinds(rawValue: 128)
    }

    private let json: JSONValue
    private let name: String
    private var used: [String] = []
    private(set) var error: OVSDBError?

    init(_ json: JSONValue, _ name: String) {
        self.json = json
        self.name = name
        if json.object == nil { complain("Object expected.") }
    }

    mutating func optional(_ member: String, _ kinds: Kinds) -> JSONValue? {
        used.append(member)
        guard let value = json[member] else { return nil }
        let isFine: Bool =
            switch value {
            case .null: kinds.contains(.null)
            case .bool: kinds.contains(.bool)
            case .integer: kinds.contains(.integer)
            case .real: kinds.contains(.number)
            case .string(let text):
                kinds.contains(.string) || (kinds.contains(.identifier) && isIdentifier(text))
            case .array: kinds.contains(.array)
            case .object: kinds.contains(.object)
            }
        if isFine { return value }
        complain("Type mismatch for member '\(member)'.")
        return nil
    }

    mutating func required(_ member: String, _ kinds: Kinds) -> JSONValue? {
        let value = optional(member, kinds)
        if value == nil { complain("Required '\(member)' member is missing.") }
        return value
    }

    mutating func complain(_ reason: String) {
        if error == nil {
            error = .syntax(json.object == nil ? nil : json, "Parsing \(name) failed: \(reason)")
        }
    }

    /// Throws the first complaint, if there was one.
    func check() throws(OVSDBError) {
        if let error { throw error }
    }

    /// Complains about members that nobody asked for, too.
    mutating func finish() throws(OVSDBError) {
        if error == nil, let object = json.object {
            let unused = object.members.filter { !used.contains($0.name) }
            if let first = unused.first {
                let others = unused.count - 1
                let more = others > 0 ? " and \(others) other member\(others > 1 ? "s" : "") are" : " is"
                complain("Member '\(first.name)'\(more) present but not allowed here.")
            }
        }
        try check()
    }
}
