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

    /// What is read, for complaints.
    private enum Subject {
        case named(String)
        case operation(number: Int, count: Int)
    }

    private let json: JSONValue
    private let members: [JSONObject.Member]
    private let subject: Subject
    /// By bits, which members were asked for. (No object of the protocol has as many as there are bits.)
    private var used: UInt64 = 0
    private(set) var error: OVSDBError?

    init(_ json: JSONValue, _ name: String) { self.init(json, .named(name)) }

    /// An operation of a transaction. There may be thousands in one, so that its name is put together only when needed.
    init(_ json: JSONValue, operation number: Int, of count: Int) {
        self.init(json, .operation(number: number, count: count))
    }

    private init(_ json: JSONValue, _ subject: Subject) {
        self.json = json
        self.subject = subject
        if case .object(let object) = json {
            members = object.members
        } else {
            members = []
            complain("Object expected.")
        }
    }

    mutating func optional(_ member: String, _ kinds: Kinds) -> JSONValue? {
        guard let index = members.lastIndex(where: { $0.name == member }) else { return nil }
        if index < UInt64.bitWidth { used |= 1 << UInt64(index) }
        let value = members[index].value
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
            let name =
                switch subject {
                case .named(let name): name
                case .operation(let number, let count): "ovsdb operation \(number) of \(count)"
                }
            error = .syntax(json.object == nil ? nil : json, "Parsing \(name) failed: \(reason)")
        }
    }

    /// Throws the first complaint, if there was one.
    func check() throws(OVSDBError) {
        if let error { throw error }
    }

    /// Complains about members that nobody asked for, too.
    mutating func finish() throws(OVSDBError) {
        if error == nil, used.nonzeroBitCount != members.count {
            let unused = members.indices.filter { $0 >= UInt64.bitWidth || used & (1 << UInt64($0)) == 0 }
            if let index = unused.first {
                let first = members[index]
                let others = unused.count - 1
                let more = others > 0 ? " and \(others) other member\(others > 1 ? "s" : "") are" : " is"
                complain("Member '\(first.name)'\(more) present but not allowed here.")
            }
        }
        try check()
    }
}
