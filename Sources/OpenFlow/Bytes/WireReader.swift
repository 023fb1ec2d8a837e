import Switch

/// A cursor over bytes in network order that checks every step. What it throws at the end of the bytes is `shortage`:
/// specifications ask for another error in an action than in a match.
///
/// It owns nothing: the bytes must outlive it.
public struct WireReader {
    @usableFromInline let base: UnsafeRawPointer
    /// Bytes from the start of the message, or what else the first reader was made over: the same in `slice`s of it.
    public private(set) var position: Int
    /// Where the bytes end, counted like `position`.
    public let end: Int
    /// Thrown by whatever reads behind the end.
    public var shortage: OpenFlowError

    /// A cursor at the first of `bytes`.
    public init(_ bytes: UnsafeRawBufferPointer, shortage: OpenFlowError = .badRequest(.badLength)) {
        base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 8)!
        position = 0
        end = bytes.count
        self.shortage = shortage
    }

    private init(base: UnsafeRawPointer, position: Int, end: Int, shortage: OpenFlowError) {
        self.base = base
        self.position = position
        self.end = end
        self.shortage = shortage
    }

    /// Bytes not yet read.
    public var remaining: Int { end - position }
    public var isAtEnd: Bool { position == end }

    /// The bytes not yet read.
    public var unread: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base + position, count: remaining) }

    @inline(__always)
    private mutating func advance(_ count: Int) throws(OpenFlowError) -> UnsafeRawPointer {
        guard count >= 0, count <= end &- position else { throw shortage }
        let pointer = base + position
        position &+= count
        return pointer
    }

    @inline(__always)
    public mutating func uint8() throws(OpenFlowError) -> UInt8 {
        try advance(1).load(as: UInt8.self)
    }

    @inline(__always)
    public mutating func uint16() throws(OpenFlowError) -> UInt16 {
        UInt16(bigEndian: try advance(2).loadUnaligned(as: UInt16.self))
    }

    @inline(__always)
    public mutating func uint32() throws(OpenFlowError) -> UInt32 {
        UInt32(bigEndian: try advance(4).loadUnaligned(as: UInt32.self))
    }

    /// Six bytes: an Ethernet address.
    public mutating func uint48() throws(OpenFlowError) -> UInt64 {
        let pointer = try advance(6)
        return UInt64(UInt16(bigEndian: pointer.loadUnaligned(as: UInt16.self))) << 32
            | UInt64(UInt32(bigEndian: pointer.loadUnaligned(fromByteOffset: 2, as: UInt32.self)))
    }

    @inline(__always)
    public mutating func uint64() throws(OpenFlowError) -> UInt64 {
        UInt64(bigEndian: try advance(8).loadUnaligned(as: UInt64.self))
    }

    /// `count` bytes, 0 to 16, as a number.
    public mutating func value(bytes count: Int) throws(OpenFlowError) -> FieldValue {
        switch count {
        case 1: return FieldValue(try uint8())
        case 2: return FieldValue(try uint16())
        case 4: return FieldValue(try uint32())
        case 6: return FieldValue(try uint48())
        case 8: return FieldValue(try uint64())
        case 16:
            let high = try uint64()
            return FieldValue(high: high, low: try uint64())
        default:
            guard count <= 16 else { throw shortage }
            var result = FieldValue.zero
            for _ in 0..<count { result = result << 8 | FieldValue(try uint8()) }
            return result
        }
    }

    /// A copy of the next `count` bytes.
    public mutating func bytes(_ count: Int) throws(OpenFlowError) -> [UInt8] {
        let pointer = try advance(count)
        return [UInt8](UnsafeRawBufferPointer(start: pointer, count: count))
    }

    /// A copy of all bytes to the end.
    public mutating func rest() -> [UInt8] {
        defer { position = end }
        return [UInt8](unread)
    }

    /// A text in a field of `count` bytes, up to the first zero.
    public mutating func text(_ count: Int) throws(OpenFlowError) -> String {
        let field = UnsafeRawBufferPointer(start: try advance(count), count: count)
        return String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
    }

    @inline(__always)
    public mutating func skip(_ count: Int) throws(OpenFlowError) {
        _ = try advance(count)
    }

    /// Passes `count` bytes that the specification wants to be zero.
    public mutating func skipZeros(_ count: Int, or error: OpenFlowError) throws(OpenFlowError) {
        let field = UnsafeRawBufferPointer(start: try advance(count), count: count)
        guard field.allSatisfy({ $0 == 0 }) else { throw error }
    }

    /// Passes the padding up to the next multiple of `alignment`, counted from `start`.
    public mutating func align(to alignment: Int, from start: Int) throws(OpenFlowError) {
        try skip((alignment - (position - start) % alignment) % alignment)
    }

    /// A reader of the next `count` bytes, which this one passes.
    public mutating func slice(_ count: Int, shortage: OpenFlowError? = nil) throws(OpenFlowError) -> WireReader {
        _ = try advance(count)
        return WireReader(base: base, position: position - count, end: position, shortage: shortage ?? self.shortage)
    }

    /// The 16-bit number `offset` bytes ahead; nil: it lies behind the end.
    public func peek16(at offset: Int = 0) -> UInt16? {
        guard offset >= 0, offset &+ 2 <= remaining else { return nil }
        return UInt16(bigEndian: (base + position + offset).loadUnaligned(as: UInt16.self))
    }

    /// The 32-bit number `offset` bytes ahead; nil: it lies behind the end.
    public func peek32(at offset: Int = 0) -> UInt32? {
        guard offset >= 0, offset &+ 4 <= remaining else { return nil }
        return UInt32(bigEndian: (base + position + offset).loadUnaligned(as: UInt32.self))
    }
}
