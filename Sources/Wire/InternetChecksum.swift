/// The Internet checksum (RFC 1071): the ones' complement of the ones'-complement sum of 16-bit words.
///
/// The sum is kept unfolded and in memory byte order, since ones'-complement addition does not care which byte of a
/// word comes first; one swap at the end makes a number of it. Two 32-bit halves are added per 64-bit load, so the sum
/// cannot overflow below 16 GiB.
public struct InternetChecksum: Sendable {
    /// The sum so far: memory byte order, not folded.
    @usableFromInline
    var sum: UInt64

    /// The sum of nothing.
    @inlinable
    public init() { sum = 0 }

    /// Continues from a folded sum (not complemented), such as the one in the checksum field of an unfinished packet.
    @inlinable
    public init(continuing folded: UInt16) { sum = UInt64(folded.bigEndian) }

    /// Adds `bytes`. Each piece but the last must have an even count; an odd last byte counts as if a 0 followed.
    @inlinable
    public mutating func add(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        sum &+= Self.sum(start, bytes.count)
    }

    /// Adds a 16-bit field.
    @inlinable
    public mutating func add(_ value: UInt16) { sum &+= UInt64(value.bigEndian) }

    /// Adds a 32-bit field.
    @inlinable
    public mutating func add(_ value: UInt32) { sum &+= UInt64(value.bigEndian) }

    /// Adds a 64-bit field.
    @inlinable
    public mutating func add(_ value: UInt64) {
        let memory = value.bigEndian
        sum &+= (memory & 0xffff_ffff) &+ (memory >> 32)
    }

    /// Takes a 16-bit field out of the sum (RFC 1624: adds its ones' complement).
    @inlinable
    public mutating func subtract(_ value: UInt16) { add(~value) }

    /// Takes a 32-bit field out of the sum.
    @inlinable
    public mutating func subtract(_ value: UInt32) { add(~value) }

    /// Takes a 64-bit field out of the sum.
    @inlinable
    public mutating func subtract(_ value: UInt64) { add(~value) }

    /// Adds what `other` has summed.
    @inlinable
    public mutating func add(_ other: InternetChecksum) { sum &+= other.sum }

    /// The sum in 16 bits, not complemented: what the checksum field of an unfinished packet holds.
    @inlinable
    public var folded: UInt16 {
        var value = (sum & 0xffff_ffff) &+ (sum >> 32)
        value = (value & 0xffff) &+ (value >> 16)
        value = (value & 0xffff) &+ (value >> 16)
        value = (value & 0xffff) &+ (value >> 16)
        return UInt16(truncatingIfNeeded: value).bigEndian
    }

    /// The checksum: the complement of the sum, to be stored big-endian.
    @inlinable
    public var value: UInt16 { ~folded }

    /// The checksum of `bytes` alone. Over a header with its checksum in place it is 0 when the header is good.
    @inlinable
    public static func checksum(of bytes: UnsafeRawBufferPointer) -> UInt16 {
        var checksum = InternetChecksum()
        checksum.add(bytes)
        return checksum.value
    }

    /// What a finished `checksum` becomes when a 16-bit field that it covers changes (RFC 1624, equation 3).
    @inlinable
    public static func update(_ checksum: UInt16, from old: UInt16, to new: UInt16) -> UInt16 {
        var sum = InternetChecksum(continuing: ~checksum)
        sum.subtract(old)
        sum.add(new)
        return sum.value
    }

    /// What a finished `checksum` becomes when a 32-bit field that it covers changes.
    @inlinable
    public static func update(_ checksum: UInt16, from old: UInt32, to new: UInt32) -> UInt16 {
        var sum = InternetChecksum(continuing: ~checksum)
        sum.subtract(old)
        sum.add(new)
        return sum.value
    }

    /// Adds the pseudo-header of TCP and UDP over IPv4 (RFC 9293, 3.1): addresses, protocol and transport length.
    @inlinable
    public mutating func addPseudoHeader(
        source: IPv4Address, destination: IPv4Address, protocol ipProtocol: UInt8, byteCount: Int
    ) {
        add(source.rawValue)
        add(destination.rawValue)
        add(UInt16(ipProtocol))
        add(UInt32(truncatingIfNeeded: byteCount))
    }

    /// Adds the pseudo-header over IPv6 (RFC 8200, 8.1).
    @inlinable
    public mutating func addPseudoHeader(
        source: IPv6Address, destination: IPv6Address, protocol ipProtocol: UInt8, byteCount: Int
    ) {
        add(source.high)
        add(source.low)
        add(destination.high)
        add(destination.low)
        add(UInt16(ipProtocol))
        add(UInt32(truncatingIfNeeded: byteCount))
    }

    /// The unfolded sum of `count` bytes at `bytes`, in memory byte order.
    @usableFromInline
    static func sum(_ bytes: UnsafeRawPointer, _ count: Int) -> UInt64 {
        var offset = 0
        var total: UInt64 = 0
        if count >= 32 {
            // Lanes of 64 bits take 32-bit words: no carry has to be caught, and the loop vectorises.
            let mask = SIMD4<UInt64>(repeating: 0xffff_ffff)
            var low = SIMD4<UInt64>()
            var high = SIMD4<UInt64>()
            while offset &+ 32 <= count {
                let word = bytes.loadUnaligned(fromByteOffset: offset, as: SIMD4<UInt64>.self)
                low &+= word & mask
                high &+= word &>> 32
                offset &+= 32
            }
            total = low.wrappedSum() &+ high.wrappedSum()
        }
        while offset &+ 8 <= count {
            let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            total &+= (word & 0xffff_ffff) &+ (word >> 32)
            offset &+= 8
        }
        if offset &+ 4 <= count {
            total &+= UInt64(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            offset &+= 4
        }
        if offset &+ 2 <= count {
            total &+= UInt64(bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
            offset &+= 2
        }
        if offset < count {
            total &+= UInt64(UInt16(littleEndian: UInt16(bytes.load(fromByteOffset: offset, as: UInt8.self))))
        }
        return total
    }
}
