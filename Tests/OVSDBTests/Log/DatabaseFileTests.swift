import Glibc
import Linux
import OVSDB
import Testbed
import Testing

/// Databases in files: what is acknowledged stays, whatever the file's end looks like.
@Suite struct DatabaseFileTests {
    let directory = TemporaryDirectory()
    private var path: String { directory.path + "/conf.db" }

    private func open(_ path: String? = nil) throws -> Database {
        try Database(path: path ?? self.path, schema: .openVSwitch)
    }

    @discardableResult
    private func addBridge(_ database: Database, _ name: String) throws -> UUID {
        try database.transact(comment: "add \(name)") { transaction in
            let root = try database.rows("Open_vSwitch").first?.uuid ?? transaction.insert("Open_vSwitch")
            let interface = try transaction.insert(
                "Interface", ["name": .string(name), "options": ["a": "1", "b": "2"]])
            let port = try transaction.insert("Port", ["name": .string(name), "interfaces": .uuid(interface)])
            let bridge = try transaction.insert("Bridge", ["name": .string(name), "ports": .uuid(port)])
            try transaction.add("Open_vSwitch", root, "bridges", .uuid(bridge))
            try transaction.increment("Open_vSwitch", root, "next_cfg")
            return bridge
        }
    }

    /// The columns that are kept, for comparison.
    private func contents(_ database: Database) -> [String: [String: Datum]] {
        var rows: [String: [String: Datum]] = [:]
        for table in DatabaseSchema.openVSwitch.tables {
            for row in database.rows(table.name) {
                var fields: [String: Datum] = [:]
                for column in table.columns where !column.isEphemeral { fields[column.name] = row[column.name] }
                rows["\(table.name) \(row.uuid)"] = fields
            }
        }
        return rows
    }

    @Test func keepsWhatItWasTold() throws {
        var before: [String: [String: Datum]] = [:]
        do {
            let database = try open()
            let bridge = try addBridge(database, "br0")
            try addBridge(database, "br1")
            let interface = database.rows("Interface", where: "name", is: "br0")[0].uuid
            try database.transact(durable: true) { transaction in
                // A pair gone, one changed, one come; a scalar, an optional, an ephemeral column.
                try transaction.update(
                    "Interface", interface, ["options": ["b": "3", "c": "4"], "ofport": 5, "mtu": 9000])
                try transaction.update(
                    "Bridge", bridge, ["fail_mode": "secure", "stp_enable": true, "flood_vlans": [1, 2]])
            }
            try database.transact { try $0.update("Bridge", bridge, ["fail_mode": .empty, "flood_vlans": [2, 3]]) }
            before = contents(database)
            #expect(database.rows("Interface", where: "name", is: "br0")[0]["mtu"].integer == 9000)
        }
        let again = try open()
        #expect(contents(again) == before)
        let interface = again.rows("Interface", where: "name", is: "br0")[0]
        #expect(interface["options"].stringMap == ["b": "3", "c": "4"])
        #expect(interface["mtu"].isEmpty)
        // References and indexes are there again, too.
        let root = again.rows("Open_vSwitch")[0].uuid
        #expect(throws: OVSDBError.self) { try addBridge(again, "br1") }
        try again.transact { try $0.update("Open_vSwitch", root, ["bridges": .empty]) }
        #expect(again.rows("Interface").isEmpty)
    }

