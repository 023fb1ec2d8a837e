/// A transaction that is running: what it changed so far is in the tables, for its own eyes, and `abort` takes it back.
///
/// `Database.transact` makes, commits and aborts them; clients' transactions run as `Execution`.
public final class Transaction {
    /// A row that the transaction inserted (then there is no old one), deleted (no new one) or changed.
    struct Change {
        let old: Row?
        var new: Row?
    }

    let database: Database
    var changes: [RowKey: Change] = [:]
    var comments: [String] = []
    /// The log must be on stable storage before anybody is told.
    var isDurable = false

    init(_ database: Database) {
        precondition(database.running == nil, "a transaction is running already")
        self.database = database
        database.running = self
    }

    /// Inserts a row and returns its name.
    /// - Parameters:
    ///   - values: by column; the others take their defaults.
    ///   - uuid: the row's name, instead of a random one.
    @discardableResult
    public func insert(
        _ table: String, _ values: [String: Datum] = [:], uuid: UUID? = nil
    ) throws(OVSDBError) -> UUID {
        let table = database.table(table)
        let row = Row(table.schema, uuid: uuid ?? .random())
        for (column, value) in values {
            let number = try table.schema.column(column, in: nil)
            row.fields[number] = value
        }
        for column in table.schema.columns.indices.dropFirst(TableSchema.firstOwnColumn) {
            try table.schema.columns[column].type.check(row.fields[column])
        }
        try insert(row, into: table)
        return row.uuid
    }

    /// Sets columns of a row.
    /// - Throws: also where there is no such row, or a column cannot be changed.
    public func update(_ table: String, _ uuid: UUID, _ values: [String: Datum]) throws(OVSDBError) {
        let table = database.table(table)
        let row = try existing(table, uuid)
        var new: Row?
        for (column, value) in values {
            let number = try mutable(table, column)
            if row.fields[number] == value { continue }
            try table.schema.columns[number].type.check(value)
            if new == nil { new = modify(row, in: table) }
            new!.fields[number] = value
        }
    }

    /// Puts elements into a set, or pairs into a map, where a key that is there takes the new value.
    public func add(_ table: String, _ uuid: UUID, _ column: String, _ elements: Datum) throws(OVSDBError) {
        try change(table, uuid, column) { $0.formUnion(elements, replacing: true) }
    }

    /// Takes elements out of a set, or pairs or keys out of a map.
    public func remove(_ table: String, _ uuid: UUID, _ column: String, _ elements: Datum) throws(OVSDBError) {
        try change(table, uuid, column) { $0.subtract(elements) }
    }

    /// Adds to an integer column.
    public func increment(_ table: String, _ uuid: UUID, _ column: String, by amount: Int64 = 1) throws(OVSDBError) {
        try change(table, uuid, column) { $0 = .integer(($0.integer ?? 0) &+ amount) }
    }

    /// Deletes a row. Rows that only it refers to go with it; so do weak references to it.
    public func delete(_ table: String, _ uuid: UUID) throws(OVSDBError) {
        let table = database.table(table)
        delete(try existing(table, uuid), in: table)
    }

    /// The row as this transaction sees it.
    public func row(_ table: String, _ uuid: UUID) -> Row? { database.row(table, uuid) }
    /// The rows as this transaction sees them.
    public func rows(_ table: String) -> [Row] { database.rows(table) }

    private func change(
        _ table: String, _ uuid: UUID, _ column: String, _ body: (inout Datum) -> Void
    ) throws(OVSDBError) {
        let table = database.table(table)
        let row = try existing(table, uuid)
        let number = try mutable(table, column)
        var value = row.fields[number]
        body(&value)
        if value == row.fields[number] { return }
        try table.schema.columns[number].type.check(value)
        modify(row, in: table).fields[number] = value
    }

    private func existing(_ table: Table, _ uuid: UUID) throws(OVSDBError) -> Row {
        guard let row = table.rows[uuid] else {
            throw OVSDBError(tag: "no such row", details: "There is no row \(uuid) in table \(table.schema.name).")
        }
        return row
    }

    private func mutable(_ table: Table, _ column: String) throws(OVSDBError) -> Int {
        let number = try table.schema.column(column, in: nil)
        guard table.schema.columns[number].isMutable else {
            throw .constraint("Cannot update immutable column \(column) in table \(table.schema.name).")
        }
        return number
    }
}

/// The steps that everything else is made of. Values are checked by then.
extension Transaction {
    static let duplicate =
        "This UUID would duplicate a UUID already present within the table or deleted within the same transaction."

    /// A row may take a name that no row of its table has or had in this transaction.
    func mayInsert(_ uuid: UUID, into table: Table) -> Bool {
        table.rows[uuid] == nil && changes[RowKey(table: table.number, uuid: uuid)] == nil
    }

    func insert(_ row: Row, into table: Table) throws(OVSDBError) {
        guard mayInsert(row.uuid, into: table) else {
            throw OVSDBError(
                tag: "duplicate uuid",
                details: Self.duplicate)
        }
        table.rows[row.uuid] = row
        changes[RowKey(table: table.number, uuid: row.uuid)] = Change(old: nil, new: row)
    }

    /// The row's object that this transaction may change.
    func modify(_ row: Row, in table: Table) -> Row {
        let key = RowKey(table: table.number, uuid: row.uuid)
        if let new = changes[key]?.new { return new }
        let new = Row(copying: row)
        table.rows[row.uuid] = new
        changes[key] = Change(old: row, new: new)
        return new
    }

    func delete(_ row: Row, in table: Table) {
        let key = RowKey(table: table.number, uuid: row.uuid)
        table.rows[row.uuid] = nil
        switch changes[key] {
        case nil: changes[key] = Change(old: row, new: nil)
        // Inserted by this transaction: it never was.
        case let change? where change.old == nil: changes[key] = nil
        default: changes[key]!.new = nil
        }
    }

    func abort() {
        for (key, change) in changes { database.tables[key.table].rows[key.uuid] = change.old }
        changes = [:]
        database.running = nil
    }
}
