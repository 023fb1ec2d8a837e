/// A table (RFC 7047 section 3.2, `<table-schema>`).
public struct TableSchema: Sendable {
    public let name: String
    /// All columns by number; the first two are "_uuid" and "_version".
    public let columns: [ColumnSchema]
    /// Rows stay although no other row refers to them.
    public let isRoot: Bool
    /// nil for no bound.
    public let maximumRowCount: Int?
    /// The columns (by number) whose values, taken together, no two rows share.
    public let indexes: [[Int]]

    let numbers: [String: Int]
    /// What a new row holds.
    let defaults: [Datum]
    let strongColumns: [Int]
    let weakColumns: [Int]

    static let uuidColumn = 0
    static let versionColumn = 1
    static let firstOwnColumn = 2

    /// - Parameter columns: without "_uuid" and "_version".
    /// - Precondition: the indexes' columns exist.
    public init(
        _ name: String, isRoot: Bool = false, maximumRowCount: Int? = nil, indexes: [[String]] = [],
        columns own: [ColumnSchema]
    ) {
        self.name = name
        self.isRoot = isRoot
        self.maximumRowCount = maximumRowCount
        let uuid = ColumnType(key: BaseType(.uuid))
        columns =
            [
                ColumnSchema("_uuid", uuid, isEphemeral: true, isMutable: false),
                ColumnSchema("_version", uuid, isEphemeral: true, isMutable: false),
            ] + own
        var numbers: [String: Int] = [:]
        for (number, column) in columns.enumerated() { numbers[column.name] = number }
        self.numbers = numbers
        self.indexes = indexes.map { index in index.map { numbers[$0]! } }
        defaults = columns.map(\.type.defaultValue)
        strongColumns = columns.indices.filter { [columns] in columns[$0].type.hasStrongReferences }
        weakColumns = columns.indices.filter { [columns] in columns[$0].type.hasWeakReferences }
    }

    /// The number of a column.
    public func column(_ name: String) -> Int? { numbers[name] }

    /// The number of a column, for a request that names it.
    func column(_ name: String, in json: JSONValue?) throws(OVSDBError) -> Int {
        guard let number = numbers[name] else {
            throw .syntax(json, "No column \(name) in table \(self.name).", tag: "unknown column")
        }
        return number
    }
}
