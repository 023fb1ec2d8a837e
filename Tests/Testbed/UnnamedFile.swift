import Glibc
import Linux

/// A file without a name, for what a program reads or writes: it takes any amount, where a full pipe would block the program.
final class UnnamedFile: Sendable {
    let descriptor: FileDescriptor

    init(_ content: [UInt8] = []) throws {
        var template = Array("/tmp/rookery-test.XXXXXX".utf8CString)
        let number = mkstemp(&template)
        guard number >= 0 else { throw SystemError("make a file in", "/tmp") }
        descriptor = FileDescriptor(owning: number)
        unlink(template)
        try descriptor.setCloseOnExec(true)
        try content.withUnsafeBytes { try descriptor.writeAll($0) }
        lseek(number, 0, SEEK_SET)
    }

    /// What it holds now, read without moving the offset, which a program may share.
    var text: String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while case let count = pread(descriptor.rawValue, &chunk, chunk.count, bytes.count), count > 0 {
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
