import CLinux
import Glibc

/// Memory without a name that other processes can map, given its descriptor (memfd_create(2)). It cannot shrink under them.
public enum MemoryFile {
    /// - Parameter name: shown in /proc/PID/maps.
    public static func make(_ name: String, byteCount: Int) throws(SystemError) -> FileDescriptor {
        FileDescriptor(
            owning: try retrying("make memory of \(byteCount >> 20) MB") {
                rk_memory_file(name, UInt64(byteCount))
            })
    }
}
