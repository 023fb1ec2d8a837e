import Board

/// A virtio device behind memory-mapped registers, version 2 (virtio 1.2, clause 4.2): 4 KiB, and one interrupt line.
public final class VirtioMMIO: IODevice {
    /// The size of the register range.
    public static let byteCount: UInt64 = 0x1000
    /// The offset of QueueNotify: a write of a queue's number there is a kick.
    public static let notifyOffset: UInt64 = 0x50

    public let registers: VirtioRegisters
    private let line: InterruptLine
    private var interruptStatus: UInt32 = 0

    public init(device: any VirtioDevice, memory: GuestMemory, line: InterruptLine) {
        registers = VirtioRegisters(device: device, memory: memory)
        self.line = line
        registers.interruptQueue = { [unowned self] _ in raise(1) }
        registers.interruptConfiguration = { [unowned self] in raise(2) }
        registers.onReset = { [unowned self] in
            interruptStatus = 0
            line.set(false)
        }
    }

    private func raise(_ bit: UInt32) {
        interruptStatus |= bit
        line.set(true)
    }

    public func read(offset: UInt64, size: Int) -> UInt64 {
        if offset >= 0x100 { return registers.readConfiguration(offset - 0x100, size: size) }
        guard size == 4 else { return 0 }
        let value: UInt32 =
            switch offset {
            case 0x00: 0x7472_6976  // "virt"
            case 0x04: 2
            case 0x08: UInt32(registers.device.kind.rawValue)
            case 0x0c: 0x4b4f_4f52  // "ROOK"
            case 0x10: registers.deviceFeatureWord
            case 0x34: UInt32(registers.selected?.maximumSize ?? 0)
            case 0x44: registers.selected?.isEnabled == true ? 1 : 0
            case 0x60: interruptStatus
            case 0x70: UInt32(registers.statusForDriver)
            // Shared memory: there is none, which a length of all ones says.
            case 0xb0, 0xb4, 0xb8, 0xbc: .max
            case 0xfc: registers.configurationGeneration
            default: 0
            }
        return UInt64(value)
    }

    public func write(offset: UInt64, size: Int, value: UInt64) {
        if offset >= 0x100 { return registers.writeConfiguration(offset - 0x100, size: size, value: value) }
        guard size == 4 else { return }
        let value = UInt32(truncatingIfNeeded: value)
        switch offset {
        case 0x14: registers.deviceFeatureSelect = value
        case 0x20: registers.setDriverFeatureWord(value)
        case 0x24: registers.driverFeatureSelect = value
        case 0x30: registers.queueSelect = UInt16(clamping: value)
        case 0x38: registers.changeSelected { if value <= $0.maximumSize { $0.size = UInt16(value) } }
        case 0x44:
            if value & 1 != 0 {
                registers.changeSelected { $0.isEnabled = true }
            } else {
                registers.disableSelected()
            }
        case Self.notifyOffset: registers.kick(Int(value))
        case 0x64:
            interruptStatus &= ~value
            if interruptStatus == 0 { line.set(false) }
        case 0x70: registers.writeStatus(UInt8(truncatingIfNeeded: value))
        case 0x80: registers.changeSelected { $0.descriptorTable.setLow(value) }
        case 0x84: registers.changeSelected { $0.descriptorTable.setHigh(value) }
        case 0x90: registers.changeSelected { $0.availableRing.setLow(value) }
        case 0x94: registers.changeSelected { $0.availableRing.setHigh(value) }
        case 0xa0: registers.changeSelected { $0.usedRing.setLow(value) }
        case 0xa4: registers.changeSelected { $0.usedRing.setHigh(value) }
        default: break
        }
    }
}

extension UInt64 {
    mutating func setLow(_ value: UInt32) { self = self & ~0xffff_ffff | UInt64(value) }
    mutating func setHigh(_ value: UInt32) { self = self & 0xffff_ffff | UInt64(value) << 32 }
}
