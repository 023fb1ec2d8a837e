/// Names of virtual machines: they become directories.
public enum VMName {
    /// So that a socket's path in the machine's directory fits its address (unix(7)).
    public static let maximumLength = 48

    /// Says what is wrong with a name, if anything is.
    public static func validate(_ name: String) throws(VMError) {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
            default: false
            }
        }
        guard isPlain, !name.isEmpty, name.utf8.count <= maximumLength, name.utf8.first != UInt8(ascii: ".") else {
            throw VMError(
                "“\(name)” cannot be a machine's name: use 1 to \(maximumLength) letters, digits, '-', '_' and '.', "
                    + "not starting with '.'")
        }
    }
}
