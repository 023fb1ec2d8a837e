/// Runs the operations of a client's "transact" (RFC 7047 sections 4.1.3 and 5.2) and writes their results.
struct Execution {
    enum Outcome: Equatable {
        /// The results, or errors, are written.
        case finished
        /// A "wait" does not hold yet; nothing is written. To be tried again when the database has changed, or after so
        /// many milliseconds from the start; nil for no end.
        case waiting(timeout: Int64?)
    }

    private let database: Database
    private let transaction: Transaction
    private let elapsed: Int64
    private let ownsLock: (String) -> Bool
    private let names = RowNames()
    private var timeout: Int64?

    /// Thrown by a "wait" that has to wait; never seen outside.
    private static let mustWait = OVSDBError(tag: "not supported", details: "triggers not supported")

    /// - Parameters:
    ///   - operations: as they came, after the database's name.
    ///   - elapsed: milliseconds since the request came.
    ///   - mayWrite: false refuses operations that change something.
    ///   - ownsLock: whether the client has the lock of that name.
    ///   - writer: takes the array of results.
    static func run(
        _ operations: ArraySlice<JSONValue>, on database: Database, elapsed: Int64, mayWrite: Bool,
        ownsLock: (String) -> Bool, into writer: inout JSONWriter
    ) -> Outcome {
        withoutActuallyEscaping(ownsLock) { ownsLock in
            var execution = Execution(database, elapsed, ownsLock)
            return execution.run(operations, mayWrite: mayWrite, into: &writer)
        }
    }

    private init(_ database: Database, _ elapsed: Int64, _ ownsLock: @escaping (String) -> Bool) {
        self.database = database
        self.elapsed = elapsed
        self.ownsLock = ownsLock
        transaction = Transaction(database)
    }

    private mutating func run(
        _ operations: ArraySlice<JSONValue>, mayWrite: Bool, into writer: inout JSONWriter
    ) -> Outcome {
        let start = writer.bytes.count
        writer.raw("[")
        for (index, operation) in operations.enumerated() {
            if index > 0 { writer.raw(",") }
            let mark = writer.bytes.count
            do throws(OVSDBError) {
                try run(operation, number: index + 1, of: operations.count, mayWrite: mayWrite, into: &writer)
            } catch {
                transaction.abort()
                if error == Self.mustWait {
                    writer.bytes.removeSubrange(start...)
                    return .waiting(timeout: timeout)
                }
                writer.bytes.removeSubrange(mark...)
                writer.write(error.json)
                for _ in (index + 1)..<max(operations.count, index + 1) { writer.raw(",null") }
                writer.raw("]")
                return .finished
            }
        }
        do throws(OVSDBError) {
            try transaction.commit()
        } catch {
            if !operations.isEmpty { writer.raw(",") }
            writer.write(error.json)
        }
        writer.raw("]")
        return .finished
    }

    private mutating func run(
        _ operation: JSONValue, number: Int, of count: Int, mayWrite: Bool, into writer: inout JSONWriter
    ) throws(OVSDBError) {
        var reader = MemberReader(operation, operation: number, of: count)
        let name = reader.required("op", .identifier)?.string ?? ""
        var failure: OVSDBError?
        do throws(OVSDBError) {
            try reader.check()
            switch name {
            case "insert": try insert(&reader, mayWrite, &writer)
            case "select": try select(&reader, &writer)
            case "update": try update(operation, &reader, mayWrite, &writer)
            case "mutate": try mutate(&reader, mayWrite, &writer)
            case "delete": try delete(&reader, mayWrite, &writer)
            case "wait": try wait(&reader, &writer)
            case "commit":
                if reader.required("durable", .bool)?.bool == true { transaction.isDurable = true }
                writer.raw("{}")
            case "abort":
                throw OVSDBError(tag: "aborted", details: "aborted by request")
            case "comment":
                if let text = reader.required("comment", .string)?.string { transaction.comments.append(text) }
                writer.raw("{}")
            case "assert":
                if let lock = reader.required("lock", .identifier)?.string, !ownsLock(lock) {
                    throw OVSDBError(tag: "not owner", details: "Asserted lock \(lock) not held.")
                }
                writer.raw("{}")
            default: reader.complain("No operation \"\(name)\"")
            }
        } catch {
            failure = error
        }
        // What is wrong with the request's form counts more than what came of it.
        try reader.finish()
        if let failure { throw failure }
        switch name {
        case "insert", "update", "mutate", "delete": if !mayWrite { throw notAllowed(name) }
        default: break
        }
    }

    private func notAllowed(_ operation: String) -> OVSDBError {
        OVSDBError(
            tag: "not allowed",
            details: database.schema.name.hasPrefix("_")
                ? "\(operation) operation not allowed on table in reserved database \(database.schema.name)"
                : "\(operation) operation not allowed when database server is in read only mode")
    }

