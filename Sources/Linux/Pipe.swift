import CLinux
import Glibc

/// A pipe: what is written to one end is read from the other (pipe(7)). Close-on-exec.
public struct Pipe: ~Copyable, Sendable {
    public let readEnd: FileDescriptor
    public let writeEnd: FileDescriptor

    public init(nonBlocking: Bool = false) throws(SystemError) {
        var ends: [2 of Int32] = [0, 0]
        let flags = O_CLOEXEC | (nonBlocking ? O_NONBLOCK : 0)
        try retrying("make a pipe") {
            withUnsafeMutablePointer(to: &ends) {
                $0.withMemoryRebound(to: Int32.self, capacity: 2) { rk_pipe($0, flags) }
            }
        }
        readEnd = FileDescriptor(owning: ends[0])
        writeEnd = FileDescriptor(owning: ends[1])
    }

    /// Takes the ends apart.
    public consuming func split<Result: ~Copyable, Failure: Error>(
        _ body: (consuming FileDescriptor, consuming FileDescriptor) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(readEnd, writeEnd)
    }
}
