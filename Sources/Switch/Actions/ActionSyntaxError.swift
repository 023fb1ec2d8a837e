/// Why the text of actions was refused.
public struct ActionSyntaxError: Error, Equatable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}
