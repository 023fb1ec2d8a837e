import Board

@testable import Chips

/// A whole board in a test's hands.
final class TestPC {
    let ports = Ports()
    let devices = AddressSpace()
    let clock = ManualClock()
    let log = MessageLog()
    let terminal = Terminal()
    let ram: TestMemory
    let chipset: Q35Chipset
    let events: Events

    final class Events {
        var resets = 0
        var softOffs = 0
        var shadows: [ShadowSegment] = []
        var isINTRHigh = false
    }

    init(ramBytes: Int = 1 << 20) {
        ram = TestMemory(byteCount: ramBytes)
        let events = Events()
        self.events = events
        chipset = Q35Chipset(
            ram: ram.memory, devices: devices, ports: ports.space, machineClock: clock, messages: log,
            interrupts: .chips(onINTR: { events.isINTRHigh = $0 }), terminal: terminal, epochSeconds: 1_772_323_197,
            events: Q35Chipset.Events(
                onReset: { events.resets += 1 }, onSoftOff: { events.softOffs += 1 },
                onShadowChange: { events.shadows.append($0) }))
    }

    /// Configuration space, through ports 0xCF8 and 0xCFC.
    func readConfiguration(_ address: PCIAddress, _ register: Int, size: Int = 4) -> UInt32 {
        select(address, register)
        return UInt32(
            truncatingIfNeeded: ports.space.read(0xcfc + UInt64(register & 3), size: size)
                & (1 << (8 * UInt64(size)) - 1))
    }

    func writeConfiguration(_ address: PCIAddress, _ register: Int, _ value: UInt32, size: Int = 4) {
        select(address, register)
        ports.space.write(0xcfc + UInt64(register & 3), size: size, value: UInt64(value))
    }

    private func select(_ address: PCIAddress, _ register: Int) {
        ports.outl(0xcf8, 0x8000_0000 | UInt32(address.requesterID) << 8 | UInt32(register & 0xfc))
    }

    /// Programs an input of the IO-APIC, as edge- or level-triggered.
    func route(_ input: UInt64, vector: UInt32, isLevel: Bool) {
        devices.write(IOAPIC.address, size: 4, value: 0x10 + 2 * input)
        devices.write(IOAPIC.address + 0x10, size: 4, value: UInt64(vector | (isLevel ? 0x8000 : 0)))
    }
}
