import CLinux
import Glibc

/// An open file descriptor and its owner: closes with the value's life.
public struct FileDescriptor: ~Copyable, Sendable {
    /// The number. Valid while the owner lives.
    public let rawValue: Int32

    /// Takes over a descriptor that nobody else will close.
    public init(owning rawValue: Int32) { self.rawValue = rawValue }

    deinit { _ = Glibc.close(rawValue) }

    /// Closes the descriptor and says if the kernel had an error to report (a delayed write error, close(2)).
    public consuming func close() throws(SystemError) {
        let number = rawValue
        discard self
        // Not repeated on EINTR: the descriptor is gone in any case.
        if Glibc.close(number) < 0, errno != EINTR { throw SystemError("close", "descriptor \(number)") }
    }

    /// Gives up the descriptor without closing it.
    public consuming func release() -> Int32 {
        let number = rawValue
        discard self
        return number
    }

    /// A second descriptor of the same open file, close-on-exec.
    public borrowing func duplicate() throws(SystemError) -> FileDescriptor {
        let number = rawValue
        return FileDescriptor(
            owning: try retrying("duplicate", "descriptor \(number)") { rk_duplicate_cloexec(number) })
    }

    /// Reads into `buffer`; returns the byte count, 0 at the end of the file.
    public borrowing func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        let number = rawValue
        return try retrying("read", "descriptor \(number)") { Glibc.read(number, buffer.baseAddress, buffer.count) }
    }

    /// Writes from `buffer`; returns the byte count, which may be short.
    public borrowing func write(_ buffer: UnsafeRawBufferPointer) throws(SystemError) -> Int {
        let number = rawValue
        return try retrying("write", "descriptor \(number)") { Glibc.write(number, buffer.baseAddress, buffer.count) }
    }

    /// Writes everything.
    public borrowing func writeAll(_ buffer: UnsafeRawBufferPointer) throws(SystemError) {
        var done = 0
        while done < buffer.count {
            done += try write(UnsafeRawBufferPointer(rebasing: buffer[done...]))
        }
    }

    /// Writes everything.
    public borrowing func writeAll(_ text: String) throws(SystemError) {
        let bytes = Array(text.utf8)
        var done = 0
        let number = rawValue
        while done < bytes.count {
            let rest = done
            done += try retrying("write", "descriptor \(number)") {
                bytes.withUnsafeBytes { Glibc.write(number, $0.baseAddress! + rest, $0.count - rest) }
            }
        }
    }

    /// Reads what there is, up to `count` bytes; empty at the end of the file.
    public borrowing func read(upTo count: Int) throws(SystemError) -> [UInt8] {
        let number = rawValue
        var bytes = [UInt8](repeating: 0, count: count)
        let read = try retrying("read", "descriptor \(number)") {
            bytes.withUnsafeMutableBytes { Glibc.read(number, $0.baseAddress, $0.count) }
        }
        bytes.removeSubrange(read...)
        return bytes
    }

    /// Reads to the end of the file.
    public borrowing func readAll() throws(SystemError) -> [UInt8] {
        let number = rawValue
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = try retrying("read", "descriptor \(number)") {
                chunk.withUnsafeMutableBytes { Glibc.read(number, $0.baseAddress, $0.count) }
            }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
    }

    /// Whether reads and writes return at once with `wouldBlock` instead of waiting (O_NONBLOCK).
    public borrowing func setNonBlocking(_ on: Bool) throws(SystemError) {
        let number = rawValue
        let flags = try retrying("read the flags of", "descriptor \(number)") { rk_get_status_flags(number) }
        let wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK
        try retrying("set the flags of", "descriptor \(number)") { rk_set_status_flags(number, wanted) }
    }

    /// Whether the descriptor closes when the process executes another program (FD_CLOEXEC).
    public borrowing func setCloseOnExec(_ on: Bool) throws(SystemError) {
        let number = rawValue
        try retrying("set the flags of", "descriptor \(number)") {
            rk_set_descriptor_flags(number, on ? FD_CLOEXEC : 0)
        }
    }
}
