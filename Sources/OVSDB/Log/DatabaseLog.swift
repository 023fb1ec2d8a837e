import Glibc
import Linux

/// The file of a database: appended to by each transaction, written anew from time to time (`rewrite`).
///
/// A record is written, with one call, before its transaction's commit returns: the end of this process, by whatever,
/// does not take it away. `sync` puts all that durable transactions wrote on stable storage, so that one call serves
/// several. When writing fails the file is cut back to the last whole record and the transaction is refused; when
/// syncing fails nobody knows what the disk holds, and nothing is taken any more.
final class DatabaseLog {
    let path: String
    private let lock: LogLock
    private var file: OwnedDescriptor
    /// Where the next record goes.
    private(set) var size: Int
    /// The size after the file was last written anew.
    private(set) var baseSize: Int
    private var needsSync = false
    private var failure: OVSDBError?

    /// - Parameters:
    ///   - file: open for reading and writing; records end at `size`.
    init(path: String, lock: LogLock, file: OwnedDescriptor, size: Int) {
        self.path = path
        self.lock = lock
        self.file = file
        self.size = size
        baseSize = size
    }

    /// Writes a transaction's record, if it changed anything that is kept.
    func append(_ transaction: Transaction) throws(OVSDBError) {
        if let failure { throw failure }
        guard let data = Self.record(of: transaction) else { return }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(data.count + 80)
        LogRecord.append(data, to: &bytes)
        do throws(SystemError) {
            try Self.write(bytes, to: file.rawValue, at: size)
        } catch {
            // What was written of it goes, so that a later record does not follow half of one.
            if ftruncate(file.rawValue, off_t(size)) < 0 { failure = Self.unusable(path, error) }
            throw OVSDBError(tag: "I/O error", details: "\(path): \(error)")
        }
        size += bytes.count
        if transaction.isDurable { needsSync = true }
    }

    /// Returns when what durable transactions wrote is on stable storage.
    func sync() throws(OVSDBError) {
        if let failure { throw failure }
        if !needsSync { return }
        needsSync = false
        while fdatasync(file.rawValue) < 0 {
            if errno == EINTR { continue }
            let error = Self.unusable(path, SystemError("sync", path))
            failure = error
            throw error
        }
    }

    private static func unusable(_ path: String, _ error: SystemError) -> OVSDBError {
        OVSDBError(
            tag: "I/O error",
            details: "\(error); what \(path) holds is unknown, no more transactions are taken (start the server again)")
    }

    /// Whether the file is worth writing anew: it is at least 10 MiB and four times what it was.
    var hasGrown: Bool { size >= 10 << 20 && size / 4 >= baseSize }

    /// Replaces the file by one with these bytes, at once and durably: a crash leaves the old one or the new one.
    func rewrite(_ bytes: [UInt8]) throws(OVSDBError) {
        if let failure { throw failure }
        do throws(SystemError) {
            file = OwnedDescriptor(try Self.create(path, bytes, replacing: file.rawValue))
        } catch {
            throw OVSDBError(tag: "I/O error", details: error.description)
        }
        size = bytes.count
        baseSize = bytes.count
        needsSync = false
    }

    /// Makes a file with these bytes at a path, whether or not there is one, and returns it open.
    /// - Parameter old: an open file whose permissions and owner the new one takes.
    static func create(
        _ path: String, _ bytes: [UInt8], replacing old: Int32? = nil
    ) throws(SystemError) -> FileDescriptor {
        let temporary = path + ".tmp"
        try File.remove(temporary)
        let file = try File.open(temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o640)
        let number = file.rawValue
        do throws(SystemError) {
            var status = stat()
            if let old, fstat(old, &status) == 0 {
                _ = fchown(number, status.st_uid, status.st_gid)
                _ = fchmod(number, status.st_mode & 0o7777)
            }
            try write(bytes, to: number, at: 0)
            if fsync(number) < 0 { throw SystemError("sync", temporary) }
            if rename(temporary, path) < 0 { throw SystemError("rename to", path) }
        } catch {
            unlink(temporary)
            throw error
        }
        try File.syncDirectory(path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? ".")
        return file
    }

