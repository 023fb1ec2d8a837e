import Board
import Linux

/// Why a guest's image could not be made: what was done, what is wrong, what mends it.
public struct GuestImageError: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ what: String, remedy: String = "") {
        description = remedy.isEmpty ? what : "\(what) — \(remedy)"
    }

    init(_ error: SystemError) { description = error.description }
    init(_ error: BlockStorageError) { description = error.description }
}

/// Runs what throws the system's errors.
func system<Result: ~Copyable>(_ body: () throws(SystemError) -> Result) throws(GuestImageError) -> Result {
    do throws(SystemError) { return try body() } catch { throw GuestImageError(error) }
}
