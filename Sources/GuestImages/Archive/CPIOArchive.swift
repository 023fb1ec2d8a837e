/// An archive for the kernel's initial file system: cpio's "newc" format (the kernel's
/// Documentation/driver-api/early-userspace/buffer-format.rst). All files are root's.
struct CPIOArchive {
    private(set) var bytes: [UInt8] = []
    private var folders: Set<String> = []
    private var nextInode: UInt32 = 1

    /// Adds a regular file, and the folders above it.
    mutating func add(file path: String, _ content: [UInt8], mode: UInt32 = 0o644) {
        addFolders(above: path)
        entry(path, mode: 0o100000 | mode, content)
    }

    mutating func add(file path: String, _ text: String, mode: UInt32 = 0o644) {
        add(file: path, Array(text.utf8), mode: mode)
    }

    mutating func add(folder path: String, mode: UInt32 = 0o755) {
        if path.isEmpty || !folders.insert(path).inserted { return }
        addFolders(above: path)
        entry(path, mode: 0o040000 | mode, [])
    }

    mutating func add(link path: String, to target: String) {
        addFolders(above: path)
        entry(path, mode: 0o120777, Array(target.utf8))
    }

    /// Adds a character device.
    mutating func add(device path: String, major: UInt32, minor: UInt32, mode: UInt32 = 0o600) {
        addFolders(above: path)
        entry(path, mode: 0o020000 | mode, [], device: (major, minor))
    }

    /// The whole archive, with its end. Archives may follow each other: the kernel unpacks them in order.
    func finished() -> [UInt8] {
        var copy = self
        copy.entry("TRAILER!!!", mode: 0, [])
        return copy.bytes
    }

    private mutating func addFolders(above path: String) {
        guard let slash = path.lastIndex(of: "/") else { return }
        add(folder: String(path[..<slash]))
    }

    private mutating func entry(
        _ path: String, mode: UInt32, _ content: [UInt8], device: (major: UInt32, minor: UInt32) = (0, 0)
    ) {
        let name = Array(path.utf8) + [0]
        bytes += Array("070701".utf8)
        for field in [
            nextInode, mode, 0, 0, mode & 0o170000 == 0o040000 ? 2 : 1, 0, UInt32(content.count), 0, 0, device.major,
            device.minor, UInt32(name.count), 0,
        ] {
            let digits = String(field, radix: 16)
            bytes += [UInt8](repeating: 0x30, count: 8 - digits.utf8.count) + Array(digits.utf8)
        }
        bytes += name
        pad()
        bytes += content
        pad()
        nextInode += 1
    }

    private mutating func pad() { bytes += [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4) }
}
