import ArgumentParser
import OVSDB

/// A column, and of a map perhaps a key: `other_config:hwaddr`.
struct ColumnName {
    var column: ColumnSchema
    var key: String?

    init(_ text: some StringProtocol, of table: TableSchema, in database: DatabaseClient) throws {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        column = try database.column(String(parts[0]), of: table)
        key = parts.count > 1 ? String(parts[1]) : nil
        if key != nil && !column.type.isMap {
            throw CommandError.usage("\(table.name)'s \(column.name) is no map: it has no keys")
        }
    }
}

/// A record on the command line, and the database that has it.
struct RecordArguments: ParsableArguments {
    @OptionGroup var options: SwitchOptions
    @Argument(help: "The table.") var table: String
    @Argument(help: "A name, a UUID, or . for the only one.") var record: String

    struct Found {
        var database: DatabaseClient
        var table: TableSchema
        var row: JSONValue

        func column(_ text: some StringProtocol) throws -> ColumnName {
            try ColumnName(text, of: table, in: database)
        }

        private var condition: [JSONValue] { DatabaseClient.isEqual("_uuid", row["_uuid"] ?? .null) }

        /// The operation that sets a column.
        func update(_ column: ColumnSchema, _ value: JSONValue) -> JSONValue {
            DatabaseClient.update(table.name, where: condition, [(column.name, value)])
        }

        /// The operation that puts elements into a column or takes them out.
        func mutate(_ column: ColumnSchema, _ mutator: String, _ elements: JSONValue) -> JSONValue {
            DatabaseClient.mutate(table.name, where: condition, column.name, mutator, elements)
        }
    }

    func find() throws -> Found {
        let database = try options.openDatabase()
        let table = try database.table(table)
        return Found(database: database, table: table, row: try database.record(record, in: table))
    }
}

struct ListRecords: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show records of a table of the database.",
        usage: "rookery switch list [--json] <table> [<record> ...]",
        discussion: """
            Tables may be cut to a unique beginning, in any case.
              rookery switch list bridge
              rookery switch list interface eth1
            """)

    @OptionGroup var options: SwitchOptions
    @Argument(help: "The table.") var table: String
    @Argument(help: "Names or UUIDs; all where left out.") var records: [String] = []
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let database = try options.openDatabase()
        let table = try database.table(table)
        let rows =
            try records.isEmpty ? database.select(table.name) : records.map { try database.record($0, in: table) }
        if json { return Standard.output.write(JSONValue.array(rows).text(sorted: true) + "\n") }
        let texts = rows.map { row in
            (row.object?.members ?? []).filter { $0.name != "_version" }.sorted { $0.name < $1.name }.map {
                $0.name + String(repeating: " ", count: max(0, 20 - $0.name.count)) + ": "
                    + ColumnText.text($0.value, table.column($0.name).map { table.columns[$0].type }) + "\n"
            }.joined()
        }
        Standard.output.write(texts.joined(separator: "\n"))
    }
}

struct GetColumns: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Print columns of a record.",
        usage: "rookery switch get [--if-exists] <table> <record> <column>[:<key>] ...",
        discussion: """
            Of a map also a single key:
              rookery switch get bridge br0 datapath_id fail_mode
              rookery switch get interface eth1 statistics:rx_packets
            """)

    @OptionGroup var arguments: RecordArguments
    @Argument(help: "Columns, each on a line.") var columns: [String]
    @Flag(help: "Be content with a key that is not there.") var ifExists = false

    func run() throws {
        let found = try arguments.find()
        for text in columns {
            let name = try found.column(text)
            let value = found.row[name.column.name] ?? .null
            guard let key = name.key else {
                Standard.output.write(ColumnText.text(value, name.column.type) + "\n")
                continue
            }
            let pair = (value[1]?.array ?? []).first { ColumnText.plain($0[0]) == key }
            if let value = pair?[1] {
                Standard.output.write(ColumnText.text(value) + "\n")
            } else if ifExists {
                Standard.output.write("\n")
            } else {
                throw CommandError(
                    "\(arguments.record)'s \(name.column.name) has no key “\(key)”", remedy: "--if-exists is content")
            }
        }
    }
}

struct SetColumns: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set columns of a record.",
        usage: "rookery switch set <table> <record> <column>[:<key>]=<value> ...",
        discussion: """
            Maps also key by key; sets as [10,20], maps as {key=value,key=value}.
              rookery switch set bridge br0 fail_mode=secure protocols=OpenFlow13
              rookery switch set bridge br0 other_config:hwaddr=02:00:00:00:00:01
              rookery switch set port eth1 tag=10
            """)

    @OptionGroup var change: ChangeOptions
    @OptionGroup var arguments: RecordArguments
    @Argument(help: "column=value, column:key=value") var settings: [String]

    func run() throws {
        let found = try arguments.find()
        var operations: [JSONValue] = []
        for setting in settings {
            guard let sign = setting.firstIndex(of: "=") else {
                throw CommandError.usage("“\(setting)” has no value", remedy: "write column=value")
            }
            let name = try found.column(setting[..<sign])
            let text = String(setting[setting.index(after: sign)...])
            guard let key = name.key, let type = name.column.type.value else {
                let value = try ColumnText.parse(text, name.column.type)
                operations.append(found.update(name.column, value))
                continue
            }
            let atom = try ColumnText.atom(key, name.column.type.key.type)
            let value = try ColumnText.atom(text, type.type)
            operations += [
                found.mutate(name.column, "delete", ["set", [atom]]),
                found.mutate(name.column, "insert", ["map", [[atom, value]]]),
            ]
        }
        try change.apply(operations, to: found.database)
    }
}

struct ClearColumns: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "Empty columns of a record.",
        usage: "rookery switch clear <table> <record> <column>[:<key>] ...",
        discussion: """
              rookery switch clear bridge br0 fail_mode
              rookery switch clear bridge br0 other_config:hwaddr
            """)

    @OptionGroup var change: ChangeOptions
    @OptionGroup var arguments: RecordArguments
    @Argument(help: "Columns, or keys of maps.") var columns: [String]

    func run() throws {
        let found = try arguments.find()
        var operations: [JSONValue] = []
        for text in columns {
            let name = try found.column(text)
            if let key = name.key {
                let atom = try ColumnText.atom(key, name.column.type.key.type)
                operations.append(found.mutate(name.column, "delete", ["set", [atom]]))
            } else {
                guard name.column.type.minimum == 0 else {
                    throw CommandError.usage("\(found.table.name)'s \(name.column.name) cannot be empty")
                }
                let empty: JSONValue = [name.column.type.isMap ? "map" : "set", []]
                operations.append(found.update(name.column, empty))
            }
        }
        try change.apply(operations, to: found.database)
    }
}
