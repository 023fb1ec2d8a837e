extension Datum {
    /// The JSON form (RFC 7047 section 5.1, `<value>`): one element of a set alone, others as `["set", […]]`, a map as
    /// `["map", [[k, v], …]]`.
    public func json(_ type: ColumnType) -> JSONValue {
        if type.isMap {
            return .array(["map", .array(zip(keys, values).map { .array([$0.json, $1.json]) })])
        }
        if keys.count == 1 { return keys[0].json }
        return .array(["set", .array(keys.map(\.json))])
    }

    /// Reads a value of a column (RFC 7047 section 5.1).
    /// - Parameters:
    ///   - type: what the column takes; its bounds and constraints are checked.
    ///   - names: what `["named-uuid", …]` stands for; nil where such names are not allowed.
    init(
        _ json: JSONValue, type: ColumnType, names: RowNames? = nil
    ) throws(OVSDBError) {
        let isMap = type.isMap
        if !isMap, json[0]?.string != "set" {
            self.init(sortedKeys: [try Atom(json, base: type.key, names: names)])
            return
        }
        let kind = isMap ? "map" : "set"
        guard let pair = json.array, pair.count == 2, pair[0].string == kind, let elements = pair[1].array else {
            throw .syntax(json, "expected [\"\(kind)\", <array>]")
        }
        guard elements.count >= type.minimum, elements.count <= type.maximum else {
            throw .syntax(
                json,
                type.minimum == 1 && type.maximum == 1
                    ? "\(kind) must have exactly one member but \(elements.count) are present"
                    : "\(kind) must have \(type.minimum) to \(type.maximum) members but \(elements.count) are present")
        }
        var keys: [Atom] = []
        var values: [Atom] = []
        keys.reserveCapacity(elements.count)
        for element in elements {
            if let valueType = type.value {
                guard let pair = element.array, pair.count == 2 else {
                    throw .syntax(element, "expected 2-element array")
                }
                keys.append(try Atom(pair[0], base: type.key, names: names))
                values.append(try Atom(pair[1], base: valueType, names: names))
            } else {
                keys.append(try Atom(element, base: type.key, names: names))
            }
        }
        try self.init(unsortedKeys: keys, values: values)
    }

    /// Puts keys into order; one that comes twice is an error.
    init(unsortedKeys keys: [Atom], values: [Atom]) throws(OVSDBError) {
        var isSorted = true
        var index = 1
        while index < keys.count {
            if !(keys[index - 1] < keys[index]) {
                isSorted = false
                break
            }
            index += 1
        }
        if isSorted {
            self.init(sortedKeys: keys, values: values)
            return
        }
        if values.isEmpty {
            self.init(sortedKeys: keys.sorted())
        } else {
            let order = keys.indices.sorted { keys[$0] < keys[$1] }
            self.init(sortedKeys: order.map { keys[$0] }, values: order.map { values[$0] })
        }
        for index in 1..<self.keys.count where self.keys[index] == self.keys[index - 1] {
            throw OVSDBError(
                tag: "ovsdb error", details: values.isEmpty ? "set contains duplicate" : "map contains duplicate key")
        }
    }

    /// The text of ovs-vsctl: `[a, b]`, `{k=v}`, a scalar as it is.
    func text(_ type: ColumnType) -> String {
        if type.isMap { return "{" + zip(keys, values).map { "\($0)=\($1)" }.joined(separator: ", ") + "}" }
        if keys.count == 1, type.maximum == 1 || type.isScalar { return keys[0].description }
        return "[" + keys.map(\.description).joined(separator: ", ") + "]"
    }
}

extension Atom {
    /// Reads an atom and checks it against its type's constraints.
    init(_ json: JSONValue, base: BaseType, names: RowNames?) throws(OVSDBError) {
        switch (base.type, json) {
        case (.integer, .integer(let value)): self = .integer(value)
        case (.real, .integer(let value)): self = .real(Double(value))
        case (.real, .real(let value)): self = .real(value)
        case (.boolean, .bool(let value)): self = .boolean(value)
        case (.string, .string(let value)): self = .string(value)
        case (.uuid, _):
            self = .uuid(try Self.uuid(json, names: names))
            return
        default:
            throw .syntax(json, "expected \(base.type)")
        }
        if base.isConstrained { try base.check(self) }
    }

    private static func uuid(_ json: JSONValue, names: RowNames?) throws(OVSDBError) -> UUID {
        if let pair = json.array, pair.count == 2, let text = pair[1].string {
            if pair[0].string == "uuid" {
                guard let uuid = UUID(text) else { throw .syntax(json, "\"\(text)\" is not a valid UUID") }
                return uuid
            }
            if pair[0].string == "named-uuid", let names {
                guard isIdentifier(text) else { throw .syntax(json, "named-uuid string is not a valid <id>") }
                return names.uuid(text)
            }
        }
        throw .syntax(json, "expected [\"uuid\", <string>]")
    }
}

/// Whether text is an `<id>` (RFC 7047 section 3.1): a letter or underscore, then letters, digits, underscores.
func isIdentifier(_ text: String) -> Bool {
    var isFirst = true
    for byte in text.utf8 {
        let isLetter = byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z") || byte == UInt8(ascii: "_")
        let isDigit = byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
        guard isLetter || (isDigit && !isFirst) else { return false }
        isFirst = false
    }
    return !isFirst
}

extension JSONWriter {
    /// Appends the JSON form of a column's value.
    mutating func write(_ datum: Datum, _ type: ColumnType) {
        if type.isMap {
            raw("[\"map\",[")
            for index in datum.keys.indices {
                if index > 0 { raw(",") }
                raw("[")
                write(datum.keys[index])
                raw(",")
                write(datum.values[index])
                raw("]")
            }
            raw("]]")
        } else if datum.keys.count == 1 {
            write(datum.keys[0])
        } else {
            raw("[\"set\",[")
            for index in datum.keys.indices {
                if index > 0 { raw(",") }
                write(datum.keys[index])
            }
            raw("]]")
        }
    }
}