    private func table(_ reader: inout MemberReader) -> Table? {
        guard let name = reader.required("table", .identifier)?.string else { return nil }
        guard let number = database.schema.table(name) else {
            reader.complain("No table named \(name).")
            return nil
        }
        return database.tables[number]
    }

    private func conditions(_ json: JSONValue, _ table: Table) throws(OVSDBError) -> [Condition] {
        try [Condition](json, table: table.schema, names: names)
    }

    /// Reads a `<row>` into column numbers and values.
    private func values(_ json: JSONValue, _ table: Table) throws(OVSDBError) -> [(column: Int, value: Datum)] {
        guard let object = json.object else { throw .syntax(json, "row must be JSON object") }
        var values: [(column: Int, value: Datum)] = []
        values.reserveCapacity(object.count)
        for member in object.members {
            let column = try table.schema.column(member.name, in: json)
            let type = table.schema.columns[column].type
            values.append((column, try Datum(member.value, type: type, names: names)))
        }
        return values
    }

    private func columns(_ json: JSONValue?, _ table: Table) throws(OVSDBError) -> [Int] {
        guard let json else { return Array(table.schema.columns.indices) }
        var columns: [Int] = []
        for element in json.array ?? [] {
            guard let name = element.string else { throw .syntax(json, "array of distinct column names expected") }
            guard let column = table.schema.column(name) else {
                throw .syntax(json, "\(name) is not a valid column name")
            }
            if columns.contains(column) { throw .syntax(json, "array of distinct column names expected") }
            columns.append(column)
        }
        return columns
    }
}

/// The operations.
extension Execution {
    private func insert(
        _ reader: inout MemberReader, _ mayWrite: Bool, _ writer: inout JSONWriter
    ) throws(OVSDBError) {
        let table = table(&reader)
        let uuidText = reader.optional("uuid", .string)
        let name = reader.optional("uuid-name", .identifier)
        let rowJSON = reader.required("row", .object)
        try reader.check()
        guard let table, let rowJSON else { return }
        var uuid: UUID?
        if let uuidText {
            uuid = UUID(uuidText.string ?? "")
            guard let uuid else { throw .syntax(uuidText, "bad uuid") }
            guard transaction.mayInsert(uuid, into: table) else {
                throw .syntax(uuidText, Transaction.duplicate, tag: "duplicate uuid")
            }
        }
        if let name, let text = name.string {
            if names.inserted.contains(text) {
                throw .syntax(
                    name, "This \"uuid-name\" appeared on an earlier \"insert\" operation.", tag: "duplicate uuid-name")
            }
            // References to the name may have come before.
            uuid = names.insert(text, uuid)
        }
        let row = Row(table.schema, uuid: uuid ?? .random())
        for (column, value) in try values(rowJSON, table) where column >= TableSchema.firstOwnColumn {
            row.fields[column] = value
        }
        // Values that were given are checked; default ones may be wrong, too.
        for (number, column) in table.schema.columns.enumerated() {
            let field = row.fields[number]
            guard field.count == 1 else { continue }
            if column.type.key.isConstrained { try column.type.key.check(field.keys[0]) }
            if let base = column.type.value, base.isConstrained { try base.check(field.values[0]) }
        }
        if !mayWrite { return }
        try transaction.insert(row, into: table)
        writer.raw("{\"uuid\":")
        writer.write(Atom.uuid(row.uuid))
        writer.raw("}")
    }

    private func select(_ reader: inout MemberReader, _ writer: inout JSONWriter) throws(OVSDBError) {
        let table = table(&reader)
        let condition = reader.required("where", .array)
        let columnsJSON = reader.optional("columns", .array)
        let sort = reader.optional("sort", .array)
        try reader.check()
        guard let table, let condition else { return }
        let clauses = try conditions(condition, table)
        let columns = try self.columns(columnsJSON, table)
        let order = try sort.map { json throws(OVSDBError) in try self.columns(json, table) } ?? []
        var rows = clauses.rows(of: table)
        if !columns.contains(TableSchema.uuidColumn) {
            // Rows that show the same are one.
            var seen: Set<[Datum]> = []
            rows = rows.filter { row in seen.insert(columns.map { row.fields[$0] }).inserted }
        }
        if !order.isEmpty { rows.sort { Self.precedes($0, $1, order) } }
        writer.raw("{\"rows\":[")
        for (index, row) in rows.enumerated() {
            writer.raw(index > 0 ? ",{" : "{")
            for (position, column) in columns.enumerated() {
                if position > 0 { writer.raw(",") }
                writer.write(table.schema.columns[column].name)
                writer.raw(":")
                writer.write(row.fields[column], table.schema.columns[column].type)
            }
            writer.raw("}")
        }
        writer.raw("]}")
    }

