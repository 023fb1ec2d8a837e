/// What a client wants to know of a database's rows, and what it does not know yet (RFC 7047 section 4.1.5,
/// ovsdb-server(7) sections 4.1.12 to 4.1.15).
final class Monitor {
    /// The form of updates: of "monitor", "monitor_cond", "monitor_cond_since".
    enum Version: Int { case plain = 1, conditional, since }

    /// The kinds of changes that are told.
    struct Selection: OptionSet {
        let rawValue: Int
        static let initial = Selection(rawValue: 1)
        static let insert = Selection(rawValue: 2)
        static let delete = Selection(rawValue: 4)
        static let modify = Selection(rawValue: 8)
        static let all: Selection = [.initial, .insert, .delete, .modify]
    }

    struct Column {
        let number: Int
        let selection: Selection
        let type: ColumnType
        /// `"name":`
        let label: [UInt8]
    }

    struct MonitoredTable {
        let schema: TableSchema
        /// `"name":{`
        let label: [UInt8]
        var selection: Selection = []
        var columns: [Column] = []
        /// A row is told of if one of these holds, or there is none.
        var conditions: [Condition] = []
    }

    var id: JSONValue
    let database: Database
    let version: Version
    private(set) var tables: [Int: MonitoredTable]
    /// The rows that changed, as the client knows them; nil for those that it does not.
    private var changes: [RowKey: Row?] = [:]

    var hasChanges: Bool { !changes.isEmpty }

    init(id: JSONValue, database: Database, version: Version, tables: [Int: MonitoredTable]) {
        self.id = id
        self.database = database
        self.version = version
        self.tables = tables
    }

    /// Remembers what a transaction changed.
    func note(_ commit: Commit) {
        for change in commit.changes {
            guard let table = tables[change.table] else { continue }
            let key = RowKey(table: change.table, uuid: change.uuid)
            if changes[key] != nil { continue }
            if let old = change.old, let new = change.new, !Self.concerns(table, old, new) { continue }
            changes.updateValue(change.old, forKey: key)
        }
    }

    private static func concerns(_ table: MonitoredTable, _ old: Row, _ new: Row) -> Bool {
        table.columns.contains { old.differs(from: new, column: $0.number) }
            || table.conditions.contains { old.differs(from: new, column: $0.column) }
    }

    /// Takes other conditions for tables and tells what they change: rows that come into sight and go out of it.
    /// - Precondition: there are no untold changes.
    func setConditions(_ conditions: [Int: [Condition]], into writer: inout JSONWriter) -> Bool {
        var update = Update(&writer)
        for (number, new) in conditions {
            write(number, changing: tables[number]!, to: new, &update, &writer)
            tables[number]!.conditions = new
        }
        return update.finish(&writer)
    }

    private func write(
        _ number: Int, changing table: MonitoredTable, to conditions: [Condition], _ update: inout Update,
        _ writer: inout JSONWriter
    ) {
        for row in database.tables[number].rows.values {
            let was = table.conditions.anyMatches(row)
            let isNow = conditions.anyMatches(row)
            if was == isNow { continue }
            update.write(table, was ? row : nil, isNow ? row : nil, isNow ? .insert : .delete, version, &writer)
        }
    }

    /// Writes what changed as a `<table-updates>`, and forgets it.
    /// - Returns: false where nothing is to be told; then nothing is written.
    func takeChanges(into writer: inout JSONWriter) -> Bool {
        if changes.isEmpty { return false }
        let changes = self.changes
        self.changes = [:]
        return write(changes, into: &writer)
    }

    /// Writes what changed since a state of the database that is still known.
    func write(_ commits: ArraySlice<Commit>, into writer: inout JSONWriter) {
        for commit in commits { note(commit) }
        if !takeChanges(into: &writer) { writer.raw("{}") }
    }

    /// Writes all rows that are monitored.
    func writeInitial(into writer: inout JSONWriter) {
        var update = Update(&writer)
        for (number, table) in tables where table.selection.contains(.initial) {
            for row in database.tables[number].rows.values where table.conditions.anyMatches(row) {
                update.write(table, nil, row, .initial, version, &writer)
            }
        }
        if !update.finish(&writer) { writer.raw("{}") }
    }

