import Board
import DiskImage
import Glibc
import Testbed

/// A file in memory that can run full, stop at any write, and lose what was not synced, as a machine that loses its power
/// does.
final class MemoryFile: ImageFile {
    enum Change {
        case write(offset: UInt64, bytes: [UInt8])
        case size(UInt64)
        case hole(offset: UInt64, byteCount: UInt64)
    }

    struct Stopped: Error {}

    let name = "memory"
    let isGrowable = true
    let isReadOnly: Bool
    private(set) var bytes: [UInt8]
    /// What is on the disk for certain.
    private(set) var durable: [UInt8]
    /// What was done since the last sync.
    private(set) var unsynced: [Change] = []
    /// How many more changes are done, before nothing is any more.
    var changesLeft = Int.max
    private(set) var changes = 0
    private(set) var syncs = 0
    /// The file system's room: no write behind this offset.
    var room = UInt64.max

    init(_ bytes: [UInt8] = [], isReadOnly: Bool = false) {
        self.bytes = bytes
        durable = bytes
        self.isReadOnly = isReadOnly
    }

    var hasStopped: Bool { changesLeft == 0 }

    func byteCount() -> UInt64 { UInt64(bytes.count) }

    func read(at offset: UInt64, into buffers: [UnsafeMutableRawBufferPointer]) {
        var position = Int(clamping: offset)
        for buffer in buffers {
            let held = max(0, min(buffer.count, bytes.count - position))
            bytes.withUnsafeBytes { if held > 0 { memcpy(buffer.baseAddress!, $0.baseAddress! + position, held) } }
            if held < buffer.count { memset(buffer.baseAddress! + held, 0, buffer.count - held) }
            position += buffer.count
        }
    }

    func write(at offset: UInt64, from buffers: [UnsafeRawBufferPointer]) throws(BlockStorageError) {
        let content = buffers.flatMap { Array($0) }
        // As a real one: what there is room for is written.
        let fitting = Int(clamping: room > offset ? room - offset : 0)
        try change(.write(offset: offset, bytes: Array(content.prefix(fitting))))
        if content.count > fitting { throw BlockStorageError(.noSpace, "the disk is full") }
    }

    func flush() throws(BlockStorageError) {
        if hasStopped { throw BlockStorageError(.system, "stopped") }
        durable = bytes
        unsynced = []
        syncs += 1
    }

    func resize(to byteCount: UInt64) throws(BlockStorageError) {
        // Holes take no room.
        try change(.size(byteCount))
    }

    func punchHole(at offset: UInt64, byteCount: UInt64) throws(BlockStorageError) -> Bool {
        try change(.hole(offset: offset, byteCount: byteCount))
        return true
    }

    func zeroRange(at offset: UInt64, byteCount: UInt64) -> Bool { false }

    func extent(at offset: UInt64) -> (byteCount: UInt64, isHole: Bool) { (UInt64(bytes.count) - offset, false) }

    private func change(_ change: Change) throws(BlockStorageError) {
        if hasStopped { throw BlockStorageError(.system, "stopped") }
        changesLeft -= 1
        changes += 1
        if hasStopped { throw BlockStorageError(.system, "stopped") }
        unsynced.append(change)
        Self.apply(change, to: &bytes)
    }

    private static func apply(_ change: Change, to bytes: inout [UInt8]) {
        switch change {
        case .write(let offset, let content):
            let end = Int(offset) + content.count
            if bytes.count < end { bytes += [UInt8](repeating: 0, count: end - bytes.count) }
            bytes.replaceSubrange(Int(offset)..<end, with: content)
        case .size(let count):
            if bytes.count < count {
                bytes += [UInt8](repeating: 0, count: Int(count) - bytes.count)
            } else {
                bytes.removeSubrange(Int(count)...)
            }
        case .hole(let offset, let count):
            for index in Int(offset)..<min(Int(offset + count), bytes.count) { bytes[index] = 0 }
        }
    }

    /// What a disk may hold after the power went: all that was synced, and any sectors of what was not.
    func afterPowerLoss(_ random: inout SeededGenerator) -> [UInt8] {
        var result = durable
        for change in unsynced {
            switch change {
            case .write(let offset, let content):
                if random.chance(30) { continue }
                if random.chance(60) {
                    Self.apply(change, to: &result)
                    continue
                }
                // Torn: sector by sector.
                var index = 0
                while index < content.count {
                    let end = min(content.count, index + 512 - (Int(offset) + index) % 512)
                    if random.chance(50) {
                        Self.apply(
                            .write(offset: offset + UInt64(index), bytes: Array(content[index..<end])), to: &result)
                    }
                    index = end
                }
            default:
                if random.chance(70) { Self.apply(change, to: &result) }
            }
        }
        return result
    }
}