    /// The machine stops in the middle of a write, at any byte. (The schema is small, for the many times it is read.)
    @Test func survivesACutAtEveryByte() throws {
        let schema = try DatabaseSchema(
            JSONParser.parse(
                """
                {"name":"T","version":"1.0.0","tables":{
                "R":{"isRoot":true,"columns":{"n":{"type":"integer"},"s":{"type":{"key":"string","min":0,"max":"unlimited"}},
                "c":{"type":{"key":{"type":"uuid","refTable":"C"},"min":0,"max":"unlimited"}}},"indexes":[["n"]]},
                "C":{"columns":{"m":{"type":{"key":"string","value":"integer","min":0,"max":"unlimited"}}}}}}
                """))
        func contents(_ database: Database) -> Set<[Datum]> {
            let roots = database.rows("R").map { [.uuid($0.uuid), $0["n"], $0["s"], $0["c"]] }
            return Set(roots + database.rows("C").map { [.uuid($0.uuid), $0["m"]] })
        }
        var states: [(size: Int, contents: Set<[Datum]>)] = []
        do {
            let database = try Database(path: path, schema: schema)
            states.append((database.fileSize, contents(database)))
            for number in 0..<8 {
                try database.transact { transaction in
                    let child = try transaction.insert("C", ["m": ["a": .integer(number), "b": 2]])
                    try transaction.insert("R", ["n": .integer(number), "s": ["x", "y"], "c": .uuid(child)])
                    if number > 1, let row = database.rows("R", where: "n", is: .integer(number - 2)).first {
                        try transaction.update("R", row.uuid, ["s": ["y", "z"], "c": .empty])
                    }
                }
                states.append((database.fileSize, contents(database)))
            }
        }
        let bytes = try File.read(path)
        #expect(bytes.count == states.last!.size)
        let cut = directory.path + "/cut.db"
        for length in states[0].size...bytes.count {
            let file = try File.open(cut, O_WRONLY | O_CREAT | O_TRUNC)
            try bytes[..<length].withUnsafeBytes { try file.writeAll($0) }
            try file.close()
            var repair: Database.Repair?
            let database = try Database(path: cut, schema: schema) { repair = $0 }
            let expected = states.last { $0.size <= length }!
            #expect(contents(database) == expected.contents, "cut at \(length)")
            #expect(repair?.discardedByteCount == (length == expected.size ? nil : length - expected.size))
            #expect(repair?.copy == nil)
            #expect(database.fileSize == expected.size)
            // And it goes on from there.
            if length % 50 != 0, length != expected.size { continue }
            try database.transact { try $0.insert("R", ["n": 100]) }
            let copy = cut + ".copy"
            try File.writeAtomically(copy, File.read(cut))
            #expect(try contents(Database(path: copy, schema: schema)) == contents(database))
        }
    }

    private func reopens(_ path: String, _ database: Database, as expected: [String: [String: Datum]]) throws {
        let copy = path + ".copy"
        try File.writeAtomically(copy, File.read(path))
        #expect(try contents(open(copy)) == expected)
    }

    @Test func damageInTheMiddleIsKeptAside() throws {
        do {
            let database = try open()
            for number in 0..<3 { try addBridge(database, "br\(number)") }
        }
        var bytes = try File.read(path)
        let first = String(decoding: bytes, as: UTF8.self).range(of: "add br1")!
        let offset = first
        bytes[offset] ^= 1
        try File.writeAtomically(path, bytes)
        var repair: Database.Repair?
        let database = try Database(path: path, schema: .openVSwitch) { repair = $0 }
        #expect(database.rows("Bridge").map(\.name) == ["br0"])
        #expect(repair?.reason == "the record's checksum is wrong")
        #expect(try repair?.copy.map { try File.read($0) } == bytes)
    }

    @Test func compactingKeepsTheRowsAndThePermissions() throws {
        let database = try open()
        chmod(path, 0o600)
        for number in 0..<20 { try addBridge(database, "br\(number)") }
        let root = database.rows("Open_vSwitch")[0].uuid
        try database.transact {
            try $0.update("Open_vSwitch", root, ["bridges": Datum(database.rows("Open_vSwitch")[0]["bridges"].keys[3])])
        }
        let before = contents(database)
        let size = database.fileSize
        try database.compact()
        #expect(database.fileSize < size - 10_000)
        #expect(try File.read(path).count == database.fileSize)
        var status = stat()
        stat(path, &status)
        #expect(status.st_mode & 0o777 == 0o600)
        try addBridge(database, "after")
        let after = contents(database)
        #expect(after != before)
        try reopens(path, database, as: after)
        #expect(
            try File.list(directory.path).sorted() == [
                ".conf.db.copy.~lock~", ".conf.db.~lock~", "conf.db", "conf.db.copy",
            ])
    }

    @Test func aFileHasOneUser() throws {
        let database = try open()
        let error = #expect(throws: OVSDBError.self) { try open() }
        #expect(error?.details?.contains("in use") == true)
        // The tools see the lock, too.
        let tool = try ProgramRun.tool("ovsdb-tool", "compact", path)
        #expect(tool.status != 0)
        #expect(tool.errors.contains("lock"))
        withExtendedLifetime(database) {}
    }

    @Test func refusesWhatIsNoDatabase() throws {
        for text in ["", "hello\n", "OVSDB CLUSTER 5 0123456789012345678901234567890123456789\n{}\n"] {
            try File.write(path, text)
            let error = #expect(throws: OVSDBError.self) { try open() }
            #expect(error?.details?.contains(path) == true)
            #expect(try File.readText(path) == text)
        }
    }

    /// A full disk: the transaction is refused, nothing of it stays, the next one works.
    @Test func aWriteThatFailsIsTakenBack() throws {
        let database = try open()
        try addBridge(database, "br0")
        let before = contents(database)
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        signal(SIGXFSZ, SIG_IGN)
        var small = limit
        small.rlim_cur = rlim_t(database.fileSize + 20)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &small)
        let error = #expect(throws: OVSDBError.self) { try addBridge(database, "br1") }
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        #expect(error?.tag == "I/O error")
        #expect(contents(database) == before)
        #expect(try File.read(path).count == database.fileSize)
        try addBridge(database, "br1")
        try reopens(path, database, as: contents(database))
    }
}

