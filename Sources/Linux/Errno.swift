import CLinux
import Glibc

/// An error number of the kernel's or the C library's (errno(3)). Any number is allowed; none is unexpected.
public struct Errno: Error, RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }
    init(_ rawValue: Int32) { self.rawValue = rawValue }

    /// The calling thread's errno; read it right after the call that failed.
    public static var last: Errno { Errno(errno) }

    /// The C library's text, "No such file or directory"; "error 524" where it has none.
    public var description: String {
        guard let text = rk_error_text(rawValue) else { return "error \(rawValue)" }
        return String(cString: text)
    }

    public static let notPermitted = Errno(EPERM)
    public static let noSuchFile = Errno(ENOENT)
    public static let noSuchProcess = Errno(ESRCH)
    public static let interrupted = Errno(EINTR)
    public static let badDescriptor = Errno(EBADF)
    public static let noChild = Errno(ECHILD)
    public static let wouldBlock = Errno(EAGAIN)
    public static let outOfMemory = Errno(ENOMEM)
    public static let accessDenied = Errno(EACCES)
    public static let busy = Errno(EBUSY)
    public static let exists = Errno(EEXIST)
    public static let noSuchDevice = Errno(ENODEV)
    public static let notDirectory = Errno(ENOTDIR)
    public static let isDirectory = Errno(EISDIR)
    public static let invalidArgument = Errno(EINVAL)
    public static let tooManyOpenFiles = Errno(EMFILE)
    public static let noSpace = Errno(ENOSPC)
    public static let readOnlyFileSystem = Errno(EROFS)
    public static let brokenPipe = Errno(EPIPE)
    public static let outOfRange = Errno(ERANGE)
    public static let nameTooLong = Errno(ENAMETOOLONG)
    public static let notSupported = Errno(EOPNOTSUPP)
    public static let connectionRefused = Errno(ECONNREFUSED)
    public static let addressInUse = Errno(EADDRINUSE)
    public static let timedOut = Errno(ETIMEDOUT)
    public static let noSuchAddress = Errno(ENXIO)
    public static let badFileState = Errno(EBADFD)
}
