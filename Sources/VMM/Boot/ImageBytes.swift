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
    init(path: String, limit: Int = 1 << 30) throws { self = try BootFile(path, limit: limit).bytes() }

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
