import Linux

/// Names of labs.
public enum LabName {
    /// Beside the labs' directories.
    private static let machines = "vm"

    /// Says what is wrong with a name, if anything is.
    public static func validate(_ name: String) throws(LabError) {
        guard RunName.isValid(name), !name.hasSuffix(LabPaths.crashSuffix) else {
            throw LabError(
                "“\(name)” cannot be a lab's name: \(RunName.rule) nor ending with '\(LabPaths.crashSuffix)'")
        }
        guard name != machines else {
            throw LabError("“\(name)” cannot be a lab's name: machines without a lab live there")
        }
    }
}
