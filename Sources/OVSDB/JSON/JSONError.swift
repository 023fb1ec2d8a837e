/// Why bytes are not JSON, and where.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    public var reason: String
    /// Counted from 0, as ovsdb-server does.
    public var line: Int
    /// Bytes from the line's start, counted from 0.
    public var column: Int
    /// Bytes from the text's start.
    public var byte: Int

    public var description: String { "line \(line), column \(column), byte \(byte): \(reason)" }
}
