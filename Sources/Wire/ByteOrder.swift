// Loads and stores of fields in network byte order, at any alignment.
//
// These check nothing: a parser compares the length once and then loads. The parsers of this module all take buffers
// and check; the offsets that they publish (`EthernetHeader.Offset`, …) are for callers that have checked already.

extension UnsafeRawPointer {
    /// The 16-bit field at `offset`.
    @inlinable
    public func loadBigEndian16(at offset: Int = 0) -> UInt16 {
        UInt16(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    /// The 32-bit field at `offset`.
    @inlinable
    public func loadBigEndian32(at offset: Int = 0) -> UInt32 {
        UInt32(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// The 64-bit field at `offset`.
    @inlinable
    public func loadBigEndian64(at offset: Int = 0) -> UInt64 {
        UInt64(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// The byte at `offset`.
    @inlinable
    public func loadByte(at offset: Int = 0) -> UInt8 {
        load(fromByteOffset: offset, as: UInt8.self)
    }
}

extension UnsafeMutableRawPointer {
    /// The 16-bit field at `offset`.
    @inlinable
    public func loadBigEndian16(at offset: Int = 0) -> UInt16 { UnsafeRawPointer(self).loadBigEndian16(at: offset) }

    /// The 32-bit field at `offset`.
    @inlinable
    public func loadBigEndian32(at offset: Int = 0) -> UInt32 { UnsafeRawPointer(self).loadBigEndian32(at: offset) }

    /// The 64-bit field at `offset`.
    @inlinable
    public func loadBigEndian64(at offset: Int = 0) -> UInt64 { UnsafeRawPointer(self).loadBigEndian64(at: offset) }

    /// The byte at `offset`.
    @inlinable
    public func loadByte(at offset: Int = 0) -> UInt8 { load(fromByteOffset: offset, as: UInt8.self) }

    /// Stores a 16-bit field at `offset`.
    @inlinable
    public func storeBigEndian(_ value: UInt16, at offset: Int = 0) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt16.self)
    }

    /// Stores a 32-bit field at `offset`.
    @inlinable
    public func storeBigEndian(_ value: UInt32, at offset: Int = 0) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self)
    }

    /// Stores a 64-bit field at `offset`.
    @inlinable
    public func storeBigEndian(_ value: UInt64, at offset: Int = 0) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt64.self)
    }

    /// Stores a byte at `offset`.
    @inlinable
    public func storeByte(_ value: UInt8, at offset: Int = 0) {
        storeBytes(of: value, toByteOffset: offset, as: UInt8.self)
    }
}
