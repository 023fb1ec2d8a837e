import Board

/// A chip whose registers are one byte each. A wider access is several of them, lowest address first, as the bus of a PC
/// splits them.
public protocol ByteRegisters: IODevice {
    /// The register at `offset` from the start of the range; reading may change the chip's state.
    func readByte(at offset: Int) -> UInt8
    func writeByte(_ value: UInt8, at offset: Int)
}

extension ByteRegisters {
    public func read(offset: UInt64, size: Int) -> UInt64 {
        let first = Int(truncatingIfNeeded: offset)
        if size == 1 { return UInt64(readByte(at: first)) }
        var value: UInt64 = 0
        for index in 0..<min(size, 8) { value |= UInt64(readByte(at: first &+ index)) << UInt64(8 * index) }
        return value
    }

    public func write(offset: UInt64, size: Int, value: UInt64) {
        let first = Int(truncatingIfNeeded: offset)
        for index in 0..<min(size, 8) {
            writeByte(UInt8(truncatingIfNeeded: value >> UInt64(8 * index)), at: first &+ index)
        }
    }
}