extension String {
    /// The byte at which `part` begins.
    func range(of part: String) -> Int? {
        let bytes = Array(utf8)
        let wanted = Array(part.utf8)
        return bytes.indices.first { bytes[$0...].starts(with: wanted) }
    }
}

/// Files go both ways between the tools of Open vSwitch and us.
@Suite(.enabled(if: ReferenceServer.isThere, "Open vSwitch is not installed"))
struct DatabaseFileToolTests {
    let directory = TemporaryDirectory()
    private var path: String { directory.path + "/conf.db" }

    @Test func toolsReadOurs() throws {
        do {
            let database = try Database(path: path, schema: .openVSwitch)
            try database.transact(comment: "an umlaut: ü, a quote: \"") { transaction in
                try transaction.insert("QoS", ["type": "linux-htb", "other_config": ["max-rate": "1000"]])
            }
            let qos = database.rows("QoS")[0].uuid
            try database.transact { try $0.update("QoS", qos, ["other_config": ["max-rate": "2000", "x": "y\n"]]) }
        }
        let log = try ProgramRun.toolOutput("ovsdb-tool", "-mm", "show-log", path)
        #expect(log.contains("record 1"))
        #expect(log.contains("an umlaut: ü, a quote: \""))
        #expect(log.contains("max-rate=\"2000\""))
        #expect(try ProgramRun.toolOutput("ovsdb-tool", "needs-conversion", path, ReferenceServer.schema) == "no\n")
        let rows = try ProgramRun.toolOutput(
            "ovsdb-tool", "query", path,
            #"["Open_vSwitch",{"op":"select","table":"QoS","where":[],"columns":["other_config"]}]"#)
        #expect(rows == #"[{"rows":[{"other_config":["map",[["max-rate","2000"],["x","y\n"]]]}]}]"# + "\n")
        _ = try ProgramRun.toolOutput("ovsdb-tool", "compact", path)
        let again = try Database(path: path, schema: .openVSwitch)
        #expect(again.rows("QoS")[0]["other_config"].stringMap == ["max-rate": "2000", "x": "y\n"])
    }

    @Test func weReadTheirs() throws {
        _ = try ProgramRun.toolOutput("ovsdb-tool", "create", path, ReferenceServer.schema)
        for transaction in [
            #"["Open_vSwitch",{"op":"insert","table":"QoS","row":{"type":"a","other_config":["map",[["k","v"],["l","w"]]]}}]"#,
            #"["Open_vSwitch",{"op":"mutate","table":"QoS","where":[],"mutations":[["other_config","delete",["set",["k"]]]]}]"#,
            #"["Open_vSwitch",{"op":"update","table":"QoS","where":[],"row":{"type":"b"}},{"op":"comment","comment":"hm"}]"#,
        ] {
            _ = try ProgramRun.toolOutput("ovsdb-tool", "transact", path, transaction)
        }
        let database = try Database(path: path, schema: .openVSwitch)
        #expect(database.rows("QoS").map { $0["type"].string } == ["b"])
        #expect(database.rows("QoS")[0]["other_config"].stringMap == ["l": "w"])
    }

    /// An older schema: what it has in common with ours stays, and the old file, too.
    @Test func convertsAnOlderSchema() throws {
        let schema = directory.path + "/old.ovsschema"
        try File.write(
            schema,
            """
            {"name":"Open_vSwitch","version":"1.0.0","cksum":"12 34","tables":{"QoS":{"isRoot":true,"columns":{
            "type":{"type":"string"},"colour":{"type":"string"}}},"Gone":{"isRoot":true,"columns":{"a":{"type":"integer"}}}}}
            """)
        _ = try ProgramRun.toolOutput("ovsdb-tool", "create", path, schema)
        _ = try ProgramRun.toolOutput(
            "ovsdb-tool", "transact", path,
            #"["Open_vSwitch",{"op":"insert","table":"QoS","row":{"type":"a","colour":"red"}},{"op":"insert","table":"Gone","row":{}}]"#
        )
        let before = try File.read(path)
        let database = try Database(path: path, schema: .openVSwitch)
        #expect(database.rows("QoS").map { $0["type"].string } == ["a"])
        #expect(try File.read(path + ".backup1.0.0-12") == before)
        #expect(try ProgramRun.toolOutput("ovsdb-tool", "db-version", path) == "8.3.1\n")
    }
}
