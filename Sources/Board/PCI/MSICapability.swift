/// Message-signalled interrupts in a function's configuration space (PCI 3.0, 6.8.1): one address, up to 32 data values
/// that differ in their low bits, a mask and a pending bit for each.
public final class MSICapability {
    private unowned let function: PCIFunction
    /// A power of two.
    public let vectorCount: Int
    private let offset: Int

    private static let enable: UInt16 = 1
    private static let wide: UInt16 = 1 << 7
    private static let maskable: UInt16 = 1 << 8

    init(of function: PCIFunction, vectorCount: Int) {
        precondition(vectorCount.nonzeroBitCount == 1 && vectorCount <= 32)
        self.function = function
        self.vectorCount = vectorCount
        let control = UInt16(vectorCount.trailingZeroBitCount) << 1 | Self.wide | Self.maskable
        // Control, address (low, high), data and a reserved word, mask, pending: 22 bytes after the id and the link.
        offset = function.addCapability(0x05, content: [UInt8](repeating: 0, count: 22))
        function.configuration.define(control, at: offset + 2, writable: Self.enable | 7 << 4)
        function.configuration.define(UInt64(0), at: offset + 4, writable: ~UInt64(3))
        function.configuration.define(UInt16(0), at: offset + 12, writable: 0xffff)
        let all = vectorCount == 32 ? UInt32.max : UInt32(1) << UInt32(vectorCount) - 1
        function.configuration.define(UInt32(0), at: offset + 16, writable: all)
    }

    private var control: UInt16 { function.configuration.load(UInt16.self, at: offset + 2) }

    public var isEnabled: Bool { control & Self.enable != 0 }

    private var pending: UInt32 {
        get { function.configuration.load(UInt32.self, at: offset + 20) }
        set { function.configuration.store(newValue, at: offset + 20) }
    }

    /// The message of a vector; the guest may have allowed fewer than there are: then they share.
    private func message(_ vector: Int) -> MessageSignalledInterrupt {
        let allowed = min(vectorCount, 1 << Int(min(control >> 4 & 7, 5)))
        let data = UInt32(function.configuration.load(UInt16.self, at: offset + 12))
        return MessageSignalledInterrupt(
            address: function.configuration.load(UInt64.self, at: offset + 4),
            data: data & ~UInt32(allowed - 1) | UInt32(vector & (allowed - 1)))
    }

    func signal(_ vector: Int) {
        guard vector >= 0, vector < vectorCount else { return }
        let mask = function.configuration.load(UInt32.self, at: offset + 16)
        if mask & (1 << UInt32(vector)) != 0 {
            pending |= 1 << UInt32(vector)
        } else {
            function.send(message(vector))
        }
    }

    func configurationChanged(_ range: Range<Int>) {
        guard range.overlaps(offset..<offset + 24) else { return }
        function.updatePin()
        guard isEnabled else { return }
        let free = pending & ~function.configuration.load(UInt32.self, at: offset + 16)
        guard free != 0 else { return }
        pending &= ~free
        for vector in 0..<vectorCount where free & (1 << UInt32(vector)) != 0 { function.send(message(vector)) }
    }

    func reset() { pending = 0 }
}