    private static func precedes(_ a: Row, _ b: Row, _ columns: [Int]) -> Bool {
        for column in columns where a.fields[column] != b.fields[column] {
            let (left, right) = (a.fields[column], b.fields[column])
            if left.count != right.count, left.count < 2, right.count < 2 { return left.count < right.count }
            if left.keys != right.keys { return left.keys.lexicographicallyPrecedes(right.keys) }
            return left.values.lexicographicallyPrecedes(right.values)
        }
        return false
    }

    private func update(
        _ operation: JSONValue, _ reader: inout MemberReader, _ mayWrite: Bool, _ writer: inout JSONWriter
    ) throws(OVSDBError) {
        let table = table(&reader)
        let condition = reader.required("where", .array)
        let rowJSON = reader.required("row", .object)
        try reader.check()
        guard let table, let condition, let rowJSON else { return }
        let values = try values(rowJSON, table)
        for (column, _) in values where !table.schema.columns[column].isMutable {
            throw .syntax(
                operation,
                "Cannot update immutable column \(table.schema.columns[column].name) in table "
                    + "\(table.schema.name).", tag: "constraint violation")
        }
        let rows = try conditions(condition, table).rows(of: table)
        if !mayWrite { return }
        for row in rows where values.contains(where: { row.fields[$0.column] != $0.value }) {
            let new = transaction.modify(row, in: table)
            for (column, value) in values { new.fields[column] = value }
        }
        count(rows.count, &writer)
    }

    private func mutate(
        _ reader: inout MemberReader, _ mayWrite: Bool, _ writer: inout JSONWriter
    ) throws(OVSDBError) {
        let table = table(&reader)
        let condition = reader.required("where", .array)
        let mutationsJSON = reader.required("mutations", .array)
        try reader.check()
        guard let table, let condition, let mutationsJSON else { return }
        var mutations: [Mutation] = []
        for json in mutationsJSON.array ?? [] {
            mutations.append(try Mutation(json, table: table.schema, names: names))
        }
        let rows = try conditions(condition, table).rows(of: table)
        if !mayWrite { return }
        if !mutations.isEmpty {
            for row in rows {
                let new = transaction.modify(row, in: table)
                for mutation in mutations { try mutation.apply(to: &new.fields[mutation.column]) }
            }
        }
        count(rows.count, &writer)
    }

    private func delete(
        _ reader: inout MemberReader, _ mayWrite: Bool, _ writer: inout JSONWriter
    ) throws(OVSDBError) {
        let condition = reader.required("where", .array)
        let table = table(&reader)
        try reader.check()
        guard let table, let condition else { return }
        let rows = try conditions(condition, table).rows(of: table)
        if !mayWrite { return }
        for row in rows { transaction.delete(row, in: table) }
        count(rows.count, &writer)
    }

    private mutating func wait(_ reader: inout MemberReader, _ writer: inout JSONWriter) throws(OVSDBError) {
        let limit = reader.optional("timeout", .integer)
        let condition = reader.required("where", .array)
        let columnsJSON = reader.optional("columns", .array)
        let until = reader.required("until", .string)
        let rowsJSON = reader.required("rows", .array)
        let table = table(&reader)
        try reader.check()
        guard let table, let condition, let until, let rowsJSON else { return }
        let clauses = try conditions(condition, table)
        let columns = try self.columns(columnsJSON, table)
        if let limit, let milliseconds = limit.integer {
            if milliseconds < 0 { throw .syntax(limit, "timeout must be nonnegative") }
            timeout = min(timeout ?? .max, milliseconds)
        }
        guard until == "==" || until == "!=" else { throw .syntax(until, "\"until\" must be \"==\" or \"!=\"") }
        var expected: [[Datum]] = []
        for json in rowsJSON.array ?? [] {
            let values = try values(json, table)
            expected.append(
                columns.map { column in
                    values.last { $0.column == column }?.value ?? table.schema.defaults[column]
                })
        }
        let actual = clauses.rows(of: table).map { row in columns.map { row.fields[$0] } }
        // Mostly one row is compared with one; otherwise as sets.
        let isEqual =
            actual.count == 1 && expected.count == 1 ? actual == expected : Set(actual) == Set(expected)
        if isEqual != (until == "==") {
            if let milliseconds = limit?.integer, elapsed >= milliseconds {
                throw OVSDBError(
                    tag: "timed out",
                    details: elapsed > 0
                        ? "\"wait\" timed out after \(elapsed) ms" : "\"where\" clause test failed")
            }
            throw Self.mustWait
        }
        writer.raw("{}")
    }

    private func count(_ count: Int, _ writer: inout JSONWriter) {
        writer.raw("{\"count\":")
        writer.write(Int64(count))
        writer.raw("}")
    }
}
