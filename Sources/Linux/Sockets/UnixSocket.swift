import CLinux
import Glibc

/// Stream sockets of one machine (unix(7)), close-on-exec.
public enum UnixSocket {
    /// Who is at the other end, as the kernel attests it.
    public struct Credentials: Equatable, Sendable {
        public let process: Int32
        public let user: UInt32
        public let group: UInt32
    }

    /// Longest path that an address holds, in bytes.
    public static let maximumPathLength = 107

    /// Listens at a path. A socket file that is left over, with nobody listening, is replaced.
    /// - Parameter mode: permissions of the socket file: who may connect.
    public static func listen(
        _ path: String, mode: UInt32 = 0o600, backlog: Int32 = 64, nonBlocking: Bool = false
    ) throws(SystemError) -> FileDescriptor {
        let fd = try make(nonBlocking: nonBlocking)
        let number = fd.rawValue
        let length = path.utf8.count
        if rk_unix_bind(number, path, length) < 0 {
            guard errno == EADDRINUSE, !isAnswering(path) else {
                throw SystemError("listen at", path, remedy: remedy(length))
            }
            unlink(path)
            try retrying("listen at", path) { rk_unix_bind(number, path, length) }
        }
        // Nobody can connect before listen(), so the permissions are in force in time.
        try retrying("set the permissions of", path) { chmod(path, mode) }
        try retrying("listen at", path) { Glibc.listen(number, backlog) }
        return fd
    }

    /// Connects to a path.
    /// - Parameter nonBlocking: fails where the listener has no room for another caller, instead of waiting.
    public static func connect(_ path: String, nonBlocking: Bool = false) throws(SystemError) -> FileDescriptor {
        let fd = try make(nonBlocking: nonBlocking)
        let number = fd.rawValue
        let length = path.utf8.count
        try retrying("connect to", path, remedy: remedy(length)) { rk_unix_connect(number, path, length) }
        return fd
    }

    /// Takes a connection; nil where a non-blocking listener has none.
    public static func accept(
        _ listener: borrowing FileDescriptor, nonBlocking: Bool = false
    ) throws(SystemError) -> FileDescriptor? {
        let flags = Int32(SOCK_CLOEXEC.rawValue) | (nonBlocking ? Int32(SOCK_NONBLOCK.rawValue) : 0)
        while true {
            let fd = rk_accept(listener.rawValue, flags)
            if fd >= 0 { return FileDescriptor(owning: fd) }
            switch errno {
            case EINTR, ECONNABORTED: continue
            case EAGAIN: return nil
            default: throw SystemError("accept a connection")
            }
        }
    }

    /// A connected pair, close-on-exec.
    /// - Parameter sequenced: keeps message boundaries (SOCK_SEQPACKET).
    public static func pair<Result: ~Copyable>(
        sequenced: Bool = false, nonBlocking: Bool = false,
        _ body: (consuming FileDescriptor, consuming FileDescriptor) throws(SystemError) -> Result
    ) throws(SystemError) -> Result {
        var ends: [2 of Int32] = [0, 0]
        let type =
            Int32(sequenced ? SOCK_SEQPACKET.rawValue : SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            | (nonBlocking ? Int32(SOCK_NONBLOCK.rawValue) : 0)
        try retrying("make a socket pair") {
            withUnsafeMutablePointer(to: &ends) {
                $0.withMemoryRebound(to: Int32.self, capacity: 2) { socketpair(AF_UNIX, type, 0, $0) }
            }
        }
        return try body(FileDescriptor(owning: ends[0]), FileDescriptor(owning: ends[1]))
    }

    /// Who is at the other end (SO_PEERCRED).
    public static func peer(_ socket: borrowing FileDescriptor) throws(SystemError) -> Credentials {
        var pid: Int32 = 0
        var uid: UInt32 = 0
        var gid: UInt32 = 0
        let number = socket.rawValue
        try retrying("ask for the peer of", "descriptor \(number)") { rk_peer_credentials(number, &pid, &uid, &gid) }
        return Credentials(process: pid, user: uid, group: gid)
    }

    /// Sends bytes, at least one, and descriptors with the first of them (SCM_RIGHTS).
    /// - Returns: the bytes sent, which may be fewer; the descriptors have then gone all the same.
    @discardableResult
    public static func send(
        _ bytes: UnsafeRawBufferPointer, descriptors: [Int32] = [], on socket: borrowing FileDescriptor
    ) throws(SystemError) -> Int {
        let number = socket.rawValue
        return try retrying("send on", "descriptor \(number)") {
            rk_send_descriptors(number, bytes.baseAddress, bytes.count, descriptors, Int32(descriptors.count), 0)
        }
    }

    /// Receives bytes and the descriptors that came with them, which the caller now owns.
    /// - Returns: the byte count, 0 at the end of the stream; nil where a non-blocking socket has nothing.
    public static func receive(
        into buffer: UnsafeMutableRawBufferPointer, on socket: borrowing FileDescriptor
    ) throws(SystemError) -> (byteCount: Int, descriptors: [Int32])? {
        var received = [Int32](repeating: -1, count: Int(RK_MAX_PASSED_DESCRIPTORS))
        var count: Int32 = 0
        let number = socket.rawValue
        let bytes = rk_receive_descriptors(number, buffer.baseAddress, buffer.count, &received, &count, 0)
        if bytes < 0 {
            if errno == EAGAIN { return nil }
            throw SystemError("receive on", "descriptor \(number)")
        }
        return (bytes, Array(received[..<Int(count)]))
    }

    /// Sends bytes, at least one, and descriptors with the first of them.
    @discardableResult
    public static func send(
        _ bytes: [UInt8], descriptors: [Int32] = [], on socket: borrowing FileDescriptor
    ) throws(SystemError) -> Int {
        let number = socket.rawValue
        return try retrying("send on", "descriptor \(number)") {
            bytes.withUnsafeBytes {
                rk_send_descriptors(number, $0.baseAddress, $0.count, descriptors, Int32(descriptors.count), 0)
            }
        }
    }

    private static func make(nonBlocking: Bool) throws(SystemError) -> FileDescriptor {
        let type =
            Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            | (nonBlocking ? Int32(SOCK_NONBLOCK.rawValue) : 0)
        return FileDescriptor(owning: try retrying("make a socket") { socket(AF_UNIX, type, 0) })
    }

    /// Whether somebody listens at a socket's file, or cannot be asked; false: whoever did is gone.
    public static func isAnswering(_ path: String) -> Bool {
        do throws(SystemError) {
            _ = try connect(path)
            return true
        } catch {
            return error.code != .connectionRefused
        }
    }

    private static func remedy(_ length: Int) -> String? {
        length > maximumPathLength ? "a socket's path has at most \(maximumPathLength) bytes, this one \(length)" : nil
    }
}
