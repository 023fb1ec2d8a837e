// Short ways to write types, for schemas in Swift:
//
//     column("ports", .set(of: .row("Port")))
//     column("fail_mode", .optional(.one(of: "standalone", "secure")))

extension BaseType {
    static let integer = BaseType(.integer)
    static let boolean = BaseType(.boolean)
    static let string = BaseType(.string)
    static let uuid = BaseType(.uuid)

    static func integer(_ range: ClosedRange<Int64>) -> BaseType { BaseType(.integer, integers: range) }
    static func integer(atLeast bound: Int64) -> BaseType { BaseType(.integer, integers: bound...Int64.max) }
    static func one(of names: String...) -> BaseType { BaseType(.string, allowed: .strings(names)) }
    /// A row that exists while it is referred to.
    static func row(_ table: String) -> BaseType {
        BaseType(.uuid, reference: Reference(table: table, isWeak: false))
    }
    /// A row that may go; the reference goes with it.
    static func weakRow(_ table: String) -> BaseType {
        BaseType(.uuid, reference: Reference(table: table, isWeak: true))
    }
}

extension ColumnType {
    static let integer = ColumnType(key: .integer)
    static let boolean = ColumnType(key: .boolean)
    static let string = ColumnType(key: .string)
    /// Names and values, as other_config.
    static let stringMap = map(.string, .string)
    static let counterMap = map(.string, .integer)

    static func one(_ base: BaseType) -> ColumnType { ColumnType(key: base) }
    static func optional(_ base: BaseType) -> ColumnType { ColumnType(key: base, minimum: 0) }
    static func set(of base: BaseType, atLeast minimum: Int = 0, atMost maximum: Int = unlimited) -> ColumnType {
        ColumnType(key: base, minimum: minimum, maximum: maximum)
    }
    static func map(_ key: BaseType, _ value: BaseType) -> ColumnType {
        ColumnType(key: key, value: value, minimum: 0, maximum: unlimited)
    }
}

/// Columns of one type.
func columns(_ names: String..., type: ColumnType) -> [ColumnSchema] {
    names.map { ColumnSchema($0, type) }
}

/// Columns of one type that the log does not keep: status, statistics.
func status(_ names: String..., type: ColumnType) -> [ColumnSchema] {
    names.map { ColumnSchema($0, type, isEphemeral: true) }
}

/// A column that is set with the row's insertion and not after.
func fixed(_ name: String, type: ColumnType) -> [ColumnSchema] {
    [ColumnSchema(name, type, isMutable: false)]
}

extension TableSchema {
    init(
        _ name: String, isRoot: Bool = false, maximumRowCount: Int? = nil, indexes: [[String]] = [],
        _ columns: [ColumnSchema]...
    ) {
        self.init(
            name, isRoot: isRoot, maximumRowCount: maximumRowCount, indexes: indexes, columns: columns.flatMap { $0 })
    }
}
