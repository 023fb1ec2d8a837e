import Board

/// PCI configuration mechanism 1 (PCI 3.0, 3.2.2.3.2): the address at port 0xCF8, data at 0xCFC to 0xCFF; and the ICH's
/// reset control register, which is the byte at 0xCF9 (ICH9 data sheet, 13.7.5).
public final class ConfigurationPorts: IODevice {
    public static let port: UInt64 = 0xcf8
    public static let byteCount: UInt64 = 8
    /// The FADT's reset register, and what to write to it.
    public static let resetPort: UInt16 = 0xcf9
    public static let resetValue: UInt8 = 0x0e

    private let bus: PCIBus
    private let onReset: () -> Void
    private var address: UInt32 = 0
    private var resetControl: UInt8 = 0

    public init(bus: PCIBus, onReset: @escaping () -> Void) {
        self.bus = bus
        self.onReset = onReset
    }

    public func reset() {
        address = 0
        resetControl = 0
    }

    public func read(offset: UInt64, size: Int) -> UInt64 {
        switch (offset, size) {
        case (0, 4): return UInt64(address)
        case (1, 1): return UInt64(resetControl)
        case (4..., 1...4) where offset + UInt64(size) <= 8:
            guard let target else { return .max }
            let register = Int(address & 0xfc) + Int(offset - 4)
            return UInt64(bus.readConfiguration(target, offset: register, size: size))
        default: return .max
        }
    }

    public func write(offset: UInt64, size: Int, value: UInt64) {
        switch (offset, size) {
        case (0, 4): address = UInt32(truncatingIfNeeded: value) & 0x80ff_fffc
        case (1, 1):
            // The reset happens when bit 2 rises.
            let isRising = resetControl & 4 == 0 && value & 4 != 0
            resetControl = UInt8(truncatingIfNeeded: value) & 0x0e
            if isRising { onReset() }
        case (4..., 1...4) where offset + UInt64(size) <= 8:
            guard let target else { return }
            let register = Int(address & 0xfc) + Int(offset - 4)
            bus.writeConfiguration(
                target, offset: register, size: size, value: UInt32(truncatingIfNeeded: value))
        default: break
        }
    }

    /// The function that the address register chooses; nil while its enable bit is clear.
    private var target: PCIAddress? {
        address & 0x8000_0000 == 0 ? nil : PCIAddress(requesterID: UInt16(truncatingIfNeeded: address >> 8))
    }
}
