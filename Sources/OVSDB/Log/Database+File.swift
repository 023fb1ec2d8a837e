import Glibc
import Linux

/// Databases in files.
extension Database {
    /// What opening a file had to mend.
    public struct Repair: Equatable, Sendable {
        /// Bytes at the file's end that are no whole record: what a crash left of the last write.
        public var discardedByteCount: Int
        public var reason: String
        /// Where a copy of the file is, when whole records followed the damage: then it was no crash.
        public var copy: String?
    }

    /// Opens a database's file, or makes one with no rows.
    ///
    /// The file is one of Open vSwitch's (`OVSDB JSON`). Where its schema is another than `schema`, say of an older
    /// version, it is converted: columns of both keep their values; the old file stays as
    /// "….backup<version>-<checksum>".
    /// - Parameter onRepair: told when the file's end was damaged and cut off.
    /// - Throws: where the file cannot be read, is in use, or is no database; it is left as it is then.
    public convenience init(
        path: String, schema: DatabaseSchema, onRepair: (Repair) -> Void = { _ in }
    ) throws(OVSDBError) {
        let path = Self.resolved(path)
        let lock = try LogLock(path: path)
        self.init(schema: schema)
        do {
            try File.remove(path + ".tmp")
            if !File.exists(path) {
                let bytes = DatabaseLog.snapshot(of: self, comment: "")
                let file = OwnedDescriptor(try DatabaseLog.create(path, bytes))
                log = DatabaseLog(path: path, lock: lock, file: file, size: bytes.count)
                return
            }
            let file = OwnedDescriptor(try File.open(path, O_RDWR))
            let bytes = try file.descriptor.readAll()
            let stored = try DatabaseSchema(Self.schemaRecord(bytes, path))
            let isSame = stored.json == schema.json
            let contents = isSame ? self : Database(schema: stored)
            let end = try contents.replay(bytes, path)
            if end.offset < bytes.count {
                let repair = try Self.cut(file, path, bytes, at: end.offset, end.reason)
                onRepair(repair)
            }
            let log = DatabaseLog(path: path, lock: lock, file: file, size: end.offset)
            if !isSame {
                try Self.backUp(path, bytes, stored)
                try copyRows(of: contents)
                try log.rewrite(DatabaseLog.snapshot(of: self, comment: "converted from version \(stored.version)"))
            }
            self.log = log
        } catch {
            throw error as? OVSDBError ?? OVSDBError(tag: "I/O error", details: "\(error)")
        }
    }

    /// The size of the database's file, in bytes; 0 for a database in memory.
    public var fileSize: Int { log?.size ?? 0 }

    /// Writes the file anew with the rows as they are, without their past (`ovs-appctl ovsdb-server/compact`).
    public func compact() throws(OVSDBError) {
        guard let log else { return }
        try log.rewrite(DatabaseLog.snapshot(of: self, comment: "compacting database online"))
    }

    /// Compacts a file that has grown to be worth it. The server calls it; it costs nothing when there is nothing to
    /// do.
    func compactIfGrown() throws(OVSDBError) {
        if log?.hasGrown == true { try compact() }
    }

    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    private static func schemaRecord(_ bytes: [UInt8], _ path: String) throws(OVSDBError) -> JSONValue {
        if bytes.starts(with: "OVSDB CLUSTER ".utf8) {
            throw OVSDBError(
                tag: "ovsdb error",
                details: "\(path): this is a clustered database (make it standalone: ovsdb-tool cluster-to-standalone)")
        }
        switch bytes.withUnsafeBytes({ LogRecord.read($0, at: 0) }) {
        case .record(let data): return try parse(bytes, data, path)
        case .end: throw OVSDBError(tag: "I/O error", details: "\(path): the file is empty")
        case .damaged(let reason): throw OVSDBError(tag: "ovsdb error", details: "\(path): no database: \(reason)")
        }
    }

    private static func parse(_ bytes: [UInt8], _ range: Range<Int>, _ path: String) throws(OVSDBError) -> JSONValue {
        do throws(JSONError) {
            return try JSONParser.parse(bytes[range])
        } catch {
            throw OVSDBError(tag: "ovsdb error", details: "\(path): record at byte \(range.lowerBound): \(error)")
        }
    }

