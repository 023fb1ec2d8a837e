import Board

/// The AHCI function of an ICH9 (Serial ATA AHCI specification 1.3.1; ICH9 data sheet, chapter 15): up to six ports with a disk
/// each, native command queueing, one interrupt by message or pin. Its memory is base address register 5.
///
/// The machine keeps it as long as the bus that its function is on.
public final class AHCIController {
    public static let mostPorts = 6
    public let function: PCIFunction
    let ports: [AHCIPort]
    /// GHC: bit 1 lets interrupts out. AHCI mode is always on.
    private var isInterruptEnabled = false
    /// IS: ports that interrupt.
    private(set) var interruptStatus: UInt32 = 0

    static let interruptEnable: UInt32 = 1 << 1
    static let ahciEnable: UInt32 = 1 << 31

    /// - Parameter drives: one for each port, at most six; nil where nothing is plugged in.
    public init(drives: [ATADrive?], memory: GuestMemory) {
        precondition((1...Self.mostPorts).contains(drives.count))
        function = PCIFunction(
            name: "AHCI",
            identity: PCIIdentity(
                vendor: 0x8086, device: 0x2922, classCode: 0x01_0601, revision: 2, subsystemVendor: 0x1af4,
                subsystem: 0x1100), interruptPin: 1)
        let function = function
        ports = drives.map { drive in
            AHCIPort(drive: drive, memory: memory, mayUseMemory: { [unowned function] in function.isBusMaster })
        }
        function.addBaseAddress(
            5, .memory32, byteCount: 0x1000,
            device: RegisterWindow(
                read: { [unowned self] in read(offset: $0, size: $1) },
                write: { [unowned self] in write(offset: $0, size: $1, value: $2) }))
        function.addMSI()
        for (index, port) in ports.enumerated() {
            port.onInterruptChange = { [unowned self] hasNew in portChanged(index, hasNew: hasNew) }
        }
        function.onReset = { [unowned self] in
            for port in ports { port.powerOn() }
            reset()
        }
    }

    /// HBA reset (10.4.3): all but the addresses of the ports' lists.
    private func reset() {
        isInterruptEnabled = false
        interruptStatus = 0
        for port in ports { port.reset() }
        function.setPin(false)
    }

    /// A port's interrupt status has changed. `hasNew`: there is a cause that was not there before.
    private func portChanged(_ index: Int, hasNew: Bool) {
        if ports[index].isInterrupting { interruptStatus |= 1 << UInt32(index) }
        update(hasNew: hasNew && ports[index].isInterrupting)
    }

    private func update(hasNew: Bool) {
        let isPending = isInterruptEnabled && interruptStatus != 0
        if function.msi?.isEnabled == true {
            if isPending, hasNew { function.sendMessage(vector: 0) }
        } else {
            function.setPin(isPending)
        }
    }

    // MARK: Generic host control (3.1)

    /// CAP: 64-bit addresses, queueing, AHCI only, generation 3, 32 slots, number of ports.
    private var capabilities: UInt32 {
        1 << 31 | 1 << 30 | 1 << 24 | 3 << 20 | 1 << 18 | 31 << 8 | UInt32(ports.count - 1)
    }

    private func read(offset: UInt64, size: Int) -> UInt64 {
        let low = UInt64(register(offset & ~3)) >> (8 * (offset & 3))
        return size == 8 ? low | UInt64(register((offset & ~3) + 4)) << 32 : low
    }

    private func write(offset: UInt64, size: Int, value: UInt64) {
        // Registers take 32 bits at a time (3, "aligned double word accesses").
        guard size >= 4, offset & 3 == 0 else { return }
        setRegister(offset, UInt32(truncatingIfNeeded: value))
        if size == 8 { setRegister(offset + 4, UInt32(truncatingIfNeeded: value >> 32)) }
    }

    private func register(_ offset: UInt64) -> UInt32 {
        if let (port, register) = port(at: offset) { return ports[port].read(register) }
        switch offset {
        case 0x00: return capabilities
        case 0x04: return Self.ahciEnable | (isInterruptEnabled ? Self.interruptEnable : 0)
        case 0x08: return interruptStatus
        case 0x0c: return 1 << UInt32(ports.count) - 1
        case 0x10: return 0x0001_0300
        default: return 0
        }
    }

    private func setRegister(_ offset: UInt64, _ value: UInt32) {
        if let (port, register) = port(at: offset) {
            ports[port].write(register, value)
            return
        }
        switch offset {
        case 0x04:
            if value & 1 != 0 {
                reset()
            } else {
                isInterruptEnabled = value & Self.interruptEnable != 0
                update(hasNew: true)
            }
        case 0x08:
            interruptStatus &= ~value
            // A port that still interrupts sets its bit again.
            for index in ports.indices where ports[index].isInterrupting { interruptStatus |= 1 << UInt32(index) }
            update(hasNew: interruptStatus != 0)
        default: break
        }
    }

    private func port(at offset: UInt64) -> (port: Int, register: Int)? {
        guard offset >= 0x100 else { return nil }
        let index = Int(offset - 0x100) / 0x80
        return index < ports.count ? (index, Int(offset & 0x7f)) : nil
    }
}
