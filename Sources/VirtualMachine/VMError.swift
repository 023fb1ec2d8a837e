/// What went wrong with a virtual machine, for people.
public struct VMError: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}
