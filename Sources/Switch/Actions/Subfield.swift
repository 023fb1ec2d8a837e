/// Some bits of a field: `count` bits from bit `start` up.
public struct Subfield: Hashable, Sendable {
    public var field: Field
    public var start: Int
    public var count: Int

    /// - Parameter count: nil: all bits from `start` up.
    public init(_ field: Field, start: Int = 0, count: Int? = nil) {
        self.field = field
        self.start = start
        self.count = count ?? field.width - start
    }
}
