import Glibc
import Linux

/// A kernel's or another image's bytes, with loads that are checked: files come from anywhere.
struct ImageBytes {
    /// For messages.
    let name: String
    let bytes: [UInt8]

    init(_ name: String, _ bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    /// Reads a file whole.
    /// - Parameter limit: in bytes; a larger file is not what its name promises.
    init(path: String, limit: Int = 1 << 30) throws {
        name = path
        let file = try File.open(path)
        var status = stat()
        guard fstat(file.rawValue, &status) == 0 else { throw SystemError("look at", path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw BootError(path, "it is no regular file") }
        guard status.st_size > 0 else { throw BootError(path, "it is empty") }
        guard status.st_size <= limit else {
            throw BootError(path, "it has \(status.st_size) bytes, more than the \(limit) that fit any machine")
        }
        let byteCount = Int(status.st_size)
        var failure: SystemError?
        bytes = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            do throws(SystemError) {
                while count < byteCount {
                    let rest = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[count...]))
                    let read = try file.read(into: rest)
                    if read == 0 { break }
                    count += read
                }
            } catch { failure = SystemError("read", path, code: error.code) }
        }
        if let failure { throw failure }
    }

    var count: Int { bytes.count }

    /// The little-endian integer at `offset`; nil where the image ends before.
    func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type = T.self, at offset: Int) -> T? {
        guard offset >= 0, offset <= bytes.count - MemoryLayout<T>.size else { return nil }
        return bytes.withUnsafeBytes { T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: T.self)) }
    }

    /// Whether all of these bytes are there.
    func contains(_ offset: UInt64, _ byteCount: UInt64) -> Bool {
        offset <= UInt64(bytes.count) && byteCount <= UInt64(bytes.count) - offset
    }
}
