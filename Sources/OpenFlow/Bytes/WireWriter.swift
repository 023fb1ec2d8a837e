import Switch

/// Bytes in network order that grow at the end; lengths are filled in afterwards.
///
/// The storage is zeros behind `count`, so that padding costs nothing.
public struct WireWriter: Sendable {
    private var storage: [UInt8]
    /// Bytes written.
    public private(set) var count: Int

    /// - Parameter capacity: the bytes to make room for at once.
    public init(capacity: Int = 128) {
        storage = [UInt8](repeating: 0, count: capacity)
        count = 0
    }

    /// The bytes written; a copy, while the writer lives on.
    public var bytes: [UInt8] { Array(storage[..<count]) }

    /// The bytes written, and the end of the writer.
    public consuming func finish() -> [UInt8] {
        var result = storage
        storage = []
        result.removeLast(result.count - count)
        return result
    }

    /// Forgets what was written but keeps the storage.
    public mutating func removeAll() { truncate(to: 0) }

    /// Takes back everything behind the first `newCount` bytes.
    public mutating func truncate(to newCount: Int) {
        precondition(newCount >= 0 && newCount <= count)
        for index in newCount..<count { storage[index] = 0 }
        count = newCount
    }

    @inline(__always)
    private mutating func reserve(_ more: Int) -> Int {
        let offset = count
        count &+= more
        if count > storage.count { grow() }
        return offset
    }

    @inline(never)
    private mutating func grow() {
        storage.append(contentsOf: repeatElement(0, count: max(count - storage.count, storage.count, 64)))
    }

    @inline(__always)
    private mutating func store<T: FixedWidthInteger>(_ value: T, at offset: Int) {
        storage.withUnsafeMutableBytes { $0.storeBytes(of: value.bigEndian, toByteOffset: offset, as: T.self) }
    }

    @inline(__always)
    public mutating func uint8(_ value: UInt8) { store(value, at: reserve(1)) }
    @inline(__always)
    public mutating func uint16(_ value: UInt16) { store(value, at: reserve(2)) }
    @inline(__always)
    public mutating func uint32(_ value: UInt32) { store(value, at: reserve(4)) }
    @inline(__always)
    public mutating func uint64(_ value: UInt64) { store(value, at: reserve(8)) }

    /// The lower six bytes: an Ethernet address.
    @inline(__always)
    public mutating func uint48(_ value: UInt64) {
        let offset = reserve(6)
        store(UInt16(truncatingIfNeeded: value >> 32), at: offset)
        store(UInt32(truncatingIfNeeded: value), at: offset + 2)
    }

    /// The lower `count` bytes, 0 to 16.
    public mutating func value(_ value: FieldValue, bytes count: Int) {
        switch count {
        case 1: uint8(UInt8(truncatingIfNeeded: value.low))
        case 2: uint16(UInt16(truncatingIfNeeded: value.low))
        case 4: uint32(UInt32(truncatingIfNeeded: value.low))
        case 6: uint48(value.low)
        case 8: uint64(value.low)
        case 16:
            uint64(value.high)
            uint64(value.low)
        default:
            for index in stride(from: count - 1, through: 0, by: -1) {
                uint8(UInt8(truncatingIfNeeded: (value >> (8 * index)).low))
            }
        }
    }

    public mutating func bytes(_ bytes: [UInt8]) { bytes.withUnsafeBytes { self.bytes($0) } }

    public mutating func bytes(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        let offset = reserve(bytes.count)
        storage.withUnsafeMutableBytes {
            UnsafeMutableRawBufferPointer(rebasing: $0[offset..<offset + bytes.count]).copyMemory(from: bytes)
        }
    }

    /// `text` in a field of `width` bytes: cut, and filled with zeros, of which there is at least one.
    public mutating func text(_ text: String, width: Int) {
        let offset = reserve(width)
        var index = offset
        for byte in text.utf8.prefix(width - 1) {
            storage[index] = byte
            index += 1
        }
    }

    @inline(__always)
    public mutating func zeros(_ count: Int) { _ = reserve(count) }

    /// Zeros up to the next multiple of `alignment`, counted from `start`.
    @inline(__always)
    public mutating func align(to alignment: Int, from start: Int) {
        zeros((alignment - (count - start) % alignment) % alignment)
    }

    /// Overwrites the 16-bit number at `offset`.
    @inline(__always)
    public mutating func patch16(_ value: UInt16, at offset: Int) {
        precondition(offset >= 0 && offset + 2 <= count)
        store(value, at: offset)
    }

    /// The 16-bit number at `offset`.
    func read16(at offset: Int) -> UInt16 {
        precondition(offset >= 0 && offset + 2 <= count)
        return UInt16(storage[offset]) << 8 | UInt16(storage[offset + 1])
    }

    /// A copy of the bytes from `offset` to the end.
    func copy(from offset: Int) -> [UInt8] { Array(storage[offset..<count]) }

    /// Writes how many bytes there are from `start` to the end into the 16 bits at `offset` (`start + 2` where nothing
    /// else is said: the length behind a type). More than 65,535 are cut: who writes so much must split it.
    @inline(__always)
    public mutating func patchLength(from start: Int, at offset: Int? = nil) {
        patch16(UInt16(truncatingIfNeeded: count - start), at: offset ?? start + 2)
    }
}
