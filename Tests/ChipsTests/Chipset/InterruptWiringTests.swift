import Board
import Testing

@testable import Chips

@Suite struct InterruptWiringTests {
    let pc = TestPC()

    @Test func pciPinsReachBothControllers() {
        let function = PCIFunction(
            name: "card", identity: PCIIdentity(vendor: 1, device: 2, classCode: 0x02_0000), interruptPin: 1)
        pc.chipset.bus.add(function, at: PCIAddress(device: 3))
        pc.route(19, vector: 0x51, isLevel: true)
        // PIRQD to line 11, level-triggered.
        pc.writeConfiguration(LPCBridge.address, 0x63, 11, size: 1)
        pc.ports.outb(0x4d1, 0x0c)
        for port: UInt64 in [0x20, 0xa0] {
            pc.ports.outb(port, 0x11)
            pc.ports.outb(port + 1, port == 0x20 ? 0x08 : 0x70)
            pc.ports.outb(port + 1, port == 0x20 ? 4 : 2)
            pc.ports.outb(port + 1, 1)
            pc.ports.outb(port + 1, 0)
        }
        function.setPin(true)
        #expect(pc.log.take().map(\.data) == [0xc051])
        #expect(pc.events.isINTRHigh)
        #expect(pc.chipset.pics?.acknowledge() == 0x73)
        // The IO-APIC's input of that line has it too, for systems that take the MP table's word.
        pc.route(11, vector: 0x52, isLevel: true)
        #expect(pc.log.take().map(\.data) == [0xc052])
        // To another line while it is high.
        pc.writeConfiguration(LPCBridge.address, 0x63, 10, size: 1)
        pc.ports.outb(0xa0, 0x20)
        pc.ports.outb(0x20, 0x20)
        #expect(pc.chipset.pics?.acknowledge() == 0x72)
        pc.ports.outb(0xa0, 0x20)
        pc.ports.outb(0x20, 0x20)
        function.setPin(false)
        #expect(!pc.events.isINTRHigh)
    }

    @Test(arguments: [4, 16, 23]) func sharedLineFallsWithTheLast(_ input: Int) {
        func line() -> InterruptLine {
            input < 16 ? pc.chipset.wiring.isaLine(input) : pc.chipset.wiring.ioapicLine(input)
        }
        let (first, second) = (line(), line())
        pc.route(UInt64(input), vector: 0x34, isLevel: true)
        first.set(true)
        second.set(true)
        #expect(pc.log.take().count == 1)
        first.set(false)
        pc.chipset.ioapic?.endInterrupt(vector: 0x34)
        #expect(pc.log.take().count == 1)
        second.set(false)
        pc.chipset.ioapic?.endInterrupt(vector: 0x34)
        #expect(pc.log.take().isEmpty)
    }

    @Test func intervalTimerIsInputTwo() {
        pc.route(2, vector: 0x30, isLevel: false)
        pc.ports.outb(0x43, 0x34)
        pc.ports.outb(0x40, 0xa9)
        pc.ports.outb(0x40, 0x04)
        _ = pc.log.take()
        pc.clock.advance(by: 100_000_000)
        #expect(pc.log.take().count == 100)
    }

    @Test func hpetReplacesTheTimer() {
        pc.route(2, vector: 0x30, isLevel: false)
        pc.route(8, vector: 0x38, isLevel: false)
        pc.ports.outb(0x43, 0x34)
        pc.ports.outb(0x40, 0xa9)
        pc.ports.outb(0x40, 0x04)
        let hpet = HPET.address
        pc.devices.write(hpet + 0x120, size: 8, value: 4)
        pc.devices.write(hpet + 0x128, size: 8, value: 500_000)
        pc.devices.write(hpet + 0x10, size: 8, value: 3)
        _ = pc.log.take()
        pc.clock.advance(by: 10_000_000)
        #expect(pc.log.take().map(\.data) == [0x38])
        pc.devices.write(hpet + 0x10, size: 8, value: 0)
        _ = pc.log.take()
        pc.clock.advance(by: 10_000_000)
        #expect(pc.log.take().count == 10)
    }
}
