import OVSDB

/// Values of the database's columns as ovs-vsctl writes and reads them: `{key=value, key=value}` for maps, `[a, b]` for sets.
enum ColumnText {
    // MARK: Printing

    /// A value in RFC 7047's JSON as text.
    /// - Parameter type: the column's; a set of one, which JSON spells as the value alone, has brackets then.
    static func text(_ json: JSONValue, _ type: ColumnType? = nil) -> String {
        if let type, type.isSet, type.isComposite, json[0]?.string != "set" { return "[" + atom(json) + "]" }
        if let elements = json[1]?.array {
            switch json[0]?.string {
            case "set": return "[" + elements.map(atom).joined(separator: ", ") + "]"
            case "map":
                return "{"
                    + elements.map { "\(atom($0[0] ?? .null))=\(atom($0[1] ?? .null))" }.joined(separator: ", ") + "}"
            default: break
            }
        }
        return atom(json)
    }

    /// The elements of a set, or the one value that stands for itself.
    static func elements(_ json: JSONValue?) -> [JSONValue] {
        guard let json else { return [] }
        if json[0]?.string == "set" { return json[1]?.array ?? [] }
        return [json]
    }

    /// The texts of a map.
    static func map(_ json: JSONValue?) -> [String: String] {
        var result: [String: String] = [:]
        for pair in json?[1]?.array ?? [] where json?[0]?.string == "map" {
            result[plain(pair[0])] = plain(pair[1])
        }
        return result
    }

    /// A single value without quotes; empty for none.
    static func plain(_ json: JSONValue?) -> String {
        guard let first = elements(json).first else { return "" }
        return first.string ?? atom(first)
    }

    static func uuid(_ json: JSONValue?) -> String? { json?[0]?.string == "uuid" ? json?[1]?.string : nil }

    private static func atom(_ json: JSONValue) -> String {
        if let uuid = uuid(json) { return uuid }
        guard let text = json.string else { return json.description }
        return isWord(text) ? text : json.description
    }

    /// Whether ovs-vsctl prints a text without quotes.
    private static func isWord(_ text: String) -> Bool {
        guard let first = text.utf8.first, text != "true", text != "false" else { return false }
        func isLetter(_ byte: UInt8) -> Bool {
            byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z") || byte == UInt8(ascii: "_")
        }
        return isLetter(first)
            && text.utf8.allSatisfy {
                isLetter($0) || $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") || $0 == UInt8(ascii: "-")
                    || $0 == UInt8(ascii: ".")
            }
    }

    // MARK: Reading

    /// A value's text as RFC 7047's JSON.
    static func parse(_ text: String, _ type: ColumnType) throws(CommandError) -> JSONValue {
        var scanner = Scanner(text)
        // One value of a scalar is the whole text: a path may hold commas and colons.
        if !type.isComposite && !type.isMap, text.first != "[", text.first != "\"" {
            return try atom(text, type.key.type)
        }
        let close: Character? = scanner.take("{") ? "}" : scanner.take("[") ? "]" : nil
        var elements: [JSONValue] = []
        while true {
            scanner.skipSpace()
            if scanner.isAtEnd { break }
            if let close, scanner.take(close) { break }
            let key = try scanner.word(endingAt: type.isMap ? "=,]} " : ",]} ")
            if let value = type.value {
                guard scanner.take("=") else {
                    throw .usage("“\(text)” is no map", remedy: "write key=value, several with commas")
                }
                let word = try scanner.word(endingAt: close == nil ? "," : ",}")
                elements.append([try atom(key, type.key.type), try atom(word, value.type)])
            } else {
                elements.append(try atom(key, type.key.type))
            }
            scanner.skipSpace()
            _ = scanner.take(",")
        }
        return [type.isMap ? "map" : "set", .array(elements)]
    }

    static func atom(_ text: String, _ type: AtomicType) throws(CommandError) -> JSONValue {
        switch type {
        case .integer:
            if let number = Int64(text) { return .integer(number) }
            if text.hasPrefix("0x"), let number = Int64(text.dropFirst(2), radix: 16) { return .integer(number) }
            throw .usage("“\(text)” is no whole number")
        case .real:
            if let number = Double(text) { return .real(number) }
            throw .usage("“\(text)” is no number")
        case .boolean:
            if text == "true" || text == "false" { return .bool(text == "true") }
            throw .usage("“\(text)” is neither true nor false")
        case .uuid:
            guard text.utf8.count == 36 else { throw .usage("“\(text)” is no UUID") }
            return ["uuid", .string(text)]
        case .string:
            if text.hasPrefix("\""), let json = try? JSONParser.parse("[\(text)]"), let plain = json[0]?.string {
                return .string(plain)
            }
            return .string(text)
        }
    }

    private struct Scanner {
        private var rest: Substring
        init(_ text: String) { rest = Substring(text) }
        var isAtEnd: Bool { rest.isEmpty }
        mutating func skipSpace() { rest = rest.drop { $0.isWhitespace } }
        mutating func take(_ character: Character) -> Bool {
            guard rest.first == character else { return false }
            rest.removeFirst()
            return true
        }
        /// A word, or a text in quotes, with its quotes.
        mutating func word(endingAt ends: String) throws(CommandError) -> String {
            var end = rest.startIndex
            if rest.first == "\"" {
                var isEscaped = true
                while end < rest.endIndex, isEscaped || rest[end] != "\"" {
                    isEscaped = rest[end] == "\\" && !isEscaped
                    end = rest.index(after: end)
                }
                guard end < rest.endIndex else { throw .usage("a quote in “\(rest)” has no end") }
                end = rest.index(after: end)
            } else {
                end = rest.firstIndex { ends.contains($0) } ?? rest.endIndex
            }
            let word = String(rest[..<end])
            if word.isEmpty { throw .usage("“\(rest)” begins with no value") }
            rest = rest[end...]
            return word
        }
    }
}
