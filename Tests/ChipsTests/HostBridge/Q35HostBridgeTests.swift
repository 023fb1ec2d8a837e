import Board
import Testing

@testable import Chips

@Suite struct Q35HostBridgeTests {
    let pc = TestPC()
    let host = Q35HostBridge.address
    let isa = LPCBridge.address

    @Test func seaBIOSRecognisesTheBoard() {
        #expect(pc.readConfiguration(host, 0) == 0x29c0_8086)
        #expect(pc.readConfiguration(host, 0x2c) == 0x1100_1af4)
        #expect(pc.readConfiguration(isa, 0) == 0x2918_8086)
        #expect(pc.readConfiguration(PCIAddress(device: 5), 0) == 0xffff_ffff)
        #expect(pc.readConfiguration(host, 0x0a, size: 2) == 0x0600)
        // Without the enable bit there is nobody.
        pc.ports.outl(0xcf8, 0)
        #expect(pc.ports.inl(0xcfc) == 0xffff_ffff)
        #expect(pc.ports.inl(0xcf8) == 0)
    }

    /// src/fw/shadow.c: PAM 0x33 everywhere, later 0x11 and 0x10.
    @Test func shadowing() {
        #expect(pc.readConfiguration(host, 0x90, size: 1) & 0x10 == 0)
        pc.writeConfiguration(host, 0x90, 0x3333_3330)
        pc.writeConfiguration(host, 0x94, 0x0033_3333)
        #expect(pc.events.shadows.count == 13)
        #expect(pc.events.shadows.allSatisfy { $0.readsRAM && $0.writesRAM })
        let covered = pc.events.shadows.sorted { $0.address < $1.address }
        #expect(covered.first?.address == 0xc0000)
        for (earlier, later) in zip(covered, covered.dropFirst()) {
            #expect(earlier.address + earlier.byteCount == later.address)
        }
        #expect(covered.last.map { $0.address + $0.byteCount } == 0x100000)
        pc.events.shadows = []
        pc.writeConfiguration(host, 0x90, 0x10, size: 1)
        pc.writeConfiguration(host, 0x91, 0x31, size: 1)
        #expect(
            pc.events.shadows == [
                ShadowSegment(address: 0xf0000, byteCount: 0x10000, readsRAM: true, writesRAM: false),
                ShadowSegment(address: 0xc0000, byteCount: 0x4000, readsRAM: true, writesRAM: false),
            ])
        pc.events.shadows = []
        pc.chipset.reset()
        #expect(pc.events.shadows.count == 13)
        #expect(pc.events.shadows.allSatisfy { !$0.readsRAM && !$0.writesRAM })
    }

    @Test func memoryWindow() {
        #expect(pc.devices.entry(at: 0xb000_0000) == nil)
        pc.writeConfiguration(host, 0x60, 0)
        pc.writeConfiguration(host, 0x64, 0)
        pc.writeConfiguration(host, 0x60, 0xb000_0001)
        #expect(pc.devices.read(0xb000_0000, size: 4) == 0x29c0_8086)
        #expect(pc.devices.read(0xb000_0000 + 31 << 15, size: 2) == 0x8086)
        #expect(UInt32(truncatingIfNeeded: pc.devices.read(0xb010_0000, size: 4)) == 0xffff_ffff)
        #expect(pc.devices.read(0xb000_0000, size: 8) >> 32 == pc.devices.read(0xb000_0004, size: 4))
        pc.devices.write(0xb000_0090, size: 1, value: 0x30)
        #expect(pc.readConfiguration(host, 0x90, size: 1) == 0x30)
        // It moves, and goes.
        pc.writeConfiguration(host, 0x60, 0xe000_0003)
        #expect(pc.devices.entry(at: 0xb000_0000) == nil)
        #expect(pc.devices.entry(at: 0xe000_0000)?.byteCount == 128 << 20)
        pc.chipset.reset()
        #expect(pc.devices.entry(at: 0xe000_0000) == nil)
    }

    @Test func acpiRegistersAppearWherePMBASESays() {
        #expect(pc.ports.inl(0x608) == 0xffff_ffff)
        pc.writeConfiguration(isa, 0x40, 0x601)
        pc.writeConfiguration(isa, 0x44, 0x80, size: 1)
        pc.clock.advance(by: 1_000_000_000)
        #expect(pc.ports.inl(0x608) == 3_579_545)
        #expect(pc.readConfiguration(isa, 0x40) == 0x601)
        pc.ports.outw(0x604, 0x2000)
        #expect(pc.events.softOffs == 1)
    }

    @Test func resetControlRegister() {
        pc.ports.outb(0xcf9, 0x02)
        #expect(pc.events.resets == 0)
        pc.ports.outb(0xcf9, 0x06)
        #expect(pc.events.resets == 1)
        #expect(pc.ports.inb(0xcf9) == 0x06)
        // The address register is another: its 32 bits reset nothing.
        pc.ports.outl(0xcf8, 0x8000_0e00)
        #expect(pc.events.resets == 1)
    }
}
