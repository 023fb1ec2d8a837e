/// A row of a table at some moment. A row does not change once its transaction has committed: a later transaction that
/// changes it puts another object in its place, so whoever keeps this one (an observer, a slow client's monitor) keeps
/// the old values.
public final class Row {
    public let table: TableSchema
    /// By column number; 0 is "_uuid", 1 is "_version".
    public internal(set) var fields: [Datum]
    public let uuid: UUID

    /// How often other rows refer to this one strongly. Belongs to the row in the table, not to its past ones.
    var references = 0

    init(_ table: TableSchema, uuid: UUID) {
        self.table = table
        self.uuid = uuid
        fields = table.defaults
        fields[TableSchema.uuidColumn] = .uuid(uuid)
        fields[TableSchema.versionColumn] = .uuid(.random())
    }

    init(copying row: Row) {
        table = row.table
        uuid = row.uuid
        fields = row.fields
        references = row.references
    }

    /// The value of a column.
    /// - Precondition: the table has that column.
    public subscript(column: String) -> Datum {
        guard let number = table.column(column) else {
            preconditionFailure("table \(table.name) has no column \(column)")
        }
        return fields[number]
    }

    /// The value of the column "name", which most tables have; empty without.
    public var name: String { table.column("name").flatMap { fields[$0].string } ?? "" }

    /// Whether a column differs in value.
    func differs(from other: Row, column: Int) -> Bool { fields[column] != other.fields[column] }

    /// Whether any column but _version differs.
    func differs(from other: Row) -> Bool {
        fields.indices.contains { $0 != TableSchema.versionColumn && fields[$0] != other.fields[$0] }
    }
}
