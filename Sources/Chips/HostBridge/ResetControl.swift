import Board

/// The ICH's reset control register (ICH9 data sheet, 13.7.5): the byte at port 0xCF9, amid those of PCI configuration
/// mechanism 1, or alone where there is no PCI.
public final class ResetControl: IODevice {
    public static let port: UInt16 = 0xcf9
    /// What to write there for a reset, as the FADT says it: a full one.
    public static let resetValue: UInt8 = 0x0e

    private let onReset: () -> Void
    private var value: UInt8 = 0

    public init(onReset: @escaping () -> Void) { self.onReset = onReset }

    public func reset() { value = 0 }

    public func read(offset: UInt64, size: Int) -> UInt64 { size == 1 ? UInt64(value) : .max }

    public func write(offset: UInt64, size: Int, value new: UInt64) {
        guard size == 1 else { return }
        // The reset happens when bit 2 rises.
        let isRising = value & 4 == 0 && new & 4 != 0
        value = UInt8(truncatingIfNeeded: new) & 0x0e
        if isRising { onReset() }
    }
}
