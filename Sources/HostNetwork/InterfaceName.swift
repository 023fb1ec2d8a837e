/// Why a name cannot be an interface's.
public struct InterfaceNameError: Error, Equatable, Sendable, CustomStringConvertible {
    public let name: String
    public let description: String
}

/// Names of network interfaces, as the kernel takes them (dev_valid_name(), net/core/dev.c).
public enum InterfaceName {
    /// Longest name in bytes: IFNAMSIZ less the terminator.
    public static let maximumLength = 15

    /// Says what is wrong with a name, if anything is.
    public static func validate(_ name: String) throws(InterfaceNameError) {
        let length = name.utf8.count
        if length == 0 { throw InterfaceNameError(name: name, description: "an interface's name cannot be empty") }
        if length > maximumLength {
            throw InterfaceNameError(
                name: name,
                description: "the interface name '\(name)' has \(length) bytes; the kernel allows \(maximumLength)")
        }
        if name == "." || name == ".." {
            throw InterfaceNameError(name: name, description: "'\(name)' cannot be an interface's name")
        }
        for byte in name.utf8
        where byte == UInt8(ascii: "/") || byte == UInt8(ascii: ":") || byte == 0x20 || (9...13).contains(byte)
            || byte == 0
        {
            throw InterfaceNameError(
                name: name,
                description: "the interface name '\(name)' may not contain '/', ':' or white space")
        }
    }
}
