import OVSDB

// What the verbs ask the database for and tell it, in RFC 7047's JSON.

extension DatabaseClient {
    /// A row's UUID as a value.
    static func reference(_ uuid: String) -> JSONValue { ["uuid", .string(uuid)] }
    static func named(_ name: String) -> JSONValue { ["named-uuid", .string(name)] }
    static func isEqual(_ column: String, _ value: JSONValue) -> [JSONValue] { [[.string(column), "==", value]] }

    static func insert(_ table: String, as name: String, _ row: [(String, JSONValue)]) -> JSONValue {
        ["op": "insert", "table": .string(table), "uuid-name": .string(name), "row": .object(JSONObject(row))]
    }

    static func update(_ table: String, where condition: [JSONValue], _ row: [(String, JSONValue)]) -> JSONValue {
        ["op": "update", "table": .string(table), "where": .array(condition), "row": .object(JSONObject(row))]
    }

    /// Adds to or takes from a set or a map.
    static func mutate(
        _ table: String, where condition: [JSONValue] = [], _ column: String, _ mutator: String, _ value: JSONValue
    ) -> JSONValue {
        [
            "op": "mutate", "table": .string(table), "where": .array(condition),
            "mutations": [[.string(column), .string(mutator), value]],
        ]
    }

    /// The row of a table that has this name; nil: there is none.
    func row(_ table: String, named name: String) throws -> JSONValue? {
        try select(table, where: Self.isEqual("name", .string(name))).first
    }

    func bridge(_ name: String) throws -> JSONValue {
        if let row = try row("Bridge", named: name) { return row }
        throw CommandError("there is no bridge \(name)", remedy: "rookery switch list-br lists those that are")
    }

    /// The name of the bridge that has the port with this UUID.
    func bridge(ofPort uuid: String) throws -> String? {
        let rows = try select(
            "Bridge", where: [["ports", "includes", Self.reference(uuid)]], columns: ["name"])
        return rows.first.map { ColumnText.plain($0["name"]) }
    }

    /// The rows that references lead to, in their order.
    func rows(_ table: String, _ references: JSONValue?) throws -> [JSONValue] {
        let queries = ColumnText.elements(references).map { reference in
            (table: table, condition: Self.isEqual("_uuid", reference), columns: [String]?.none)
        }
        if queries.isEmpty { return [] }
        return try select(queries).flatMap { $0 }
    }

    // MARK: Names of tables, columns and records

    /// The table that is meant by a name or its beginning, in any case, with `-` for `_`.
    func table(_ name: String) throws -> TableSchema {
        let tables = try schema.get().tables
        guard let found = Self.match(name, tables.map(\.name)) else {
            throw CommandError.usage(
                "there is no table “\(name)”", remedy: tables.map(\.name).sorted().joined(separator: ", "))
        }
        return tables[found]
    }

    func column(_ name: String, of table: TableSchema) throws -> ColumnSchema {
        guard let found = Self.match(name, table.columns.map(\.name)) else {
            throw CommandError.usage(
                "the table \(table.name) has no column “\(name)”",
                remedy: table.columns.map(\.name).filter { !$0.hasPrefix("_") }.sorted().joined(separator: ", "))
        }
        return table.columns[found]
    }

    /// Which of `names` is meant: the one that is equal, or the only one that begins so.
    static func match(_ text: String, _ names: [String]) -> Int? {
        func plain(_ text: String) -> String { String(text.lowercased().map { $0 == "-" ? "_" : $0 }) }
        let wanted = plain(text)
        let exact = names.indices.filter { plain(names[$0]) == wanted }
        if exact.count == 1 { return exact[0] }
        let longer = names.indices.filter { plain(names[$0]).hasPrefix(wanted) }
        return longer.count == 1 ? longer[0] : nil
    }

    /// The row that a word names: a UUID, a name, `.` for the only one; of QoS, queues and controllers also the port or
    /// bridge that uses it.
    func record(_ word: String, in table: TableSchema) throws -> JSONValue {
        let rows: [JSONValue]
        if word == "." {
            rows = try select(table.name)
        } else if word.utf8.count == 36, word.utf8.filter({ $0 == UInt8(ascii: "-") }).count == 4 {
            rows = try select(table.name, where: Self.isEqual("_uuid", Self.reference(word)))
        } else if table.column("name") != nil {
            rows = try select(table.name, where: Self.isEqual("name", .string(word)))
        } else {
            let users: [String: (table: String, column: String)] = [
                "Controller": ("Bridge", "controller"), "QoS": ("Port", "qos"), "NetFlow": ("Bridge", "netflow"),
                "sFlow": ("Bridge", "sflow"), "IPFIX": ("Bridge", "ipfix"),
            ]
            var found: [JSONValue] = []
            if let user = users[table.name], let row = try row(user.table, named: word) {
                found = try self.rows(table.name, row[user.column])
            }
            if found.isEmpty, table.column("target") != nil {
                found = try select(table.name, where: Self.isEqual("target", .string(word)))
            }
            rows = found
        }
        switch rows.count {
        case 1: return rows[0]
        case 0:
            throw CommandError(
                "the table \(table.name) has no record \(word)", remedy: "rookery switch list \(table.name)")
        default:
            throw CommandError(
                "“\(word)” means \(rows.count) records of \(table.name)",
                remedy: "give a UUID: rookery switch list \(table.name)")
        }
    }
}
