/// What was attempted, on what, why it failed, and what mends it where that is known.
public struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was attempted, to be read after "cannot": "open", "enter the network namespace".
    public let operation: String
    /// What it was attempted on: a path, an interface.
    public let object: String?
    /// Why it failed.
    public let code: Errno
    /// What the user can do about it.
    public let remedy: String?

    public init(_ operation: String, _ object: String? = nil, code: Errno = .last, remedy: String? = nil) {
        self.operation = operation
        self.object = object
        self.code = code
        self.remedy = remedy ?? Self.usualRemedy(code)
    }

    /// "cannot open '/dev/net/tun': No such file or directory (load the kernel module tun)".
    public var description: String {
        var text = "cannot \(operation)"
        if let object { text += " '\(object)'" }
        text += ": \(code)"
        if let remedy { text += " (\(remedy))" }
        return text
    }

    private static func usualRemedy(_ code: Errno) -> String? {
        switch code {
        case .tooManyOpenFiles: "raise the limit of open files: ulimit -n"
        case .noSpace: "free space on that file system, or raise the limit that is used up"
        default: nil
        }
    }
}

/// Repeats a system call while a signal interrupts it; throws its errno when it returns a negative number.
@discardableResult
@inline(__always)
func retrying<Result: SignedInteger>(
    _ operation: @autoclosure () -> String, _ object: @autoclosure () -> String? = nil,
    remedy: @autoclosure () -> String? = nil, _ call: () -> Result
) throws(SystemError) -> Result {
    while true {
        let result = call()
        if result >= 0 { return result }
        let code = Errno.last
        if code == .interrupted { continue }
        throw SystemError(operation(), object(), code: code, remedy: remedy())
    }
}
