/// MSI-X (PCI 3.0, 6.8.2): a table in memory with a message and a mask for each vector, and pending bits behind it.
/// Both take one base address register of their own: the table from 0 on, the pending bits from `byteCount / 2` on.
public final class MSIXTable: IODevice {
    private unowned let function: PCIFunction
    public let vectorCount: Int
    /// The size of the base address register's range, in bytes.
    public let byteCount: UInt64
    private let offset: Int
    /// 16 bytes a vector: address (low, high), data, control. Kept as 32-bit registers.
    private var table: [UInt32]
    private var pending: [Bool]
    /// What was last told about each vector.
    private var told: [MessageSignalledInterrupt?]

    /// The message that a vector sends has changed; nil while it must not be sent. For those who let a kernel or
    /// another process interrupt the guest directly (irqfd): they call `signal` while it is nil.
    public var onMessageChange: ((_ vector: Int, _ message: MessageSignalledInterrupt?) -> Void)?

    private static let enable: UInt16 = 1 << 15
    private static let maskAll: UInt16 = 1 << 14

    init(of function: PCIFunction, vectorCount: Int, base: Int) {
        precondition(vectorCount >= 1 && vectorCount <= 2048)
        self.function = function
        self.vectorCount = vectorCount
        var half: UInt64 = 2048
        while half < UInt64(16 * vectorCount) { half *= 2 }
        byteCount = 2 * half
        table = []
        pending = [Bool](repeating: false, count: vectorCount)
        told = [MessageSignalledInterrupt?](repeating: nil, count: vectorCount)
        offset = function.addCapability(0x11, content: [UInt8](repeating: 0, count: 10))
        function.configuration.define(
            UInt16(vectorCount - 1), at: offset + 2, writable: Self.enable | Self.maskAll)
        function.configuration.define(UInt32(base), at: offset + 4)
        function.configuration.define(UInt32(truncatingIfNeeded: half) | UInt32(base), at: offset + 8)
        clearTable()
    }

    private var control: UInt16 { function.configuration.load(UInt16.self, at: offset + 2) }

    public var isEnabled: Bool { control & Self.enable != 0 }

    /// The message that `vector` sends now; nil while MSI-X is off or the vector is masked.
    public func message(_ vector: Int) -> MessageSignalledInterrupt? {
        guard vector >= 0, vector < vectorCount, control & (Self.enable | Self.maskAll) == Self.enable,
            table[4 * vector + 3] & 1 == 0
        else { return nil }
        return MessageSignalledInterrupt(
            address: UInt64(table[4 * vector + 1]) << 32 | UInt64(table[4 * vector]), data: table[4 * vector + 2])
    }

    /// Interrupts with `vector`: sends its message, or keeps it pending while it is masked.
    public func signal(_ vector: Int) {
        guard vector >= 0, vector < vectorCount, isEnabled else { return }
        if let message = message(vector) { function.send(message) } else { pending[vector] = true }
    }

    private func update(_ vector: Int) {
        let message = message(vector)
        if message != told[vector] {
            told[vector] = message
            onMessageChange?(vector, message)
        }
        if let message, pending[vector] {
            pending[vector] = false
            function.send(message)
        }
    }

    func configurationChanged(_ range: Range<Int>) {
        guard range.overlaps(offset + 2..<offset + 4) else { return }
        function.updatePin()
        for vector in 0..<vectorCount { update(vector) }
    }

    func reset() {
        clearTable()
        for vector in 0..<vectorCount {
            pending[vector] = false
            update(vector)
        }
    }

    /// Every vector is masked after reset.
    private func clearTable() {
        table = [UInt32](repeating: 0, count: 4 * vectorCount)
        for vector in 0..<vectorCount { table[4 * vector + 3] = 1 }
    }

    // Registers are 32 bits wide; 64-bit accesses touch two. Smaller ones are undefined, and answered all the same.
    public func read(offset: UInt64, size: Int) -> UInt64 {
        guard size <= 8, offset < byteCount else { return .max }
        let index = Int(offset / 4)
        let low = UInt64(register(index))
        let high = offset % 4 + UInt64(size) > 4 ? UInt64(register(index + 1)) : 0
        return (high << 32 | low) >> (8 * (offset % 4))
    }

    private func register(_ index: Int) -> UInt32 {
        if index < table.count { return table[index] }
        let first = (index - Int(byteCount / 8)) * 32
        guard first >= 0, first < vectorCount else { return 0 }
        var bits: UInt32 = 0
        for bit in 0..<min(32, vectorCount - first) where pending[first + bit] { bits |= 1 << UInt32(bit) }
        return bits
    }

    public func write(offset: UInt64, size: Int, value: UInt64) {
        guard size == 4 || size == 8, offset % 4 == 0, offset / 4 < UInt64(table.count) else { return }
        let index = Int(offset / 4)
        setRegister(index, UInt32(truncatingIfNeeded: value))
        if size == 8 { setRegister(index + 1, UInt32(truncatingIfNeeded: value >> 32)) }
        update(index / 4)
        if size == 8, (index + 1) / 4 != index / 4, (index + 1) / 4 < vectorCount { update((index + 1) / 4) }
    }

    private func setRegister(_ index: Int, _ value: UInt32) {
        guard index < table.count else { return }
        switch index % 4 {
        case 0: table[index] = value & ~3
        case 3: table[index] = value & 1
        default: table[index] = value
        }
    }
}