    private func write(_ changes: [RowKey: Row?], into writer: inout JSONWriter) -> Bool {
        var byTable: [Int: [(UUID, Row?)]] = [:]
        for (key, old) in changes { byTable[key.table, default: []].append((key.uuid, old)) }
        var update = Update(&writer)
        for (number, rows) in byTable {
            let table = tables[number]!
            for (uuid, was) in rows {
                let old = was.flatMap { table.conditions.anyMatches($0) ? $0 : nil }
                let new = database.tables[number].rows[uuid].flatMap { table.conditions.anyMatches($0) ? $0 : nil }
                switch (old, new) {
                case (nil, nil): continue
                case (nil, _): update.write(table, old, new, .insert, version, &writer)
                case (_, nil): update.write(table, old, new, .delete, version, &writer)
                case (let old?, let new?):
                    if table.columns.contains(where: { old.differs(from: new, column: $0.number) }) {
                        update.write(table, old, new, .modify, version, &writer)
                    }
                }
            }
        }
        return update.finish(&writer)
    }

    /// `{"Table":{"<uuid>":{…},…},…}` as it is being written. Rows of a table come one after the other.
    private struct Update {
        private let start: Int
        private var table: String?

        init(_ writer: inout JSONWriter) {
            start = writer.bytes.count
            writer.raw("{")
        }

        // Inlined into a loop it makes the optimiser of Swift 6.3.1 crash.
        @inline(never)
        mutating func write(
            _ monitored: MonitoredTable, _ old: Row?, _ new: Row?, _ kind: Selection, _ version: Version,
            _ writer: inout JSONWriter
        ) {
            guard monitored.selection.contains(kind) else { return }
            if table == monitored.schema.name {
                writer.raw(",")
            } else {
                if table != nil { writer.raw("},") }
                table = monitored.schema.name
                writer.bytes += monitored.label
            }
            writer.write((new ?? old)!.uuid)
            if version == .plain {
                writer.writePlain(monitored, old, new, kind)
            } else {
                writer.writeDifference(monitored, old, new, kind)
            }
        }

        /// - Returns: false where no row was written; the writer is as before then.
        func finish(_ writer: inout JSONWriter) -> Bool {
            if table == nil {
                writer.bytes.removeSubrange(start...)
                return false
            }
            writer.raw("}}")
            return true
        }
    }
}

extension JSONWriter {
    /// Appends `:{"old":{…},"new":{…}}` (RFC 7047 section 4.1.6).
    fileprivate mutating func writePlain(
        _ table: Monitor.MonitoredTable, _ old: Row?, _ new: Row?, _ kind: Monitor.Selection
    ) {
        raw(":{")
        if let old {
            raw("\"old\":{")
            writeFields(table, kind, of: old) { column in
                new.map { old.differs(from: $0, column: column.number) } ?? true
            }
            raw("}")
        }
        if let new {
            if old != nil { raw(",") }
            raw("\"new\":{")
            writeFields(table, kind, of: new) { _ in true }
            raw("}")
        }
        raw("}")
    }

    /// Appends `:{"insert":{…}}` or another of `<row-update2>` (ovsdb-server(7) section 4.1.14).
    fileprivate mutating func writeDifference(
        _ table: Monitor.MonitoredTable, _ old: Row?, _ new: Row?, _ kind: Monitor.Selection
    ) {
        switch (old, new) {
        case (let old?, let new?):
            raw(":{\"modify\":{")
            var isFirst = true
            for column in table.columns where column.selection.contains(kind) {
                if !old.differs(from: new, column: column.number) { continue }
                if !isFirst { raw(",") }
                isFirst = false
                bytes += column.label
                write(
                    new.fields[column.number].difference(from: old.fields[column.number], type: column.type),
                    column.type)
            }
            raw("}}")
        case (nil, let new?):
            kind == .initial ? raw(":{\"initial\":{") : raw(":{\"insert\":{")
            writeFields(table, kind, of: new) { !$0.type.isDefault(new.fields[$0.number]) }
            raw("}}")
        default:
            raw(":{\"delete\":null}")
        }
    }

    private mutating func writeFields(
        _ table: Monitor.MonitoredTable, _ kind: Monitor.Selection, of row: Row, _ isWanted: (Monitor.Column) -> Bool
    ) {
        var isFirst = true
        for column in table.columns where column.selection.contains(kind) && isWanted(column) {
            if !isFirst { raw(",") }
            isFirst = false
            bytes += column.label
            write(row.fields[column.number], column.type)
        }
    }
}
