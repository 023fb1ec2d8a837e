import Board
import DiskImage

/// A file in memory with any content. It cannot become larger than a few megabytes, as on a disk that is full.
final class HostileFile: ImageFile {
    static let room = 4 << 20
    let name = "image"
    let isGrowable = true
    let isReadOnly: Bool
    private var bytes: [UInt8]

    init(_ bytes: [UInt8], isReadOnly: Bool) {
        self.bytes = bytes
        self.isReadOnly = isReadOnly
    }

    func byteCount() -> UInt64 { UInt64(bytes.count) }

    func read(at offset: UInt64, into buffers: [UnsafeMutableRawBufferPointer]) {
        var position = Int(clamping: offset)
        for buffer in buffers {
            precondition(buffer.count <= Self.room * 8, "memory without bound")
            let held = max(0, min(buffer.count, bytes.count - min(position, bytes.count)))
            for index in 0..<held { buffer[index] = bytes[position + index] }
            for index in held..<buffer.count { buffer[index] = 0 }
            position = position > Int.max - buffer.count ? Int.max : position + buffer.count
        }
    }

    func write(at offset: UInt64, from buffers: [UnsafeRawBufferPointer]) throws(BlockStorageError) {
        let count = buffers.reduce(0) { $0 + $1.count }
        precondition(!isReadOnly, "a write to a file for reading")
        try checkRoom(offset, count)
        grow(to: Int(offset) + count)
        var position = Int(offset)
        for buffer in buffers {
            for byte in buffer {
                bytes[position] = byte
                position += 1
            }
        }
    }

    func flush() {}

    func resize(to byteCount: UInt64) throws(BlockStorageError) {
        try checkRoom(byteCount, 0)
        if byteCount < bytes.count { bytes.removeSubrange(Int(byteCount)...) }
        grow(to: Int(byteCount))
    }

    func punchHole(at offset: UInt64, byteCount: UInt64) -> Bool {
        guard offset < bytes.count else { return true }
        for index in Int(offset)..<min(bytes.count, Int(offset) + Int(clamping: byteCount)) { bytes[index] = 0 }
        return true
    }

    func zeroRange(at offset: UInt64, byteCount: UInt64) -> Bool { false }
    func extent(at offset: UInt64) -> (byteCount: UInt64, isHole: Bool) { (UInt64(bytes.count) - offset, false) }

    private func checkRoom(_ offset: UInt64, _ count: Int) throws(BlockStorageError) {
        if offset > UInt64(Self.room) || Int(offset) + count > Self.room {
            throw BlockStorageError(.noSpace, "the disk is full")
        }
    }

    private func grow(to count: Int) {
        if count > bytes.count { bytes += [UInt8](repeating: 0, count: count - bytes.count) }
    }
}
