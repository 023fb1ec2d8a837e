/// The numbers of strong references to rows, as a transaction is about to change them. A row's reference to itself does
/// not count: it would keep the row alive for ever.
final class ReferenceCounts {
    private let database: Database
    private var changed: [RowKey: Int] = [:]

    init(_ transaction: Transaction) { database = transaction.database }

    /// The rows whose number is another than before.
    var adjusted: some Sequence<RowKey> { changed.keys }

    /// How many references there are to a row. A deleted row's number was noted when the first reference went.
    subscript(key: RowKey) -> Int { changed[key] ?? committed(key) }

    private func committed(_ key: RowKey) -> Int {
        if let change = database.running?.changes[key] { return (change.old ?? change.new)?.references ?? 0 }
        return database.tables[key.table].rows[key.uuid]?.references ?? 0
    }

    /// Counts the references in a column's value.
    func adjust(_ value: Datum, _ type: ColumnType, of row: UUID, by amount: Int) {
        forEach(value, type, of: row) { changed[$0] = self[$0] + amount }
    }

    func targets(_ value: Datum, _ type: ColumnType, of row: UUID) -> [RowKey] {
        var targets: [RowKey] = []
        forEach(value, type, of: row) { targets.append($0) }
        return targets
    }

    /// A row referred to that is not there and was not, and the table where it should be. (A row that this transaction
    /// deletes is found later, by its count.)
    func missing(_ value: Datum, _ type: ColumnType, of row: UUID) -> (UUID, String)? {
        var found: RowKey?
        forEach(value, type, of: row) { key in
            if found == nil, database.tables[key.table].rows[key.uuid] == nil,
                database.running?.changes[key]?.old == nil
            {
                found = key
            }
        }
        return found.map { ($0.uuid, database.tables[$0.table].schema.name) }
    }

    /// Writes the numbers into the rows.
    func apply() {
        for (key, count) in changed { database.tables[key.table].rows[key.uuid]?.references = count }
    }

    private func forEach(_ value: Datum, _ type: ColumnType, of row: UUID, _ body: (RowKey) -> Void) {
        if type.key.isStrongReference { forEach(value.keys, type.key, of: row, body) }
        if let base = type.value, base.isStrongReference { forEach(value.values, base, of: row, body) }
    }

    private func forEach(_ atoms: [Atom], _ base: BaseType, of row: UUID, _ body: (RowKey) -> Void) {
        let table = database.table(base.reference!.table).number
        for case .uuid(let uuid) in atoms where uuid != row { body(RowKey(table: table, uuid: uuid)) }
    }
}
