import Glibc

/// One scalar value in a column (RFC 7047 section 5.1, `<atom>`).
public enum Atom: Sendable {
    case integer(Int64)
    case real(Double)
    case boolean(Bool)
    case string(String)
    case uuid(UUID)

    public var type: AtomicType {
        switch self {
        case .integer: .integer
        case .real: .real
        case .boolean: .boolean
        case .string: .string
        case .uuid: .uuid
        }
    }

    /// The value that a column of that type has when nobody set one.
    static func defaultValue(_ type: AtomicType) -> Atom {
        switch type {
        case .integer: .integer(0)
        case .real: .real(0)
        case .boolean: .boolean(false)
        case .string: .string("")
        case .uuid: .uuid(.zero)
        }
    }
}

/// Strings are compared by their bytes, as the other implementations do, not by Unicode's equivalence.
extension Atom: Hashable, Comparable {
    public static func == (a: Atom, b: Atom) -> Bool {
        switch (a, b) {
        case (.integer(let a), .integer(let b)): a == b
        case (.real(let a), .real(let b)): a == b
        case (.boolean(let a), .boolean(let b)): a == b
        case (.string(let a), .string(let b)): a.utf8.count == b.utf8.count && byteOrder(a, b) == 0
        case (.uuid(let a), .uuid(let b)): a == b
        default: false
        }
    }

    /// The order within a type; between types, that of `AtomicType`.
    public static func < (a: Atom, b: Atom) -> Bool {
        switch (a, b) {
        case (.integer(let a), .integer(let b)): a < b
        case (.real(let a), .real(let b)): a < b
        case (.boolean(let a), .boolean(let b)): !a && b
        case (.string(let a), .string(let b)): byteOrder(a, b) < 0
        case (.uuid(let a), .uuid(let b)): a < b
        default: a.type.rawValue < b.type.rawValue
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .integer(let value): hasher.combine(value)
        case .real(let value): hasher.combine(value)
        case .boolean(let value): hasher.combine(value)
        case .string(let value): hasher.combine(value)
        case .uuid(let value): hasher.combine(value)
        }
    }

    private static func byteOrder(_ a: String, _ b: String) -> Int {
        var a = a
        var b = b
        return a.withUTF8 { a in
            b.withUTF8 { b in
                let common = min(a.count, b.count)
                if common > 0 {
                    let order = memcmp(a.baseAddress!, b.baseAddress!, common)
                    if order != 0 { return Int(order) }
                }
                return a.count - b.count
            }
        }
    }
}

extension Atom: CustomStringConvertible {
    /// As ovs-vsctl prints it: strings without quotes where they are plain words.
    public var description: String {
        switch self {
        case .integer(let value): String(value)
        case .real, .boolean: json.text()
        case .string(let value): Self.isWord(value) ? value : JSONValue.string(value).text()
        case .uuid(let value): value.description
        }
    }

    private static func isWord(_ text: String) -> Bool {
        guard let first = text.utf8.first, isLetter(first) || first == UInt8(ascii: "_") else { return false }
        let isPlain = text.utf8.allSatisfy {
            isLetter($0) || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")) || $0 == UInt8(ascii: "_")
                || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
        }
        return isPlain && text != "true" && text != "false" && UUID(text) == nil
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")
    }
}

extension Atom {
    /// The JSON form: a UUID is `["uuid", "…"]`.
    public var json: JSONValue {
        switch self {
        case .integer(let value): .integer(value)
        case .real(let value): Int64(exactly: value).map { .integer($0) } ?? .real(value)
        case .boolean(let value): .bool(value)
        case .string(let value): .string(value)
        case .uuid(let value): .array([.string("uuid"), .string(value.description)])
        }
    }
}

extension JSONWriter {
    mutating func write(_ atom: Atom) {
        switch atom {
        case .integer(let value): write(value)
        case .real(let value): write(value)
        case .boolean(let value): write(value)
        case .string(let value): write(value)
        case .uuid(let value):
            raw("[\"uuid\",\"")
            write(bare: value)
            raw("\"]")
        }
    }
}