    private static func write(_ bytes: [UInt8], to file: Int32, at offset: Int) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(file, $0.baseAddress! + done, $0.count - done, off_t(offset + done))
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw SystemError("write")
            }
            done += count
        }
    }
}

/// The JSON of a record.
extension DatabaseLog {
    /// `{"Port": {"<uuid>": {"tag": 5}, "<uuid>": null}, "_comment": …, "_date": …}`: of new rows the columns that are
    /// not at their defaults, of changed ones the differences ("_is_diff"), null for deleted ones. nil where only
    /// ephemeral columns changed.
    static func record(of transaction: Transaction) -> [UInt8]? {
        var rows: [Int: [Transaction.Change]] = [:]
        for (key, change) in transaction.changes { rows[key.table, default: []].append(change) }
        var writer = JSONWriter()
        writer.raw("{")
        var isEmpty = true
        for (number, changes) in rows {
            let table = transaction.database.tables[number].schema
            var hasRows = false
            for change in changes {
                let mark = writer.bytes.count
                if hasRows {
                    writer.raw(",")
                } else {
                    if !isEmpty { writer.raw(",") }
                    writer.write(table.name)
                    writer.raw(":{")
                }
                if writer.write(change, table) {
                    hasRows = true
                } else {
                    writer.bytes.removeSubrange(mark...)
                }
            }
            if hasRows {
                writer.raw("}")
                isEmpty = false
            }
        }
        if isEmpty { return nil }
        writer.finishRecord(comment: transaction.comments.joined(separator: "\n"))
        return writer.bytes
    }

    /// The bytes of a file that holds a database as it is: its schema, and its rows as one transaction.
    static func snapshot(of database: Database, comment: String) -> [UInt8] {
        var bytes: [UInt8] = []
        LogRecord.append(database.schema.json.bytes(), to: &bytes)
        var writer = JSONWriter()
        writer.raw("{")
        var isEmpty = true
        for table in database.tables where !table.rows.isEmpty {
            if !isEmpty { writer.raw(",") }
            isEmpty = false
            writer.write(table.schema.name)
            writer.raw(":{")
            for (index, row) in table.rows.values.enumerated() {
                if index > 0 { writer.raw(",") }
                _ = writer.write(Transaction.Change(old: nil, new: row), table.schema)
            }
            writer.raw("}")
        }
        if isEmpty { return bytes }
        writer.finishRecord(comment: comment)
        LogRecord.append(writer.bytes, to: &bytes)
        return bytes
    }
}

extension JSONWriter {
    /// Appends `"<uuid>":{…}`.
    /// - Returns: false where nothing changed that is kept; then what was written is of no use.
    fileprivate mutating func write(_ change: Transaction.Change, _ table: TableSchema) -> Bool {
        guard let new = change.new else {
            write(change.old!.uuid)
            raw(":null")
            return true
        }
        write(new.uuid)
        raw(":{")
        var isEmpty = true
        for (number, column) in table.columns.enumerated() where !column.isEphemeral {
            var value = new.fields[number]
            if let old = change.old {
                if old.fields[number] == value { continue }
                value = value.difference(from: old.fields[number], type: column.type)
            } else if column.type.isDefault(value) {
                continue
            }
            if !isEmpty { raw(",") }
            isEmpty = false
            write(column.name)
            raw(":")
            write(value, column.type)
        }
        raw("}")
        return !isEmpty || change.old == nil
    }

    fileprivate mutating func finishRecord(comment: String) {
        if !comment.isEmpty {
            raw(",\"_comment\":")
            write(comment)
        }
        raw(",\"_is_diff\":true,\"_date\":")
        write(Int64(WallClock.now() / 1_000_000))
        raw("}")
    }
}
