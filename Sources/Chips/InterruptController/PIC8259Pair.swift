import Board

/// A PC's two 8259A interrupt controllers: the master at ports 0x20 and 0x21, the slave at 0xA0 and 0xA1 on the master's
/// input 2, and the ELCR at 0x4D0 and 0x4D1 that makes inputs level-triggered (82371AB data sheet, section 4.2.6).
///
/// Its output is the processor's INTR pin, through LINT0 of the first local APIC.
public final class PIC8259Pair {
    var master = PIC8259(cascadeInput: 2)
    var slave = PIC8259(cascadeInput: nil)
    /// There is an interrupt to acknowledge.
    public private(set) var isOutputHigh = false
    private let onOutput: (_ isHigh: Bool) -> Void

    /// `onOutput` is called when INTR changes.
    public init(onOutput: @escaping (_ isHigh: Bool) -> Void) { self.onOutput = onOutput }

    public func reset() {
        master.reset()
        slave.reset()
        update()
    }

    /// The level of ISA line `irq`, 0 to 15. Line 2 is the cascade; nothing else is wired there.
    public func setLine(_ irq: Int, isHigh: Bool) {
        switch irq {
        case 2: return
        case 0..<8: master.setLevel(isHigh, input: UInt8(irq))
        case 8..<16: slave.setLevel(isHigh, input: UInt8(irq - 8))
        default: return
        }
        update()
    }

    /// The processor acknowledges: the vector of the interrupt, or that of input 7 when it is gone meanwhile (spurious).
    public func acknowledge() -> UInt8 {
        defer { update() }
        guard let input = master.pendingInput else { return master.vectorBase + 7 }
        master.acknowledge(input)
        guard input == 2 else { return master.vectorBase + input }
        guard let slaveInput = slave.pendingInput else { return slave.vectorBase + 7 }
        slave.acknowledge(slaveInput)
        return slave.vectorBase + slaveInput
    }

    private func update() {
        master.setCascade(slave.pendingInput != nil)
        let isHigh = master.pendingInput != nil
        guard isHigh != isOutputHigh else { return }
        isOutputHigh = isHigh
        onOutput(isHigh)
    }

    /// Ports 0x20 and 0x21.
    public private(set) lazy var masterPorts = ByteWindow(
        read: { [unowned self] offset in
            defer { update() }
            return master.readByte(at: offset & 1)
        },
        write: { [unowned self] value, offset in
            master.writeByte(value, at: offset & 1)
            update()
        })

    /// Ports 0xA0 and 0xA1.
    public private(set) lazy var slavePorts = ByteWindow(
        read: { [unowned self] offset in
            defer { update() }
            return slave.readByte(at: offset & 1)
        },
        write: { [unowned self] value, offset in
            slave.writeByte(value, at: offset & 1)
            update()
        })

    /// Ports 0x4D0 and 0x4D1. Timer, keyboard, cascade, clock and coprocessor are always edge-triggered.
    public private(set) lazy var triggerPorts = ByteWindow(
        read: { [unowned self] offset in offset == 0 ? master.levelTriggered : slave.levelTriggered },
        write: { [unowned self] value, offset in
            if offset == 0 { master.levelTriggered = value & 0xf8 } else { slave.levelTriggered = value & 0xde }
            update()
        })

    /// Takes its ports in `ports`.
    public func map(in ports: AddressSpace) {
        ports.map(masterPorts, at: 0x20, byteCount: 2, name: "8259A master")
        ports.map(slavePorts, at: 0xa0, byteCount: 2, name: "8259A slave")
        ports.map(triggerPorts, at: 0x4d0, byteCount: 2, name: "ELCR")
    }
}
