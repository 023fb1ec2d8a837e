import Linux

/// Names of virtual machines.
public enum VMName {
    /// Says what is wrong with a name, if anything is.
    public static func validate(_ name: String) throws(VMError) {
        guard RunName.isValid(name) else {
            throw VMError("“\(name)” cannot be a machine's name: \(RunName.rule)")
        }
    }
}
