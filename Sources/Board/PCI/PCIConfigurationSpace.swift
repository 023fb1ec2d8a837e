/// The registers of a PCI function: 256 bytes, or 4096 with PCI Express, and which of their bits a guest may change.
///
/// A device *defines* registers when it is built: that gives their value after reset, too. Later it *stores* in them.
/// Whatever is not defined is reserved: it reads as zero, and writes are dropped.
public struct PCIConfigurationSpace {
    public let byteCount: Int
    private var bytes: [UInt8]
    private var resetBytes: [UInt8]
    /// Bits that take what the guest writes.
    private var writable: [UInt8]
    /// Bits that a one written by the guest clears.
    private var clearable: [UInt8]

    public init(byteCount: Int) {
        precondition(byteCount == 256 || byteCount == 4096)
        self.byteCount = byteCount
        bytes = [UInt8](repeating: 0, count: byteCount)
        resetBytes = bytes
        writable = bytes
        clearable = bytes
    }

    /// Says what a register holds after reset, and what a guest's writes change in it.
    public mutating func define<T: FixedWidthInteger>(
        _ value: T, at offset: Int, writable mask: T = 0, clearable clearMask: T = 0
    ) {
        for index in 0..<MemoryLayout<T>.size {
            bytes[offset + index] = UInt8(truncatingIfNeeded: value >> T(8 * index))
            resetBytes[offset + index] = bytes[offset + index]
            writable[offset + index] = UInt8(truncatingIfNeeded: mask >> T(8 * index))
            clearable[offset + index] = UInt8(truncatingIfNeeded: clearMask >> T(8 * index))
        }
    }

    /// What a register holds.
    public func load<T: FixedWidthInteger>(_ type: T.Type, at offset: Int) -> T {
        var value: T = 0
        for index in 0..<MemoryLayout<T>.size { value |= T(truncatingIfNeeded: bytes[offset + index]) << T(8 * index) }
        return value
    }

    /// The device changes a register, whatever a guest may do to it.
    public mutating func store<T: FixedWidthInteger>(_ value: T, at offset: Int) {
        for index in 0..<MemoryLayout<T>.size {
            bytes[offset + index] = UInt8(truncatingIfNeeded: value >> T(8 * index))
        }
    }

    /// The guest reads `size` (1, 2 or 4) bytes. What lies behind the end reads as ones.
    public func guestRead(_ offset: Int, size: Int) -> UInt32 {
        guard offset >= 0, size > 0, size <= 4, offset + size <= byteCount else { return .max }
        var value: UInt32 = 0
        for index in 0..<size { value |= UInt32(bytes[offset + index]) << UInt32(8 * index) }
        return value
    }

    /// The guest writes the low `size` bytes of `value`.
    public mutating func guestWrite(_ offset: Int, size: Int, value: UInt32) {
        guard offset >= 0, size > 0, size <= 4, offset + size <= byteCount else { return }
        for index in 0..<size {
            let byte = UInt8(truncatingIfNeeded: value >> UInt32(8 * index))
            let mask = writable[offset + index]
            let kept = bytes[offset + index] & ~(byte & clearable[offset + index])
            bytes[offset + index] = kept & ~mask | byte & mask
        }
    }

    /// Every register as it was defined.
    public mutating func reset() { bytes = resetBytes }
}
