import CLinux
import Glibc

extension File {
    /// Opens an entry of an open directory, close-on-exec, and never through a symbolic link: one that is the entry itself
    /// can be opened with O_PATH only. The name is one component; anything else is refused.
    /// - Parameter name: bytes as the kernel has them, without a zero at the end.
    public static func open(
        entry name: [UInt8], of directory: Int32, _ flags: Int32, mode: UInt32 = 0
    ) throws(Errno) -> FileDescriptor {
        guard !name.isEmpty, !name.contains(UInt8(ascii: "/")), !name.contains(0), name != Array("..".utf8) else {
            throw .invalidArgument
        }
        let path = name.map { CChar(bitPattern: $0) } + [0]
        while true {
            let number = rk_openat(directory, path, flags | O_NOFOLLOW | O_CLOEXEC, mode)
            if number >= 0 { return FileDescriptor(owning: number) }
            guard errno == EINTR else { throw .last }
        }
    }

    /// O_PATH, which Swift's C library module leaves out.
    public static let pathOnly: Int32 = 0o10000000
    /// AT_EMPTY_PATH: the descriptor itself.
    public static let emptyPath: Int32 = 0x1000
}
