import Linux

/// A command for a mini guest: a second archive that is put behind the initial RAM disk. The guest runs it in the place of a
/// shell, says its status, and powers off.
public struct GuestCommand: Sendable {
    /// The program and its arguments.
    public var arguments: [String]
    /// What it reads; nil: nothing.
    public var input: [UInt8]?
    /// It runs on the console as on a terminal of this kind (TERM), and reads from it; nil: its output comes as it is.
    public var terminal: String?
    /// Programs that it brings along: paths in the guest without the first slash, and what is in them.
    public var programs: [String: [UInt8]] = [:]

    public init(_ arguments: [String], input: [UInt8]? = nil, terminal: String? = nil) {
        self.arguments = arguments
        self.input = input
        self.terminal = terminal
    }

    /// The script for the guest's shell: the arguments as they are, whatever is in them.
    var script: String { "exec " + arguments.map(GuestScript.quoted).joined(separator: " ") + "\n" }

    /// The archive.
    public var archive: [UInt8] {
        var archive = CPIOArchive()
        archive.add(file: "rookery/command", script)
        if let input { archive.add(file: "rookery/input", input) }
        for (path, content) in programs.sorted(by: { $0.key < $1.key }) {
            archive.add(file: path, content, mode: 0o755)
        }
        if let terminal { archive.add(file: "rookery/terminal", terminal + "\n") }
        return archive.finished()
    }

    /// Writes an initial RAM disk with the command in it.
    public func write(initialRAMDisk image: GuestImage, to path: String) throws(GuestImageError) {
        var bytes = try system { () throws(SystemError) in try File.read(image.initialRAMDisk) }
        bytes += [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
        bytes += archive
        try system { () throws(SystemError) in try File.writeAtomically(path, bytes) }
    }
}
