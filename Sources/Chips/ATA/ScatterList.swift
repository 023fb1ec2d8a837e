import Board

/// Pieces of guest memory that a transfer goes to or comes from, in order, checked to be RAM.
struct ScatterList {
    private(set) var pieces: [UnsafeMutableRawBufferPointer] = []
    private var addresses: [UInt64] = []
    private(set) var byteCount = 0

    /// Adds `count` bytes at `address`.
    /// - Returns: false when they are not all RAM.
    mutating func append(_ address: UInt64, count: Int, in memory: GuestMemory) -> Bool {
        guard count > 0 else { return true }
        guard let pointer = memory.pointer(at: address, count: count) else { return false }
        byteCount += count
        // Pages that follow each other are one piece.
        if let last = pieces.last, last.baseAddress! + last.count == pointer,
            addresses[addresses.count - 1] &+ UInt64(last.count) == address
        {
            pieces[pieces.count - 1] = UnsafeMutableRawBufferPointer(start: last.baseAddress, count: last.count + count)
        } else {
            pieces.append(UnsafeMutableRawBufferPointer(start: pointer, count: count))
            addresses.append(address)
        }
        return true
    }

    var readable: [UnsafeRawBufferPointer] { pieces.map { UnsafeRawBufferPointer($0) } }

    /// The device writes to these pieces, or has done so.
    func noteWrites(in memory: GuestMemory) {
        for (address, piece) in zip(addresses, pieces) {
            memory.noteWrite(at: address, byteCount: UInt64(piece.count))
        }
    }

    /// Copies `bytes` to the pieces, as far as they go.
    /// - Returns: how many were copied.
    func scatter(_ bytes: [UInt8], in memory: GuestMemory) -> Int {
        var done = 0
        for piece in pieces where done < bytes.count {
            let part = bytes[done..<min(bytes.count, done + piece.count)]
            UnsafeMutableRawBufferPointer(rebasing: piece[..<part.count]).copyBytes(from: part)
            done += part.count
        }
        noteWrites(in: memory)
        return done
    }

    /// A copy of the first `count` bytes of the pieces.
    func gather(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for piece in pieces where bytes.count < count {
            bytes += UnsafeRawBufferPointer(piece).prefix(count - bytes.count)
        }
        return bytes
    }
}
