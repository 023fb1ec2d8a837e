/// Data between the data register and storage; it stays where it is while storage works on it.
final class PIOBuffer {
    /// As much as is read ahead of the data register.
    static let chunkSectors = 128

    let bytes: UnsafeMutableRawBufferPointer

    init(byteCount: Int) {
        bytes = .allocate(byteCount: byteCount, alignment: 512)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit { bytes.deallocate() }
}
