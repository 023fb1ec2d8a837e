import Glibc

// Parts of a list of buffers, as scattered reads and writes need them.

extension [UnsafeMutableRawBufferPointer] {
    var totalByteCount: UInt64 { reduce(0) { $0 + UInt64($1.count) } }

    /// The part of `count` bytes that starts `offset` bytes into the buffers.
    func part(_ offset: UInt64, _ count: UInt64) -> [UnsafeMutableRawBufferPointer] {
        var parts: [UnsafeMutableRawBufferPointer] = []
        var skip = offset
        var left = count
        for buffer in self where left > 0 {
            let size = UInt64(buffer.count)
            if skip >= size {
                skip -= size
                continue
            }
            let taken = Swift.min(size - skip, left)
            parts.append(UnsafeMutableRawBufferPointer(rebasing: buffer[Int(skip)..<Int(skip + taken)]))
            skip = 0
            left -= taken
        }
        return parts
    }

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

extension [UnsafeRawBufferPointer] {
    var totalByteCount: UInt64 { reduce(0) { $0 + UInt64($1.count) } }

    /// The part of `count` bytes that starts `offset` bytes into the buffers.
    func part(_ offset: UInt64, _ count: UInt64) -> [UnsafeRawBufferPointer] {
        var parts: [UnsafeRawBufferPointer] = []
        var skip = offset
        var left = count
        for buffer in self where left > 0 {
            let size = UInt64(buffer.count)
            if skip >= size {
                skip -= size
                continue
            }
            let taken = Swift.min(size - skip, left)
            parts.append(UnsafeRawBufferPointer(rebasing: buffer[Int(skip)..<Int(skip + taken)]))
            skip = 0
            left -= taken
        }
        return parts
    }
}
