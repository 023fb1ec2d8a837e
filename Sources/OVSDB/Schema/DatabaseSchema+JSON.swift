extension DatabaseSchema {
    /// Reads a `<database-schema>` (RFC 7047 section 3.2), as in a file .ovsschema or in the head of a database file.
    public init(_ json: JSONValue) throws(OVSDBError) {
        var reader = MemberReader(json, "database schema")
        let name = reader.required("name", .identifier)
        let version = reader.optional("version", .string)
        let checksum = reader.optional("cksum", .string)
        let tables = reader.required("tables", .object)
        // Left by tools that keep what was before.
        _ = reader.optional("_comment", .any)
        try reader.finish()
        if let text = version?.string, !Self.isVersion(text) {
            throw .syntax(json, "schema version \"\(text)\" not in format x.y.z")
        }
        var parsed: [TableSchema] = []
        for member in tables!.object!.members {
            try Self.checkName(member.name, json)
            parsed.append(try TableSchema(member.name, member.value))
        }
        self.init(name!.string!, version: version?.string ?? "", checksum: checksum?.string, tables: parsed)
        try checkReferences()
    }

    public var json: JSONValue {
        var object = JSONObject([("name", .string(name))])
        if !version.isEmpty { object["version"] = .string(version) }
        if let checksum { object["cksum"] = .string(checksum) }
        // Where all are roots, as in schemas from before there was garbage collection, none is called so.
        let namesRoots = !tables.allSatisfy(\.isRoot)
        object["tables"] = .object(JSONObject(tables.map { ($0.name, $0.json(namesRoots: namesRoots)) }))
        return .object(object)
    }

    private func checkReferences() throws(OVSDBError) {
        for table in tables {
            for column in table.columns {
                for (base, part) in [(column.type.key, "key"), (column.type.value ?? column.type.key, "value")] {
                    if let target = base.reference?.table, numbers[target] == nil {
                        throw .syntax(nil, "column \(column.name) \(part) refers to undefined table \(target)")
                    }
                }
            }
        }
    }

    static func checkName(_ name: String, _ json: JSONValue) throws(OVSDBError) {
        if name.hasPrefix("_") { throw .syntax(json, "names beginning with \"_\" are reserved") }
        if !isIdentifier(name) { throw .syntax(json, "name must be a valid id") }
    }

    private static func isVersion(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 3
            && parts.allSatisfy { part in
                !part.isEmpty && part.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
            }
    }
}

extension TableSchema {
    init(_ name: String, _ json: JSONValue) throws(OVSDBError) {
        var reader = MemberReader(json, "table schema for table \(name)")
        let columns = reader.required("columns", .object)
        let isRoot = reader.optional("isRoot", .bool)
        let maximum = reader.optional("maxRows", .integer)
        let indexes = reader.optional("indexes", .array)
        _ = reader.optional("mutable", .bool)
        try reader.finish()
        if let count = maximum?.integer, count <= 0 { throw .syntax(json, "maxRows must be at least 1") }
        guard let members = columns?.object?.members, !members.isEmpty else {
            throw .syntax(json, "table must have at least one column")
        }
        var parsed: [ColumnSchema] = []
        for member in members {
            try DatabaseSchema.checkName(member.name, json)
            parsed.append(try ColumnSchema(member.name, member.value))
        }
        var names: [[String]] = []
        for index in indexes?.array ?? [] {
            names.append(try Self.columns(of: index, parsed, json))
        }
        self.init(
            name, isRoot: isRoot?.bool ?? false, maximumRowCount: maximum?.integer.map { Int($0) }, indexes: names,
            columns: parsed)
    }

