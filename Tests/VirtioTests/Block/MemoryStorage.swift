import Board

/// A disk in an array, that can fail.
final class MemoryStorage: BlockStorage {
    var bytes: [UInt8]
    var isReadOnly = false
    var failure: BlockStorageError?
    private(set) var log: [String] = []

    /// Each sector is filled with its number.
    init(byteCount: Int = 1 << 20) {
        bytes = []
        bytes.reserveCapacity(byteCount)
        for sector in 0..<byteCount / 512 {
            bytes += [UInt8](repeating: UInt8(truncatingIfNeeded: sector), count: 512)
        }
    }

    var byteCount: UInt64 { UInt64(bytes.count) }

    private func check() throws(BlockStorageError) {
        if let failure { throw failure }
    }

    func read(at offset: UInt64, into buffers: [UnsafeMutableRawBufferPointer]) throws(BlockStorageError) {
        try check()
        var place = Int(offset)
        for buffer in buffers {
            buffer.copyBytes(from: bytes[place..<place + buffer.count])
            place += buffer.count
        }
    }

    func write(at offset: UInt64, from buffers: [UnsafeRawBufferPointer]) throws(BlockStorageError) {
        try check()
        var place = Int(offset)
        log.append("write \(offset) \(buffers.reduce(0) { $0 + $1.count })")
        for buffer in buffers {
            bytes.replaceSubrange(place..<place + buffer.count, with: buffer)
            place += buffer.count
        }
    }

    func flush() throws(BlockStorageError) {
        try check()
        log.append("flush")
    }

    func discard(at offset: UInt64, byteCount: UInt64, mustZero: Bool) throws(BlockStorageError) {
        try check()
        log.append("\(mustZero ? "zero" : "discard") \(offset) \(byteCount)")
        bytes.replaceSubrange(
            Int(offset)..<Int(offset + byteCount), with: [UInt8](repeating: 0, count: Int(byteCount)))
    }
}

/// Does the work at once, or when it is told.
final class SteppedExecutor: BlockExecutor {
    var isHeld = false
    private var waiting: [(work: () -> Void, completion: () -> Void)] = []

    func execute(_ work: @escaping () -> Void, completion: @escaping () -> Void) {
        waiting.append((work, completion))
        if !isHeld { run() }
    }

    func run() {
        let all = waiting
        waiting = []
        for (work, completion) in all {
            work()
            completion()
        }
    }
}
