import HostNetwork
import Linux

/// Why something could not be done with a lab: what, on what, and what to do about it.
public struct LabError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What kind of failure it is, for those who react to it.
    public enum Kind: Equatable, Sendable {
        /// No lab of that name runs.
        case notRunning
        /// A lab of that name runs already.
        case alreadyRunning
        /// The connection to the lab's supervisor broke.
        case disconnected
        /// Anything else; the description says it.
        case failed
    }

    public let kind: Kind
    public let description: String

    public init(_ description: String, kind: Kind = .failed) {
        self.kind = kind
        self.description = description
    }

    init(_ error: some Error & CustomStringConvertible, _ context: String? = nil) {
        self.init(context.map { "\($0): \(error.description)" } ?? error.description)
    }
}

/// Lets calls with narrower errors be made where a `LabError` may be thrown.
/// - Parameter context: put in front of the error's own description.
func labelled<Result: ~Copyable, Failure: Error & CustomStringConvertible>(
    _ context: String?, _ body: () throws(Failure) -> Result
) throws(LabError) -> Result {
    do throws(Failure) { return try body() } catch {
        throw (error as? LabError) ?? LabError(error, context)
    }
}

func labelled<Result: ~Copyable, Failure: Error & CustomStringConvertible>(
    _ body: () throws(Failure) -> Result
) throws(LabError) -> Result {
    try labelled(nil, body)
}