    private static func columns(
        of index: JSONValue, _ columns: [ColumnSchema], _ json: JSONValue
    ) throws(OVSDBError) -> [String] {
        guard let elements = index.array else { throw .syntax(index, "array of distinct column names expected") }
        if elements.isEmpty { throw .syntax(json, "index must have at least one column") }
        var names: [String] = []
        for element in elements {
            guard let name = element.string, !names.contains(name) else {
                throw .syntax(index, "array of distinct column names expected")
            }
            guard let column = columns.first(where: { $0.name == name }) else {
                throw .syntax(index, "\(name) is not a valid column name")
            }
            if column.isEphemeral {
                throw .syntax(json, "ephemeral columns (such as \(name)) may not be indexed")
            }
            names.append(name)
        }
        return names
    }

    func json(namesRoots: Bool) -> JSONValue {
        let own = columns[Self.firstOwnColumn...]
        var object = JSONObject([("columns", .object(JSONObject(own.map { ($0.name, $0.json) })))])
        if isRoot, namesRoots { object["isRoot"] = true }
        if let maximumRowCount { object["maxRows"] = .integer(Int64(maximumRowCount)) }
        if !indexes.isEmpty {
            object["indexes"] = .array(indexes.map { .array($0.map { .string(columns[$0].name) }) })
        }
        return .object(object)
    }
}

extension ColumnSchema {
    init(_ name: String, _ json: JSONValue) throws(OVSDBError) {
        var reader = MemberReader(json, "schema for column \(name)")
        let type = reader.required("type", [.string, .object])
        let isEphemeral = reader.optional("ephemeral", .bool)
        let isMutable = reader.optional("mutable", .bool)
        try reader.finish()
        self.init(
            name, try ColumnType(type!), isEphemeral: isEphemeral?.bool ?? false, isMutable: isMutable?.bool ?? true)
        if self.type.hasWeakReferences, !self.isMutable {
            throw .syntax(json, "column \(name) has a weak reference and must be mutable")
        }
    }

    var json: JSONValue {
        var object = JSONObject([("type", type.json)])
        if isEphemeral { object["ephemeral"] = true }
        if !isMutable { object["mutable"] = false }
        return .object(object)
    }
}

extension ColumnType {
    init(_ json: JSONValue) throws(OVSDBError) {
        if json.string != nil {
            self.init(key: try BaseType(json))
            return
        }
        guard json.object != nil else { throw .syntax(json, "ovsdb type expected") }
        var reader = MemberReader(json, "ovsdb type")
        let key = reader.required("key", [.string, .object])
        let value = reader.optional("value", [.string, .object])
        let minimum = reader.optional("min", .integer)
        let maximum = reader.optional("max", [.integer, .string])
        try reader.finish()
        let keyType = try BaseType(key!)
        var valueType: BaseType?
        if let value { valueType = try BaseType(value) }
        self.init(
            key: keyType, value: valueType, minimum: try Self.bound(minimum) ?? 1,
            maximum: maximum?.string == "unlimited" ? Self.unlimited : try Self.bound(maximum) ?? 1)
        guard self.minimum <= 1, self.maximum >= 1 else {
            throw .syntax(json, "ovsdb type fails constraint checks")
        }
    }

    private static func bound(_ json: JSONValue?) throws(OVSDBError) -> Int? {
        guard let json else { return nil }
        guard let number = json.integer, number >= 0, number < UInt32.max else {
            throw .syntax(json, "bad min or max value")
        }
        return Int(number)
    }

    var json: JSONValue {
        if isScalar, !key.isConstrained, key.reference == nil { return key.json }
        var object = JSONObject([("key", key.json)])
        if let value { object["value"] = value.json }
        if minimum != 1 { object["min"] = .integer(Int64(minimum)) }
        if maximum == Self.unlimited {
            object["max"] = "unlimited"
        } else if maximum != 1 {
            object["max"] = .integer(Int64(maximum))
        }
        return .object(object)
    }
}

