import Glibc
import Linux

/// An empty directory that goes with its owner, and all that is in it.
public final class TemporaryDirectory: Sendable {
    /// Short, so that sockets can be in it.
    public let path: String

    public init() {
        var template = Array("/tmp/rookery-test.XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            fatalError("\(SystemError("make a directory in", "/tmp"))")
        }
        path = String(cString: made)
    }

    deinit { Self.remove(path) }

    /// The names of what is in it.
    public var names: [String] { (try? File.list(path)) ?? [] }

    private static func remove(_ directory: String) {
        for name in (try? File.list(directory)) ?? [] {
            let path = "\(directory)/\(name)"
            // What somebody has mounted there is busy, and stays.
            if unlink(path) != 0 && errno == EISDIR && rmdir(path) != 0 && errno == ENOTEMPTY { remove(path) }
        }
        rmdir(directory)
    }
}
