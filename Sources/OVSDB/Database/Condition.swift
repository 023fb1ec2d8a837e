/// A clause of a "where" (RFC 7047 section 5.1, `<condition>`): column, function, value; or, for monitors, a truth
/// value.
struct Condition {
    enum Function: String {
        case less = "<"
        case lessOrEqual = "<="
        case equal = "=="
        case notEqual = "!="
        case greaterOrEqual = ">="
        case greater = ">"
        case includes, excludes
        case always, never
    }

    let column: Int
    let function: Function
    let argument: Datum
    private let type: ColumnType

    init(_ json: JSONValue, table: TableSchema, names: RowNames?) throws(OVSDBError) {
        if let flag = json.bool {
            column = TableSchema.uuidColumn
            function = flag ? .always : .never
            argument = .empty
            type = table.columns[column].type
            return
        }
        guard let parts = json.array, parts.count == 3, let name = parts[0].string, let function = parts[1].string
        else {
            throw .syntax(json, "Parse error in condition.")
        }
        column = try table.column(name, in: json)
        type = table.columns[column].type
        guard let known = Function(rawValue: function), known != .always, known != .never else {
            throw OVSDBError(tag: "unknown function", details: "No function named \(function).")
        }
        self.function = known
        var argumentType = type
        switch known {
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            guard type.isScalar || type.isOptionalScalar, type.key.type == .integer || type.key.type == .real else {
                throw .syntax(
                    json,
                    "Type mismatch: \"\(function)\" operator may not be applied to column \(name) of type "
                        + "\(type.english).")
            }
            argumentType.minimum = 1
        case .excludes where !type.isScalar:
            argumentType.minimum = 0
            argumentType.maximum = ColumnType.unlimited
        case .includes where !type.isScalar:
            argumentType.minimum = 0
        default: break
        }
        argument = try Datum(parts[2], type: argumentType, names: names)
    }

    func matches(_ row: Row) -> Bool {
        let field = row.fields[column]
        switch function {
        case .always: return true
        case .never: return false
        case .equal: return field == argument
        case .notEqual: return field != argument
        case .includes: return field.includes(argument)
        case .excludes: return field.excludes(argument)
        case .less: return order(field) { $0 < $1 }
        case .lessOrEqual: return order(field) { $0 <= $1 }
        case .greater: return order(field) { $0 > $1 }
        case .greaterOrEqual: return order(field) { $0 >= $1 }
        }
    }

    private func order(_ field: Datum, _ compare: (Atom, Atom) -> Bool) -> Bool {
        guard let key = field.keys.first else { return false }
        return compare(key, argument.keys[0])
    }
}

extension [Condition] {
    /// The clauses of a "where".
    init(_ json: JSONValue, table: TableSchema, names: RowNames?) throws(OVSDBError) {
        self = []
        for clause in json.array ?? [] { append(try Condition(clause, table: table, names: names)) }
    }

    /// Whether all clauses hold, as the operations of a transaction want it.
    func allMatch(_ row: Row) -> Bool { allSatisfy { $0.matches(row) } }

    /// Whether one of the clauses holds or there is none, as monitors want it (ovsdb-server(7), "monitor_cond").
    func anyMatches(_ row: Row) -> Bool { isEmpty || contains { $0.matches(row) } }

    /// The rows for which all clauses hold.
    func rows(of table: Table) -> [Row] {
        for clause in self where clause.column == TableSchema.uuidColumn && clause.function == .equal {
            guard let uuid = clause.argument.uuid, let row = table.rows[uuid], allMatch(row) else { return [] }
            return [row]
        }
        if isEmpty { return Array<Row>(table.rows.values) }
        return table.rows.values.filter { allMatch($0) }
    }
}
