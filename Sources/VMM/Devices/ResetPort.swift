import Board

/// The reset control register of Intel's chipsets, port 0xCF9 (ICH9 data sheet, 13.7.5): a write with bit 2 set resets the machine.
final class ResetPort: IODevice {
    static let port: UInt16 = 0xcf9
    /// System reset, processor reset: what ACPI's reset register is written with.
    static let resetValue: UInt8 = 0x06
    private var control: UInt8 = 0
    private let onReset: () -> Void

    init(onReset: @escaping () -> Void) { self.onReset = onReset }

    func read(offset: UInt64, size: Int) -> UInt64 { UInt64(control) }

    func write(offset: UInt64, size: Int, value: UInt64) {
        control = UInt8(truncatingIfNeeded: value) & 0x0a
        if value & 4 != 0 { onReset() }
    }
}
