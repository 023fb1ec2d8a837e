/// What a transaction changed, for observers.
public struct Commit {
    /// One row: inserted (`old` is nil), deleted (`new` is nil) or changed.
    public struct Change {
        public let old: Row?
        public let new: Row?
        let table: Int

        public var schema: TableSchema { (new ?? old)!.table }
        public var uuid: UUID { (new ?? old)!.uuid }
        /// Whether a column differs; true for a row that came or went.
        public func changed(_ column: String) -> Bool {
            guard let old, let new else { return true }
            return old[column] != new[column]
        }
    }

    /// Names the state of the database after this transaction (monitor_cond_since).
    public let id: UUID
    /// In no order; no row twice.
    public let changes: [Change]

    /// The changes of a table's rows.
    public func changes(of table: String) -> [Change] { changes.filter { $0.schema.name == table } }
}
