/// Names of what runs, labs and virtual machines: they become directories, cgroups and parts of interface names.
public enum RunName {
    /// So that the path of a socket in the directory fits its address (unix(7)).
    public static let maximumLength = 48
    /// For people.
    public static let rule = "use 1 to \(maximumLength) letters, digits, '-', '_' and '.', not starting with '.'"

    public static func isValid(_ name: String) -> Bool {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
            default: false
            }
        }
        return isPlain && !name.isEmpty && name.utf8.count <= maximumLength && name.utf8.first != UInt8(ascii: ".")
    }
}