extension BaseType {
    init(_ json: JSONValue) throws(OVSDBError) {
        if json.string != nil {
            self.init(try Self.atomicType(json))
            return
        }
        var reader = MemberReader(json, "ovsdb type")
        let name = reader.required("type", .string)
        try reader.check()
        let type = try Self.atomicType(name!)
        if let values = reader.optional("enum", .any) {
            try reader.finish()
            let plain = ColumnType(key: BaseType(type), minimum: 1, maximum: ColumnType.unlimited)
            self.init(type, allowed: try Datum(values, type: plain))
            return
        }
        var integers: ClosedRange<Int64>?
        var reals: ClosedRange<Double>?
        var lengths: ClosedRange<Int>?
        var reference: Reference?
        switch type {
        case .integer:
            let low = reader.optional("minInteger", .integer)?.integer ?? .min
            let high = reader.optional("maxInteger", .integer)?.integer ?? .max
            if low > high { throw .syntax(json, "minInteger exceeds maxInteger") }
            integers = low...high
        case .real:
            let low = Self.real(reader.optional("minReal", .number)) ?? Self.allReals.lowerBound
            let high = Self.real(reader.optional("maxReal", .number)) ?? Self.allReals.upperBound
            if low > high { throw .syntax(json, "minReal exceeds maxReal") }
            reals = low...high
        case .string:
            let low = try Self.length(reader.optional("minLength", .integer), "minLength") ?? 0
            let high =
                try Self.length(reader.optional("maxLength", .integer), "maxLength") ?? Self.allLengths.upperBound
            if low > high { throw .syntax(json, "minLength exceeds maxLength") }
            lengths = low...high
        case .uuid:
            if let table = reader.optional("refTable", .identifier)?.string {
                let kind = reader.optional("refType", .identifier)?.string ?? "strong"
                guard kind == "strong" || kind == "weak" else {
                    throw .syntax(json, "refType must be \"strong\" or \"weak\" (not \"\(kind)\")")
                }
                reference = Reference(table: table, isWeak: kind == "weak")
            }
        case .boolean: break
        }
        try reader.finish()
        self.init(type, integers: integers, reals: reals, lengths: lengths, reference: reference)
    }

    private static func atomicType(_ json: JSONValue) throws(OVSDBError) -> AtomicType {
        guard let name = json.string, let type = AtomicType(name: name) else {
            throw .syntax(json, "\(json) is not an atomic-type")
        }
        return type
    }

    private static func real(_ json: JSONValue?) -> Double? {
        switch json {
        case .integer(let value): Double(value)
        case .real(let value): value
        default: nil
        }
    }

    private static func length(_ json: JSONValue?, _ member: String) throws(OVSDBError) -> Int? {
        guard let json else { return nil }
        guard let number = json.integer, number >= 0, number <= UInt32.max else {
            throw .syntax(json, "\(member) out of valid range 0 to \(UInt32.max)")
        }
        return Int(number)
    }

    var json: JSONValue {
        if !isConstrained, reference == nil { return .string(type.description) }
        var object = JSONObject([("type", .string(type.description))])
        if let allowed {
            let plain = ColumnType(key: BaseType(type), minimum: 1, maximum: ColumnType.unlimited)
            object["enum"] = allowed.json(plain)
        }
        if integers.lowerBound != .min { object["minInteger"] = .integer(integers.lowerBound) }
        if integers.upperBound != .max { object["maxInteger"] = .integer(integers.upperBound) }
        if reals.lowerBound != Self.allReals.lowerBound { object["minReal"] = .real(reals.lowerBound) }
        if reals.upperBound != Self.allReals.upperBound { object["maxReal"] = .real(reals.upperBound) }
        if lengths.lowerBound != 0 { object["minLength"] = .integer(Int64(lengths.lowerBound)) }
        if lengths.upperBound != Self.allLengths.upperBound {
            object["maxLength"] = .integer(Int64(lengths.upperBound))
        }
        if let reference {
            object["refTable"] = .string(reference.table)
            if reference.isWeak { object["refType"] = "weak" }
        }
        return .object(object)
    }
}
