import CLinux
import Glibc

/// Files by path.
public enum File {
    /// Opens a file, close-on-exec.
    /// - Parameters:
    ///   - flags: O_RDONLY and so on (open(2)).
    ///   - mode: permissions of a file that is created.
    public static func open(
        _ path: String, _ flags: Int32 = O_RDONLY, mode: UInt32 = 0o644
    ) throws(SystemError) -> FileDescriptor {
        FileDescriptor(owning: try retrying("open", path) { rk_open(path, flags | O_CLOEXEC, mode) })
    }

    /// All bytes of a file.
    public static func read(_ path: String) throws(SystemError) -> [UInt8] {
        do throws(SystemError) {
            let file = try open(path)
            return try file.readAll()
        } catch {
            throw SystemError("read", path, code: error.code)
        }
    }

    /// All of a file as UTF-8 text.
    public static func readText(_ path: String) throws(SystemError) -> String {
        String(decoding: try read(path), as: UTF8.self)
    }

    /// Replaces a file's content, durably and at once: after a crash the file holds the old bytes or the new ones.
    /// Writes a sibling, syncs it, renames it over `path`, syncs the directory.
    public static func writeAtomically(
        _ path: String, _ bytes: [UInt8], mode: UInt32 = 0o644
    ) throws(SystemError) {
        let temporary = "\(path).\(getpid()).tmp"
        do throws(SystemError) {
            let file = try open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: mode)
            try writeBytes(bytes, to: file)
            let number = file.rawValue
            try retrying("sync", path) { fsync(number) }
            try file.close()
            try retrying("rename to", path) { rename(temporary, path) }
        } catch {
            unlink(temporary)
            throw SystemError("write", path, code: error.code, remedy: error.remedy)
        }
        try syncDirectory(parent(of: path))
    }

    /// Replaces a file's content with text, durably and at once.
    public static func writeAtomically(_ path: String, _ text: String, mode: UInt32 = 0o644) throws(SystemError) {
        try writeAtomically(path, Array(text.utf8), mode: mode)
    }

    /// Writes into a file that exists, in one call, as files of /proc, /sys and cgroups want it.
    public static func writeValue(_ path: String, _ value: String) throws(SystemError) {
        do throws(SystemError) {
            let file = try open(path, O_WRONLY)
            try file.writeAll(value)
        } catch {
            throw SystemError("write '\(value)' to", path, code: error.code)
        }
    }

    /// Creates a file or replaces its content, without a care for crashes.
    public static func write(_ path: String, _ text: String, mode: UInt32 = 0o644) throws(SystemError) {
        let file = try open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
        try writeBytes(Array(text.utf8), to: file)
    }

    /// Makes sure that names created in a directory survive a crash.
    public static func syncDirectory(_ path: String) throws(SystemError) {
        let directory = try open(path, O_RDONLY | O_DIRECTORY)
        let number = directory.rawValue
        try retrying("sync", path) { fsync(number) }
    }

    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Whether a unix socket is at the path itself: a symbolic link to one is none.
    public static func isSocket(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    }

    /// Sets the permission bits of a file.
    public static func setMode(_ path: String, _ mode: UInt32) throws(SystemError) {
        guard chmod(path, mode) == 0 else { throw SystemError("set the mode of", path) }
    }

    /// Makes a directory; one that exists is fine.
    /// - Parameter parents: makes the missing directories above it, too.
    public static func makeDirectory(
        _ path: String, mode: UInt32 = 0o755, parents: Bool = true
    ) throws(SystemError) {
        if mkdir(path, mode) == 0 { return }
        let code = Errno.last
        if code == .exists {
            var status = stat()
            if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
        }
        guard code == .noSuchFile, parents, parent(of: path) != path else {
            throw SystemError("make the directory", path, code: code)
        }
        try makeDirectory(parent(of: path), mode: mode)
        try makeDirectory(path, mode: mode, parents: false)
    }

    /// Removes a file; one that is not there is fine.
    public static func remove(_ path: String) throws(SystemError) {
        if unlink(path) < 0, errno != ENOENT { throw SystemError("remove", path) }
    }

    /// Removes an empty directory; one that is not there is fine.
    public static func removeDirectory(_ path: String) throws(SystemError) {
        if rmdir(path) < 0, errno != ENOENT { throw SystemError("remove the directory", path) }
    }

    /// The names in a directory, sorted, without "." and "..".
    public static func list(_ path: String) throws(SystemError) -> [String] {
        guard let directory = opendir(path) else { throw SystemError("list", path) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Takes a lock on a whole file without waiting (flock(2)); it ends with the last descriptor of that open file.
    /// - Returns: false where somebody else holds it.
    public static func tryLock(_ file: borrowing FileDescriptor) throws(SystemError) -> Bool {
        let number = file.rawValue
        if flock(number, LOCK_EX | LOCK_NB) == 0 { return true }
        if errno == EWOULDBLOCK { return false }
        throw SystemError("lock", "descriptor \(number)")
    }

    private static func writeBytes(_ bytes: [UInt8], to file: borrowing FileDescriptor) throws(SystemError) {
        let number = file.rawValue
        var done = 0
        while done < bytes.count {
            let start = done
            done += try retrying("write", "descriptor \(number)") {
                bytes.withUnsafeBytes { Glibc.write(number, $0.baseAddress! + start, $0.count - start) }
            }
        }
    }

    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
