/// The rows of a table and what finds them. While a transaction runs, the rows are those that it sees.
final class Table {
    let schema: TableSchema
    let number: Int
    var rows: [UUID: Row] = [:]
    /// For each of the schema's indexes, the committed rows by their values in its columns.
    var indexes: [[[Datum]: UUID]]

    init(_ schema: TableSchema, number: Int) {
        self.schema = schema
        self.number = number
        indexes = schema.indexes.map { _ in [:] }
    }

    /// Whether a row's place in an index is another than before.
    func isMoved(_ index: Int, from old: Row?, to new: Row) -> Bool {
        guard let old else { return true }
        return schema.indexes[index].contains { old.fields[$0] != new.fields[$0] }
    }

    func key(_ index: Int, of row: Row) -> [Datum] { schema.indexes[index].map { row.fields[$0] } }
}

/// Names a row within a database.
struct RowKey: Hashable {
    var table: Int
    var uuid: UUID
}
