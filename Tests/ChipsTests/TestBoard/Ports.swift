import Board

/// Port instructions, as a guest's driver writes them.
struct Ports {
    let space = AddressSpace()

    func inb(_ port: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: space.read(port, size: 1)) }
    func inw(_ port: UInt64) -> UInt16 { UInt16(truncatingIfNeeded: space.read(port, size: 2)) }
    func inl(_ port: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: space.read(port, size: 4)) }
    func outb(_ port: UInt64, _ value: UInt8) { space.write(port, size: 1, value: UInt64(value)) }
    func outw(_ port: UInt64, _ value: UInt16) { space.write(port, size: 2, value: UInt64(value)) }
    func outl(_ port: UInt64, _ value: UInt32) { space.write(port, size: 4, value: UInt64(value)) }
}
