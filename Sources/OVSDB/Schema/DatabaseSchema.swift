/// A database's schema (RFC 7047 section 3.2, `<database-schema>`).
public struct DatabaseSchema: Sendable {
    public let name: String
    /// "x.y.z"; empty where there is none.
    public let version: String
    /// What the schema's author put in for tools to compare.
    public let checksum: String?
    public let tables: [TableSchema]

    let numbers: [String: Int]

    public init(_ name: String, version: String, checksum: String? = nil, tables: [TableSchema]) {
        self.name = name
        self.version = version
        self.checksum = checksum
        // A schema from before there was garbage collection names no root: then all tables are (RFC 7047 section 3.2).
        let hasRoot = tables.contains(where: \.isRoot)
        self.tables = hasRoot ? tables : tables.map { $0.asRoot() }
        var numbers: [String: Int] = [:]
        for (number, table) in tables.enumerated() { numbers[table.name] = number }
        self.numbers = numbers
    }

    /// The number of a table.
    public func table(_ name: String) -> Int? { numbers[name] }
}

extension TableSchema {
    func asRoot() -> TableSchema {
        TableSchema(
            name, isRoot: true, maximumRowCount: maximumRowCount,
            indexes: indexes.map { index in index.map { columns[$0].name } },
            columns: Array(columns[Self.firstOwnColumn...]))
    }
}
