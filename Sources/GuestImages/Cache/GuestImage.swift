import Linux

/// An image that has been made: a folder with a kernel, an initial RAM disk, maybe a disk, and a file that says what they are.
public struct GuestImage: Equatable, Sendable {
    /// Lines of "key=value" in the file `image`.
    enum Key {
        static let made = "made"
        static let release = "release"
        static let versions = "versions"
        static let flavor = "kernel"
    }

    public let name: String
    public let folder: String
    /// What `uname -r` says in the guest.
    public let release: String
    /// The packages that it was made from: "name version".
    public let packages: [String]
    /// When it was made, in seconds since 1970.
    public let made: Int

    public var kernel: String { "\(folder)/vmlinuz" }
    public var initialRAMDisk: String { "\(folder)/initrd" }
    /// nil: the guest lives in its RAM.
    public var disk: String? {
        let path = "\(folder)/disk.qcow2"
        return FileTree.isFile(path) ? path : nil
    }
    /// The disk space that it takes, in bytes.
    public var byteCount: UInt64 {
        FileTree.files(below: folder).reduce(0) { $0 + FileTree.allocatedByteCount("\(folder)/\($1)") }
    }

    init?(folder: String) {
        guard let slash = folder.lastIndex(of: "/"), let text = try? File.readText("\(folder)/image") else {
            return nil
        }
        var fields: [String: String] = [:]
        for line in text.split(separator: "\n") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            fields[String(line[..<equals])] = String(line[line.index(after: equals)...])
        }
        name = String(folder[folder.index(after: slash)...])
        self.folder = folder
        release = fields[Key.release] ?? ""
        packages = fields[Key.versions]?.split(separator: ",").map(String.init) ?? []
        made = fields[Key.made].flatMap { Int($0) } ?? 0
        guard !name.hasPrefix("."), FileTree.isFile(kernel), FileTree.isFile(initialRAMDisk) else { return nil }
    }

    /// Writes the file that says what an image is; it comes last.
    static func describe(
        in folder: String, release: String, packages: [DebianPackage], made: Int
    ) throws(GuestImageError) {
        let versions = packages.map { "\($0.name) \($0.version)" }.joined(separator: ",")
        let text = "\(Key.made)=\(made)\n\(Key.release)=\(release)\n\(Key.versions)=\(versions)\n"
        try system { () throws(SystemError) in try File.writeAtomically("\(folder)/image", text) }
    }
}
