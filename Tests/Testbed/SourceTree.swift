import Linux

/// The repository that the tests were built from: recordings, examples and pages are read from there.
public enum SourceTree {
    public static let folder = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

    public static func path(_ name: String) -> String { "\(folder)/\(name)" }

    /// The text of a file, by its path from the repository's root.
    public static func text(_ name: String) throws(SystemError) -> String { try File.readText(path(name)) }

    /// The lines of a recording that are neither empty nor comments (`#`).
    public static func recordedLines(_ name: String) throws(SystemError) -> [Substring] {
        try text(name).split(separator: "\n").filter { !$0.hasPrefix("#") }
    }
}
