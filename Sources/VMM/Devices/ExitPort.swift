import Board

/// A port through which the guest's program ends the machine with an exit status: a write of one byte.
final class ExitPort: IODevice {
    static let port: UInt64 = 0x501
    private let onExit: (UInt8) -> Void

    init(onExit: @escaping (UInt8) -> Void) { self.onExit = onExit }

    func read(offset: UInt64, size: Int) -> UInt64 { ~0 }
    func write(offset: UInt64, size: Int, value: UInt64) { onExit(UInt8(truncatingIfNeeded: value)) }
}