    /// Does a file's transactions.
    /// - Returns: where whole records end, and why.
    private func replay(_ bytes: [UInt8], _ path: String) throws(OVSDBError) -> (offset: Int, reason: String) {
        var offset = 0
        while true {
            switch bytes.withUnsafeBytes({ LogRecord.read($0, at: offset) }) {
            case .end: return (offset, "")
            case .damaged(let reason): return (offset, reason)
            case .record(let data):
                if offset > 0 {
                    do throws(OVSDBError) {
                        try replay(Self.parse(bytes, data, path))
                    } catch {
                        throw OVSDBError(
                            tag: error.tag, details: "\(path): transaction at byte \(data.lowerBound): \(error)")
                    }
                }
                offset = data.upperBound
            }
        }
    }

    /// Does one transaction of a file.
    func replay(_ record: JSONValue) throws(OVSDBError) {
        let transaction = Transaction(self)
        do throws(OVSDBError) {
            let isDifference = record["_is_diff"]?.bool == true
            for member in record.object?.members ?? [] where !["_date", "_comment", "_is_diff"].contains(member.name) {
                guard let number = schema.table(member.name) else {
                    throw .syntax(nil, "No table named \(member.name).", tag: "unknown table")
                }
                for row in member.value.object?.members ?? [] {
                    guard let uuid = UUID(row.name) else {
                        throw .syntax(nil, "\"\(row.name)\" is not a valid UUID")
                    }
                    try transaction.replay(row.value, uuid, tables[number], isDifference: isDifference)
                }
            }
        } catch {
            transaction.abort()
            throw error
        }
        try transaction.commit()
    }

    /// Cuts off what is no whole record.
    private static func cut(
        _ file: OwnedDescriptor, _ path: String, _ bytes: [UInt8], at offset: Int, _ reason: String
    ) throws(SystemError) -> Repair {
        var repair = Repair(discardedByteCount: bytes.count - offset, reason: reason)
        let rest = bytes[offset...]
        if rest.withUnsafeBytes({ LogRecord.exists(in: $0) }) {
            let copy = path + ".damaged"
            try File.writeAtomically(copy, bytes, mode: 0o600)
            repair.copy = copy
        }
        if ftruncate(file.rawValue, off_t(offset)) < 0 { throw SystemError("truncate", path) }
        return repair
    }

    private static func backUp(_ path: String, _ bytes: [UInt8], _ schema: DatabaseSchema) throws(SystemError) {
        let checksum = schema.checksum?.split(separator: " ").first.map { "-\($0)" } ?? ""
        try File.writeAtomically("\(path).backup\(schema.version)\(checksum)", bytes, mode: 0o600)
    }

    /// Takes over the rows of a database with another schema, as far as tables and columns are in both.
    func copyRows(of other: Database) throws(OVSDBError) {
        let transaction = Transaction(self)
        do throws(OVSDBError) {
            for table in tables {
                guard let number = other.schema.table(table.schema.name) else { continue }
                let source = other.tables[number].schema
                for old in other.tables[number].rows.values {
                    let new = Row(table.schema, uuid: old.uuid)
                    for (number, column) in table.schema.columns.enumerated()
                    where number >= TableSchema.firstOwnColumn {
                        guard let index = source.column(column.name) else { continue }
                        try column.type.check(old.fields[index])
                        new.fields[number] = old.fields[index]
                    }
                    try transaction.insert(new, into: table)
                }
            }
        } catch {
            transaction.abort()
            throw error
        }
        try transaction.commit()
    }
}

extension Transaction {
    /// Does to a row what a file's record says.
    fileprivate func replay(
        _ json: JSONValue, _ uuid: UUID, _ table: Table, isDifference: Bool
    ) throws(OVSDBError) {
        let old = table.rows[uuid]
        if json.isNull {
            guard let old else { throw .syntax(nil, "transaction deletes row \(uuid) that does not exist") }
            delete(old, in: table)
            return
        }
        guard let object = json.object else { throw .syntax(json, "row must be JSON object") }
        let row = old.map { modify($0, in: table) } ?? Row(table.schema, uuid: uuid)
        for member in object.members {
            let column = try table.schema.column(member.name, in: json)
            var type = table.schema.columns[column].type
            if isDifference, old != nil {
                let real = type
                type.minimum = 0
                type.maximum = ColumnType.unlimited
                let difference = try Datum(member.value, type: type)
                row.fields[column] = row.fields[column].applying(difference: difference, type: real)
            } else {
                row.fields[column] = try Datum(member.value, type: type)
            }
        }
        if old == nil { try insert(row, into: table) }
    }
}
