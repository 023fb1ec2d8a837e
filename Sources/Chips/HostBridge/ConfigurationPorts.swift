import Board

/// PCI configuration mechanism 1 (PCI 3.0, 3.2.2.3.2): the address at port 0xCF8, data at 0xCFC to 0xCFF; and the ICH's
/// reset control register, which is the byte at 0xCF9.
public final class ConfigurationPorts: IODevice {
    public static let port: UInt64 = 0xcf8
    public static let byteCount: UInt64 = 8

    private let bus: PCIBus
    private let resetControl: ResetControl
    private var address: UInt32 = 0

    public init(bus: PCIBus, onReset: @escaping () -> Void) {
        self.bus = bus
        resetControl = ResetControl(onReset: onReset)
    }

    public func reset() {
        address = 0
        resetControl.reset()
    }

    public func read(offset: UInt64, size: Int) -> UInt64 {
        switch (offset, size) {
        case (0, 4): return UInt64(address)
        case (1, 1): return resetControl.read(offset: 0, size: 1)
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
        case (1, 1): resetControl.write(offset: 0, size: 1, value: value)
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
