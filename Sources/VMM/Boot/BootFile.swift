import Glibc
import Linux

/// A kernel or another image, kept open: a machine that starts again reads it again, when its monitor can name no file any more.
final class BootFile {
    /// For messages.
    let name: String
    let byteCount: Int
    private let file: OwnedDescriptor

    /// - Parameter limit: in bytes; a larger file is not what its name promises.
    init(_ path: String, limit: Int = 1 << 30) throws {
        name = path
        let file = try File.open(path)
        var status = stat()
        guard fstat(file.rawValue, &status) == 0 else { throw SystemError("look at", path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw BootError(path, "it is no regular file") }
        guard status.st_size > 0 else { throw BootError(path, "it is empty") }
        guard status.st_size <= limit else {
            throw BootError(path, "it has \(status.st_size) bytes, more than the \(limit) that fit any machine")
        }
        byteCount = Int(status.st_size)
        self.file = OwnedDescriptor(file)
    }

    /// The whole file.
    func bytes() throws -> ImageBytes {
        var failure: (any Error)?
        let bytes = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            do {
                try read(into: UnsafeMutableRawBufferPointer(buffer))
                count = byteCount
            } catch { failure = error }
        }
        if let failure { throw failure }
        return ImageBytes(name, bytes)
    }

    /// Reads the whole file to the start of `buffer`.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws {
        let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<byteCount])
        let count: Int
        do throws(SystemError) { count = try file.descriptor.read(at: 0, into: [part]) } catch {
            throw SystemError("read", name, code: error.code)
        }
        guard count == byteCount else {
            throw BootError(name, "it has become shorter: \(count) bytes of \(byteCount)")
        }
    }
}
