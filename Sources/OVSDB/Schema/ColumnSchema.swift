/// A column of a table (RFC 7047 section 3.2, `<column-schema>`).
public struct ColumnSchema: Equatable, Sendable {
    public var name: String
    public var type: ColumnType
    /// Not written to the log: gone with the server.
    public var isEphemeral: Bool
    /// Can be changed after the row's insertion.
    public var isMutable: Bool

    public init(_ name: String, _ type: ColumnType, isEphemeral: Bool = false, isMutable: Bool = true) {
        self.name = name
        self.type = type
        self.isEphemeral = isEphemeral
        self.isMutable = isMutable
    }
}
