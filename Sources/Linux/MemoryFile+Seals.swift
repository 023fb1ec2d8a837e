import CLinux
import Glibc

extension MemoryFile {
    /// Whether a file of another process can be mapped without fear: it holds that many bytes, and is sealed against
    /// shrinking (F_SEAL_SHRINK), after which touching the memory would end this process.
    public static func isSafe(_ file: borrowing FileDescriptor, byteCount: UInt64) -> Bool {
        let seals = rk_memory_seals(file.rawValue)
        var status = stat()
        guard seals >= 0, seals & 2 != 0, fstat(file.rawValue, &status) == 0 else { return false }
        return UInt64(status.st_size) >= byteCount
    }
}
