import Board

/// PCI Express's enhanced configuration access mechanism (PCI Express 3.0, 7.2.2): 4 KiB of memory for each function.
final class ConfigurationWindow: IODevice {
    private let bus: PCIBus

    init(bus: PCIBus) { self.bus = bus }

    func read(offset: UInt64, size: Int) -> UInt64 {
        let register = Int(offset & 0xfff)
        if size == 8 {
            let low = bus.readConfiguration(target(offset), offset: register, size: 4)
            return UInt64(low) | UInt64(bus.readConfiguration(target(offset), offset: register + 4, size: 4)) << 32
        }
        return UInt64(bus.readConfiguration(target(offset), offset: register, size: size))
    }

    func write(offset: UInt64, size: Int, value: UInt64) {
        let register = Int(offset & 0xfff)
        let low = UInt32(truncatingIfNeeded: value)
        bus.writeConfiguration(target(offset), offset: register, size: min(size, 4), value: low)
        if size == 8 {
            let high = UInt32(truncatingIfNeeded: value >> 32)
            bus.writeConfiguration(target(offset), offset: register + 4, size: 4, value: high)
        }
    }

    private func target(_ offset: UInt64) -> PCIAddress {
        PCIAddress(requesterID: UInt16(truncatingIfNeeded: offset >> 12))
    }
}
