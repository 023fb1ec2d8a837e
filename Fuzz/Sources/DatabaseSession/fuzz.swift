import Driver
import OVSDB

// A client of the database server says arbitrary bytes. Another monitors all tables: what it is told must add up to what
// the database holds. And the database must be in order: references lead to rows, no row is left that nobody refers to,
// indexes are unique, bounds are kept.

private let schema = try! DatabaseSchema(JSONParser.parse(SchemaOfAllKinds.text))

/// `main` is an alias of this.
@_cdecl("DatabaseSession_main")
public func databaseSessionMain(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
    fuzz(count, arguments, fuzzOne)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    guard size > 1 else { return 0 }
    let database = Database(schema: schema)
    var now: UInt64 = 0
    let server = OVSDBServer(databases: [database]) { now }
    let watcher = server.connect()
    let tables = schema.tables.map { "\"\($0.name)\":{}" }.joined(separator: ",")
    watcher.receive(Array("{\"id\":1,\"method\":\"monitor\",\"params\":[\"T\",\"m\",{\(tables)}]}".utf8))
    var settings = OVSDBSession.Settings(probeInterval: 1_000_000_000)
    settings.backlogMark = 20_000
    settings.backlogLimit = 200_000
    let session = server.connect(settings)
    var replica = Replica()
    // The first byte says how large the pieces are that the rest comes in.
    let bytes = UnsafeRawBufferPointer(start: data + 1, count: size - 1)
    let piece = max(1, Int(data[0]) * 8)
    for start in stride(from: 0, to: bytes.count, by: piece) {
        session.receive(UnsafeRawBufferPointer(rebasing: bytes[start..<min(bytes.count, start + piece)]))
        server.run()
        now += 10_000_000
        readAll(session.takeOutput()) { _ in }
        readAll(watcher.takeOutput()) { replica.take($0) }
    }
    now += 10_000_000_000
    server.run()
    readAll(session.takeOutput()) { _ in }
    session.close()
    server.run()
    readAll(watcher.takeOutput()) { replica.take($0) }
    precondition(watcher.closeReason == nil)
    check(database)
    replica.check(database)
    parse(bytes)
    return 0
}

/// What is put out is JSON texts and nothing else.
private func readAll(_ bytes: [UInt8], _ body: (JSONValue) -> Void) {
    var stream = JSONStream(limit: 1 << 30)
    bytes.withUnsafeBytes { stream.append($0) }
    while let message = try! stream.next({ try! JSONParser.parse($0) }) { body(message) }
    precondition(stream.pendingByteCount == 0)
}

/// What is read is written and read again.
private func parse(_ bytes: UnsafeRawBufferPointer) {
    guard let value = try? JSONParser.parse(bytes) else { return }
    precondition(try! JSONParser.parse(value.bytes()) == value)
}

/// What a client knows that is told of all changes.
private struct Replica {
    private var rows: [String: JSONObject] = [:]

    mutating func take(_ message: JSONValue) {
        let updates = message["method"] == "update" ? message["params"]![1]! : message["result"]!
        for table in updates.object!.members {
            for row in table.value.object!.members {
                let key = table.name + " " + row.name
                let new = row.value["new"]?.object
                precondition((rows[key] != nil) == (row.value["old"] != nil))
                // Of a changed row the old values are those that changed.
                for member in row.value["old"]?.object?.members ?? [] {
                    precondition(rows[key]![member.name] == member.value)
                }
                rows[key] = new
            }
        }
    }

    func check(_ database: Database) {
        var count = 0
        for table in database.schema.tables {
            for row in database.rows(table.name) {
                let known = rows["\(table.name) \(row.uuid)"]!
                for column in table.columns where column.name != "_uuid" {
                    precondition(known[column.name] == row[column.name].json(column.type))
                }
                count += 1
            }
        }
        precondition(count == rows.count)
    }
}

private func check(_ database: Database) {
    var referred: Set<UUID> = []
    for table in database.schema.tables {
        let rows = database.rows(table.name)
        precondition(rows.count <= table.maximumRowCount ?? .max)
        for index in table.indexes {
            precondition(Set(rows.map { row in index.map { row.fields[$0] } }).count == rows.count)
        }
        for row in rows {
            for column in table.columns {
                let value = row[column.name]
                precondition(value.count >= column.type.minimum && value.count <= column.type.maximum)
                precondition(zip(value.keys, value.keys.dropFirst()).allSatisfy { $0 < $1 })
                for (base, atoms) in [
                    (column.type.key, value.keys), (column.type.value ?? column.type.key, value.values),
                ] {
                    for atom in atoms {
                        precondition(atom.type == base.type)
                        guard let reference = base.reference, case .uuid(let uuid) = atom else { continue }
                        precondition(database.row(reference.table, uuid) != nil)
                        if !reference.isWeak, uuid != row.uuid { referred.insert(uuid) }
                    }
                }
            }
        }
    }
    for table in database.schema.tables where !table.isRoot {
        for row in database.rows(table.name) { precondition(referred.contains(row.uuid)) }
    }
}
