import Board
import Testing

@testable import Chips

@Suite struct IOAPICTests {
    let log = MessageLog()
    let chip: IOAPIC

    init() { chip = IOAPIC(sink: log) }

    func get(_ index: UInt64) -> UInt32 {
        chip.write(offset: 0, size: 4, value: index)
        return UInt32(chip.read(offset: 0x10, size: 4))
    }

    func put(_ index: UInt64, _ value: UInt32) {
        chip.write(offset: 0, size: 4, value: index)
        chip.write(offset: 0x10, size: 4, value: UInt64(value))
    }

    @Test func identifiesItself() {
        #expect(get(1) == 0x0017_0020)
        put(0, 0xff00_0000)
        #expect(get(0) == 0x0f00_0000)
        for entry in UInt64(0)..<24 { #expect(get(0x10 + 2 * entry) == 0x10000) }
    }

    @Test func edgeTriggered() {
        put(0x11 + 2 * 4, 0x0300_0000)
        put(0x10 + 2 * 4, 0x31)
        chip.setLine(4, isHigh: true)
        #expect(log.take() == [MessageSignalledInterrupt(address: 0xfee0_3000, data: 0x31)])
        chip.setLine(4, isHigh: true)
        #expect(log.take().isEmpty)
        chip.setLine(4, isHigh: false)
        chip.setLine(4, isHigh: true)
        #expect(log.take().count == 1)
        // Edges on a masked input are lost.
        put(0x10 + 2 * 4, 0x10031)
        chip.setLine(4, isHigh: false)
        chip.setLine(4, isHigh: true)
        put(0x10 + 2 * 4, 0x31)
        #expect(log.take().isEmpty)
    }

    @Test func levelTriggeredWaitsForTheEnd() {
        put(0x10 + 2 * 20, 0x0a841)
        chip.setLine(20, isHigh: true)
        #expect(log.take() == [MessageSignalledInterrupt(address: 0xfee0_0004, data: 0xc041)])
        #expect(get(0x10 + 2 * 20) & 0x4000 != 0)
        chip.setLine(20, isHigh: false)
        chip.setLine(20, isHigh: true)
        #expect(log.take().isEmpty)
        chip.endInterrupt(vector: 0x42)
        #expect(log.take().isEmpty)
        // Still high: again.
        chip.endInterrupt(vector: 0x41)
        #expect(log.take().count == 1)
        chip.setLine(20, isHigh: false)
        chip.write(offset: 0x40, size: 4, value: 0x41)
        #expect(log.take().isEmpty)
        #expect(get(0x10 + 2 * 20) & 0x4000 == 0)
    }

    @Test func levelIsDeliveredWhenUnmasked() {
        put(0x10 + 2 * 9, 0x18051)
        chip.setLine(9, isHigh: true)
        #expect(log.take().isEmpty)
        put(0x10 + 2 * 9, 0x08051)
        #expect(log.take().count == 1)
        // Edge for a moment clears the remote IRR (Linux's __eoi_ioapic_pin for old versions).
        put(0x10 + 2 * 9, 0x10051)
        #expect(get(0x10 + 2 * 9) & 0x4000 == 0)
        put(0x10 + 2 * 9, 0x08051)
        #expect(log.take().count == 1)
    }

    @Test func lowestPriorityHasTheHint() {
        put(0x11, 0xff00_0000)
        put(0x10, 0x0930)
        chip.setLine(0, isHigh: true)
        #expect(log.take() == [MessageSignalledInterrupt(address: 0xfeef_f00c, data: 0x130)])
    }
}
