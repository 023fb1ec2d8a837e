import Board

/// A disk in memory, which can be told to fail, and remembers flushes and discards.
final class MemoryDisk: BlockStorage {
    var bytes: [UInt8]
    var isReadOnly = false
    var isBroken = false
    private(set) var flushCount = 0
    private(set) var discards: [Range<UInt64>] = []
    var byteCount: UInt64 { UInt64(bytes.count) }

    /// Sector n starts with n, and is filled with its low byte.
    init(sectors: Int) {
        bytes = []
        bytes.reserveCapacity(sectors * 512)
        for sector in 0..<sectors {
            bytes += (0..<4).map { UInt8(truncatingIfNeeded: sector >> (8 * $0)) }
            bytes += [UInt8](repeating: UInt8(truncatingIfNeeded: sector), count: 508)
        }
    }

    func sector(_ index: Int, count: Int = 1) -> [UInt8] { Array(bytes[index * 512..<(index + count) * 512]) }

    private func check(_ offset: UInt64, _ count: Int) throws(BlockStorageError) -> Int {
        if isBroken { throw BlockStorageError(.system, "broken") }
        guard offset <= byteCount, UInt64(count) <= byteCount - offset, count % 512 == 0 else {
            throw BlockStorageError(.outOfRange, "\(count) bytes at \(offset)")
        }
        return Int(offset)
    }

    func read(at offset: UInt64, into buffers: [UnsafeMutableRawBufferPointer]) throws(BlockStorageError) {
        var position = try check(offset, buffers.reduce(0) { $0 + $1.count })
        for buffer in buffers {
            buffer.copyBytes(from: bytes[position..<position + buffer.count])
            position += buffer.count
        }
    }

    func write(at offset: UInt64, from buffers: [UnsafeRawBufferPointer]) throws(BlockStorageError) {
        var position = try check(offset, buffers.reduce(0) { $0 + $1.count })
        for buffer in buffers {
            bytes.replaceSubrange(position..<position + buffer.count, with: buffer)
            position += buffer.count
        }
    }

    func flush() throws(BlockStorageError) {
        if isBroken { throw BlockStorageError(.system, "broken") }
        flushCount += 1
    }

    func discard(at offset: UInt64, byteCount: UInt64, mustZero: Bool) throws(BlockStorageError) {
        discards.append(offset..<offset + byteCount)
    }
}

/// Does work when it is told to.
final class TestExecutor: BlockExecutor {
    /// At once, or when `run` is called.
    var isImmediate = true
    private var waiting: [(() -> Void, () -> Void)] = []
    var waitingCount: Int { waiting.count }

    func execute(_ work: @escaping () -> Void, completion: @escaping () -> Void) {
        guard isImmediate else {
            waiting.append((work, completion))
            return
        }
        work()
        completion()
    }

    func run() {
        while !waiting.isEmpty {
            let (work, completion) = waiting.removeFirst()
            work()
            completion()
        }
    }
}
