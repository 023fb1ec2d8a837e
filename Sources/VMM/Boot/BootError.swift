/// Why a kernel cannot be started: which file, and what is wrong with it.
public struct BootError: Error, Equatable, Sendable, CustomStringConvertible {
    public let file: String
    public let offence: String

    public init(_ file: String, _ offence: String) {
        self.file = file
        self.offence = offence
    }

    /// "cannot boot 'vmlinuz': it ends inside its setup header, 312 bytes".
    public var description: String { "cannot boot '\(file)': \(offence)" }
}
