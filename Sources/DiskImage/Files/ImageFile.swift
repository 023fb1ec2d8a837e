import Board

/// The file or block device that an image is in. A protocol, so that tests can stop at any write, run out of space, and lose
/// what was not synced.
///
/// Calls come one at a time.
public protocol ImageFile: AnyObject {
    /// For messages: the path.
    var name: String { get }
    /// Whether a write behind the end makes it longer: a file, not a device.
    var isGrowable: Bool { get }
    var isReadOnly: Bool { get }
    /// The size in bytes, now.
    func byteCount() throws(BlockStorageError) -> UInt64
    /// Reads into `buffers`, one after the other. What lies behind the end reads as zero.
    func read(at offset: UInt64, into buffers: [UnsafeMutableRawBufferPointer]) throws(BlockStorageError)
    func write(at offset: UInt64, from buffers: [UnsafeRawBufferPointer]) throws(BlockStorageError)
    /// When this returns, all that was written survives a crash of the host.
    func flush() throws(BlockStorageError)
    func resize(to byteCount: UInt64) throws(BlockStorageError)
    /// Makes a part read as zero and gives its space back.
    /// - Returns: false where the file system cannot; nothing has changed then.
    func punchHole(at offset: UInt64, byteCount: UInt64) throws(BlockStorageError) -> Bool
    /// Makes a part read as zero, maybe with its space kept.
    /// - Returns: false where the file system cannot; nothing has changed then.
    func zeroRange(at offset: UInt64, byteCount: UInt64) throws(BlockStorageError) -> Bool
    /// How many bytes from `offset` on are of one kind: all data, or all in a hole, which reads as zero. At least 1
    /// before the end.
    func extent(at offset: UInt64) throws(BlockStorageError) -> (byteCount: UInt64, isHole: Bool)
}

extension ImageFile {
    /// Bytes, as an array.
    func read(at offset: UInt64, count: Int) throws(BlockStorageError) -> [UInt8] {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        defer { bytes.deallocate() }
        try read(at: offset, into: [bytes])
        return Array(bytes)
    }

    func write(at offset: UInt64, _ bytes: [UInt8]) throws(BlockStorageError) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
        defer { copy.deallocate() }
        copy.copyBytes(from: bytes)
        try write(at: offset, from: [UnsafeRawBufferPointer(copy)])
    }

    /// Writes zeros, without the host's help where it has none.
    func writeZeros(at offset: UInt64, byteCount: UInt64) throws(BlockStorageError) {
        var offset = offset
        let end = offset + byteCount
        let zeros = ZeroBytes.shared.bytes
        while offset < end {
            let parts = min(64, (end - offset + UInt64(zeros.count) - 1) / UInt64(zeros.count))
            var buffers: [UnsafeRawBufferPointer] = []
            var total: UInt64 = 0
            for _ in 0..<parts {
                let count = min(UInt64(zeros.count), end - offset - total)
                buffers.append(UnsafeRawBufferPointer(rebasing: zeros[..<Int(count)]))
                total += count
            }
            try write(at: offset, from: buffers)
            offset += total
        }
    }
}

/// A piece of memory with nothing but zeros in it.
final class ZeroBytes: @unchecked Sendable {
    static let shared = ZeroBytes()
    let bytes: UnsafeRawBufferPointer

    private init() {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 4096)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        bytes = UnsafeRawBufferPointer(memory)
    }
}
