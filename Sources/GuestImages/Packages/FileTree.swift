import Glibc
import Linux

/// Files in folders.
enum FileTree {
    /// Removes a folder and all in it; symbolic links are not followed.
    static func remove(_ path: String) {
        for name in (try? File.list(path)) ?? [] {
            let entry = "\(path)/\(name)"
            if isFolder(entry) { remove(entry) } else { unlink(entry) }
        }
        if rmdir(path) != 0 { unlink(path) }
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    static func isFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// The paths of all files below a folder, relative to it.
    static func files(below path: String) -> [String] {
        var found: [String] = []
        func walk(_ folder: String) {
            for name in (try? File.list(folder.isEmpty ? path : "\(path)/\(folder)")) ?? [] {
                let relative = folder.isEmpty ? name : "\(folder)/\(name)"
                if isFolder("\(path)/\(relative)") { walk(relative) } else { found.append(relative) }
            }
        }
        walk("")
        return found
    }

    static func byteCount(_ path: String) -> UInt64 {
        var status = stat()
        return stat(path, &status) == 0 ? UInt64(status.st_size) : 0
    }

    /// The disk space that a file takes.
    static func allocatedByteCount(_ path: String) -> UInt64 {
        var status = stat()
        return stat(path, &status) == 0 ? UInt64(status.st_blocks) * 512 : 0
    }
}
