import Board

/// pvpanic: a port at which a kernel says that it has panicked (QEMU, docs/specs/pvpanic.txt).
final class PanicDevice: IODevice {
    static let port: UInt64 = 0x505
    private static let panicked: UInt64 = 1
    private static let crashLoaded: UInt64 = 2
    private let onPanic: () -> Void

    init(onPanic: @escaping () -> Void) { self.onPanic = onPanic }

    /// The events that the device knows.
    func read(offset: UInt64, size: Int) -> UInt64 { Self.panicked | Self.crashLoaded }

    func write(offset: UInt64, size: Int, value: UInt64) {
        // A kernel that loads another one after a crash goes on.
        if value & Self.panicked != 0 { onPanic() }
    }
}
