import Glibc
import Linux

/// The file that tells ovs-appctl which process to ask. A lock on it says whether the process lives (fcntl(2)), as
/// Open vSwitch's own programs hold one.
final class PIDFile {
    let path: String
    private let file: OwnedDescriptor

    /// Writes this process' id.
    /// - Throws: where a process that lives holds the file.
    init(_ path: String) throws(SystemError) {
        self.path = path
        file = OwnedDescriptor(try File.open(path, O_RDWR | O_CREAT, mode: 0o644))
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        guard fcntl(file.rawValue, F_SETLK, &lock) == 0 else {
            throw SystemError(
                "lock", path, remedy: "a switch runs already; end it (ovs-appctl exit), or choose another --run-dir")
        }
        ftruncate(file.rawValue, 0)
        let text = Array("\(getpid())\n".utf8)
        _ = text.withUnsafeBytes { pwrite(file.rawValue, $0.baseAddress, $0.count, 0) }
    }

    func remove() { unlink(path) }
}
