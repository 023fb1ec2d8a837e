/// Reading `<monitor-requests>`.
extension Monitor {
    /// - Parameter mayHaveConditions: whether a "where" is allowed.
    static func tables(
        _ json: JSONValue, of database: Database, mayHaveConditions: Bool
    ) throws(OVSDBError) -> [Int: MonitoredTable] {
        guard let requests = json.object else { throw .syntax(json, "monitor-requests must be object") }
        var tables: [Int: MonitoredTable] = [:]
        for member in requests.members {
            guard let number = database.schema.table(member.name) else {
                throw .syntax(nil, "no table named \(member.name)")
            }
            let schema = database.schema.tables[number]
            var table = tables[number] ?? MonitoredTable(schema: schema, label: label(schema.name, "{"))
            // Rows that one of several requests wants are told of.
            var conditions: [Condition] = []
            var wantsAll = false
            for request in member.value.array ?? [member.value] {
                let clauses = try table.add(request, mayHaveConditions: mayHaveConditions)
                if clauses.isEmpty { wantsAll = true }
                conditions += clauses
            }
            table.conditions = wantsAll ? [] : conditions
            tables[number] = table
        }
        return tables
    }

    static func label(_ name: String, _ end: StaticString) -> [UInt8] {
        var writer = JSONWriter()
        writer.write(name)
        writer.raw(":")
        writer.raw(end)
        return writer.bytes
    }
}

extension Monitor.MonitoredTable {
    /// Adds what one `<monitor-request>` wants.
    /// - Returns: its conditions.
    fileprivate mutating func add(_ json: JSONValue, mayHaveConditions: Bool) throws(OVSDBError) -> [Condition] {
        var reader = MemberReader(json, "table \(schema.name)")
        let condition = mayHaveConditions ? reader.optional("where", .array) : nil
        let columnsJSON = reader.optional("columns", .array)
        let selectJSON = reader.optional("select", .object)
        try reader.finish()
        var selection = Monitor.Selection.all
        if let selectJSON {
            selection = []
            var reader = MemberReader(selectJSON, "table \(schema.name) select")
            if reader.optional("initial", .bool)?.bool ?? true { selection.insert(.initial) }
            if reader.optional("insert", .bool)?.bool ?? true { selection.insert(.insert) }
            if reader.optional("delete", .bool)?.bool ?? true { selection.insert(.delete) }
            if reader.optional("modify", .bool)?.bool ?? true { selection.insert(.modify) }
            try reader.finish()
        }
        self.selection.formUnion(selection)
        var numbers: [Int] = []
        if let columnsJSON {
            for element in columnsJSON.array ?? [] {
                guard let name = element.string else { throw .syntax(columnsJSON, "array of column names expected") }
                guard let number = schema.column(name) else {
                    throw .syntax(columnsJSON, "\(name) is not a valid column name")
                }
                numbers.append(number)
            }
        } else {
            numbers = Array(schema.columns.indices.dropFirst(TableSchema.versionColumn))
        }
        for number in numbers {
            let column = schema.columns[number]
            if columns.contains(where: { $0.number == number }) {
                throw .syntax(columnsJSON, "column \(column.name) mentioned more than once")
            }
            columns.append(
                Monitor.Column(
                    number: number, selection: selection, type: column.type, label: Monitor.label(column.name, "")))
        }
        return try condition.map { json throws(OVSDBError) in try [Condition](json, table: schema, names: nil) } ?? []
    }
}
