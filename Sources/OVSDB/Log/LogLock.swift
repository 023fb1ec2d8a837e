import Glibc
import Linux

/// Keeps a database file to one program: the lock that the tools of Open vSwitch take, on a file ".NAME.~lock~" beside
/// it.
final class LogLock {
    private let file: OwnedDescriptor

    /// Of open file descriptions (fcntl(2)): they meet with other programs' locks and do not end with an unrelated
    /// close.
    private static let setLock: Int32 = 37  // F_OFD_SETLK
    private static let getLock: Int32 = 36  // F_OFD_GETLK

    /// - Parameter path: the database's file, without symbolic links.
    init(path: String) throws(OVSDBError) {
        let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
        let lockPath = path[..<slash] + "." + path[slash...] + ".~lock~"
        do throws(SystemError) {
            file = OwnedDescriptor(try File.open(String(lockPath), O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600))
        } catch {
            throw OVSDBError(tag: "I/O error", details: error.description)
        }
        var lock = flock(l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
        if fcntl(file.rawValue, Self.setLock, &lock) == 0 { return }
        let code = Errno.last
        var holder = flock(l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
        var who = ""
        if fcntl(file.rawValue, Self.getLock, &holder) == 0, holder.l_pid > 0 { who = " by process \(holder.l_pid)" }
        throw OVSDBError(
            tag: "I/O error",
            details: code == .wouldBlock || code == .accessDenied
                ? "cannot open the database \(path): it is in use\(who) (end the ovsdb-server or switch that serves it)"
                : "cannot lock \(lockPath): \(code)")
    }
}
