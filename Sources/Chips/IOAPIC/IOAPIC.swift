import Board

/// The 82093AA I/O advanced programmable interrupt controller with 24 inputs, in the version (0x20) that also has an EOI
/// register (Intel 82093AA data sheet; ICH9 data sheet, section 13.5). Memory at 0xFEC00000, 4 KiB.
///
/// Interrupts leave as messages to the local APICs, in the format of message-signalled interrupts.
public final class IOAPIC: IODevice {
    public static let inputCount = 24
    public static let address: UInt64 = 0xfec0_0000
    public static let byteCount: UInt64 = 0x1000

    private let sink: any InterruptMessageSink
    /// IOAPICID, bits 24 to 27.
    private(set) var identifier: UInt8 = 0
    private var selected: UInt8 = 0
    private(set) var entries = [RedirectionEntry](repeating: RedirectionEntry(), count: inputCount)
    /// The levels on the inputs, a bit each.
    private var levels: UInt32 = 0

    public init(sink: any InterruptMessageSink) { self.sink = sink }

    public func reset() {
        identifier = 0
        selected = 0
        entries = Array(repeating: RedirectionEntry(), count: Self.inputCount)
    }

    /// The level of input `gsi` (0 to 23).
    public func setLine(_ gsi: Int, isHigh: Bool) {
        guard gsi >= 0, gsi < Self.inputCount else { return }
        let bit = UInt32(1) << UInt32(gsi)
        let wasHigh = levels & bit != 0
        if isHigh { levels |= bit } else { levels &= ~bit }
        guard isHigh else { return }
        if entries[gsi].isLevelTriggered {
            deliverLevel(gsi)
        } else if !wasHigh, !entries[gsi].isMasked {
            // An edge on a masked input is lost (3.2.4, interrupt mask).
            sink.send(entries[gsi].message)
        }
    }

    /// A local APIC has ended the level-triggered interrupt `vector`. Whoever is still high interrupts again.
    public func endInterrupt(vector: UInt8) {
        for input in 0..<Self.inputCount
        where entries[input].isLevelTriggered && entries[input].isRemoteIRR && entries[input].vector == vector {
            entries[input].isRemoteIRR = false
            deliverLevel(input)
        }
    }

    private func deliverLevel(_ input: Int) {
        let entry = entries[input]
        guard levels & 1 << UInt32(input) != 0, entry.isLevelTriggered, !entry.isMasked, !entry.isRemoteIRR else {
            return
        }
        entries[input].isRemoteIRR = true
        sink.send(entry.message)
    }

    // The registers (section 3): an index at 0x00, the data at 0x10, and the EOI register at 0x40.

    public func read(offset: UInt64, size: Int) -> UInt64 {
        switch offset {
        case 0x00: UInt64(selected)
        case 0x10: UInt64(register(selected))
        default: 0
        }
    }

    public func write(offset: UInt64, size: Int, value: UInt64) {
        switch offset {
        case 0x00: selected = UInt8(truncatingIfNeeded: value)
        case 0x10: setRegister(selected, UInt32(truncatingIfNeeded: value))
        case 0x40: endInterrupt(vector: UInt8(truncatingIfNeeded: value))
        default: break
        }
    }

    private func register(_ index: UInt8) -> UInt32 {
        switch index {
        case 0x00, 0x02: return UInt32(identifier) << 24
        case 0x01: return UInt32(Self.inputCount - 1) << 16 | 0x20
        case 0x10..<0x40:
            let bits = entries[Int(index - 0x10) / 2].bits
            return UInt32(truncatingIfNeeded: index & 1 == 0 ? bits : bits >> 32)
        default: return 0
        }
    }

    private func setRegister(_ index: UInt8, _ value: UInt32) {
        if index == 0 { identifier = UInt8(value >> 24 & 0x0f) }
        guard (0x10..<0x40).contains(index) else { return }
        let input = Int(index - 0x10) / 2
        entries[input].set(half: index & 1, value)
        deliverLevel(input)
    }
}
