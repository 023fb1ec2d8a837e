/// Why a stream could not be opened or broke, in words that name the endpoint.
public struct StreamError: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) { self.description = description }
}
