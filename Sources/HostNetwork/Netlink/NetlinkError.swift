import Linux

/// Why the kernel refused a request, and which one of a batch.
public struct NetlinkError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was asked for, to be read after "cannot": "set h1-eth0 up".
    public let request: String
    /// Its place in the batch.
    public let index: Int
    public let code: Errno
    /// The kernel's own words (extended acknowledgement), where it had any.
    public let explanation: String?

    public init(request: String, index: Int = 0, code: Errno, explanation: String? = nil) {
        self.request = request
        self.index = index
        self.code = code
        self.explanation = explanation
    }

    public var description: String {
        var text = "cannot \(request): \(code)"
        if let explanation { text += " (\(explanation))" }
        if code == .notPermitted { text += " (run as root, or in a user namespace)" }
        return text
    }
}
