import Glibc

/// Bytes in memory, to be read or to be written.
protocol ByteBuffer: Collection where Index == Int {
    init(rebasing slice: Slice<Self>)
}

extension UnsafeRawBufferPointer: ByteBuffer {}
extension UnsafeMutableRawBufferPointer: ByteBuffer {}

// Parts of a list of buffers, as scattered reads and writes need them.
extension Array where Element: ByteBuffer {
    var totalByteCount: UInt64 { reduce(0) { $0 + UInt64($1.count) } }

    /// The part of `count` bytes that starts `offset` bytes into the buffers.
    func part(_ offset: UInt64, _ count: UInt64) -> [Element] {
        var parts: [Element] = []
        var skip = offset
        var left = count
        for buffer in self where left > 0 {
            let size = UInt64(buffer.count)
            if skip >= size {
                skip -= size
                continue
            }
            let taken = Swift.min(size - skip, left)
            parts.append(Element(rebasing: Slice(base: buffer, bounds: Int(skip)..<Int(skip + taken))))
            skip = 0
            left -= taken
        }
        return parts
    }
}

extension [UnsafeMutableRawBufferPointer] {
    func fillWithZeros() {
        for buffer in self where !buffer.isEmpty { memset(buffer.baseAddress!, 0, buffer.count) }
    }

    /// Copies from the front of `source`; the buffers' bytes are no more than it has.
    func copy(from source: UnsafeRawBufferPointer) {
        var offset = 0
        for buffer in self where !buffer.isEmpty {
            memcpy(buffer.baseAddress!, source.baseAddress! + offset, buffer.count)
            offset += buffer.count
        }
    }
}
