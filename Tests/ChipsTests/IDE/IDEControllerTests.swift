import Board
import Testing

@testable import Chips

/// Plays the driver of the first channel.
@Suite struct IDEControllerTests {
    let ports = Ports()
    let ram = TestMemory()
    let disk = MemoryDisk(sectors: 1000)
    let executor = TestExecutor()
    let line = InterruptLine(number: 14) { _, _ in }
    let ide: IDEController
    let bus: PCIBus

    init() {
        let drive = ATADrive(storage: disk, executor: executor)
        ide = IDEController(
            drives: [drive], memory: ram.memory, lines: [line, InterruptLine(number: 15) { _, _ in }])
        ide.map(in: ports.space)
        bus = PCIBus(memory: AddressSpace(), ports: ports.space, interruptMessages: MessageLog())
        bus.add(ide.function, at: PCIAddress(device: 2))
        ide.function.writeConfiguration(0x20, size: 4, value: 0xc001)
        ide.function.writeConfiguration(0x04, size: 2, value: 0x05)
    }

    func command(_ value: UInt8, lba: UInt64 = 0, count: UInt16 = 1, features: UInt16 = 0, wide: Bool = false) {
        if wide {
            ports.outb(0x1f1, UInt8(features >> 8))
            ports.outb(0x1f2, UInt8(count >> 8))
            for index in UInt64(0)..<3 {
                ports.outb(0x1f3 + index, UInt8(truncatingIfNeeded: lba >> (24 + 8 * index)))
            }
        }
        ports.outb(0x1f1, UInt8(truncatingIfNeeded: features))
        ports.outb(0x1f2, UInt8(truncatingIfNeeded: count))
        for index in UInt64(0)..<3 { ports.outb(0x1f3 + index, UInt8(truncatingIfNeeded: lba >> (8 * index))) }
        ports.outb(0x1f6, 0xe0 | (wide ? 0 : UInt8(lba >> 24 & 15)))
        ports.outb(0x1f7, value)
    }

    /// Status after an interrupt.
    func waitForInterrupt() -> UInt8 {
        #expect(line.isRaised)
        let status = ports.inb(0x1f7)
        #expect(!line.isRaised)
        return status
    }

    func readBlock(_ bytes: Int = 512) -> [UInt8] {
        (0..<bytes / 4).flatMap { _ in
            let word = ports.inl(0x1f0)
            return (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) }
        }
    }

    func writeBlock(_ bytes: [UInt8]) {
        for index in stride(from: 0, to: bytes.count, by: 2) {
            ports.outw(0x1f0, UInt16(bytes[index]) | UInt16(bytes[index + 1]) << 8)
        }
    }

    @Test func identifies() {
        command(0xec)
        #expect(waitForInterrupt() == 0x58)
        let identity = readBlock()
        #expect(ports.inb(0x3f6) == 0x50)
        let word = { (index: Int) in Int(identity[2 * index]) | Int(identity[2 * index + 1]) << 8 }
        #expect(word(60) == 1000 && word(100) == 1000)
        #expect(word(83) & 0x7400 == 0x7400)
        #expect(word(88) == 0x203f)
        #expect(identity.reduce(0, &+) == 0)
        #expect(String(decoding: [identity[55], identity[54], identity[57]], as: UTF8.self) == "ROO")
    }

    @Test func readsSectorsOneByOne() {
        command(0x20, lba: 5, count: 3)
        for sector in 5..<8 {
            #expect(waitForInterrupt() & 0x89 == 0x08)
            #expect(readBlock() == disk.sector(sector))
        }
        #expect(!line.isRaised)
        #expect(ports.inb(0x1f7) == 0x50)
    }

    @Test func readsManyBlocksInChunks() {
        command(0xc6, count: 16)
        #expect(waitForInterrupt() == 0x50)
        command(0x29, lba: 100, count: 300, wide: true)
        var got: [UInt8] = []
        for block in 0..<19 {
            #expect(waitForInterrupt() & 0x89 == 0x08)
            got += readBlock(block == 18 ? 12 * 512 : 16 * 512)
        }
        #expect(got == disk.sector(100, count: 300))
        #expect(ports.inb(0x1f7) == 0x50)
    }

    @Test func writesSectors() {
        let data = (0..<1024).map { UInt8(truncatingIfNeeded: $0 * 7) }
        command(0x30, lba: 9, count: 2)
        #expect(!line.isRaised)
        #expect(ports.inb(0x3f6) & 0x08 != 0)
        writeBlock(Array(data[..<512]))
        #expect(waitForInterrupt() & 0x08 != 0)
        writeBlock(Array(data[512...]))
        #expect(waitForInterrupt() == 0x50)
        #expect(disk.sector(9, count: 2) == data)
        command(0xe7)
        #expect(waitForInterrupt() == 0x50)
        #expect(disk.flushCount == 1)
        // Without the write cache, every write is flushed.
        command(0xef, features: 0x82)
        #expect(waitForInterrupt() == 0x50)
        command(0x30, lba: 9)
        writeBlock(Array(data[..<512]))
        #expect(waitForInterrupt() == 0x50)
        #expect(disk.flushCount == 2)
    }

    /// Regions of the guest's memory; the last one ends the table.
    func setTable(_ regions: [(address: UInt32, count: UInt16)]) {
        for (index, region) in regions.enumerated() {
            ram.put(region.address, at: 0x8000 + 8 * UInt64(index))
            let end: UInt32 = index == regions.count - 1 ? 0x8000_0000 : 0
            ram.put(UInt32(region.count) | end, at: 0x8004 + 8 * UInt64(index))
        }
        ports.outl(0xc004, 0x8000)
        ports.outb(0xc002, 0x06)
    }

    @Test func busMasterReads() {
        setTable([(0x10000, 0x600), (0x20000, 0xa00)])
        ports.outb(0xc000, 0x08)
        command(0xc8, lba: 20, count: 8)
        #expect(!line.isRaised)
        ports.outb(0xc000, 0x09)
        #expect(ports.inb(0xc002) & 7 == 4)
        #expect(waitForInterrupt() == 0x50)
        ports.outb(0xc000, 0)
        ports.outb(0xc002, 4)
        #expect(ports.inb(0xc002) & 7 == 0)
        let got = ram.bytes(at: 0x10000, count: 0x600) + ram.bytes(at: 0x20000, count: 0xa00)
        #expect(got == disk.sector(20, count: 8))
        #expect(ram.bytes(at: 0x10600, count: 1) == [0xa5])
    }

    @Test func busMasterWritesWhileStorageTakesItsTime() {
        executor.isImmediate = false
        let data = (0..<65536).map { UInt8(truncatingIfNeeded: $0 / 3) }
        ram.put(data, at: 0x40000)
        setTable([(0x40000, 0)])
        ports.outb(0xc000, 0x01)
        command(0x35, lba: 64, count: 128, wide: true)
        #expect(ports.inb(0x3f6) == 0x80)
        #expect(ports.inb(0xc002) & 7 == 1)
        executor.run()
        #expect(waitForInterrupt() == 0x50)
        #expect(disk.sector(64, count: 128) == data)
    }

    @Test func tableThatIsTooShortOrNotRAM() {
        setTable([(0x10000, 0x200)])
        command(0xc8, lba: 0, count: 2)
        ports.outb(0xc000, 0x09)
        #expect(waitForInterrupt() & 1 == 1)
        #expect(ports.inb(0xc002) & 7 == 6)
        ports.outb(0xc000, 0)
        setTable([(0xfff0_0000, 0x200)])
        command(0xc8, lba: 0, count: 1)
        ports.outb(0xc000, 0x09)
        #expect(waitForInterrupt() & 1 == 1)
    }

    @Test func errors() {
        command(0x20, lba: 999, count: 2)
        #expect(waitForInterrupt() == 0x51)
        #expect(ports.inb(0x1f1) == 0x10)
        command(0xa1)
        #expect(waitForInterrupt() == 0x51)
        #expect(ports.inb(0x1f1) == 0x04)
        disk.isBroken = true
        command(0x20)
        #expect(waitForInterrupt() == 0x51)
        #expect(ports.inb(0x1f1) == 0x40)
        disk.isReadOnly = true
        command(0x30)
        #expect(waitForInterrupt() == 0x51)
    }

    @Test func detection() {
        // Device 1 is not there: no status; the second channel floats.
        ports.outb(0x1f6, 0xb0)
        #expect(ports.inb(0x1f7) == 0)
        #expect(ports.inb(0x177) == 0xff)
        ports.outb(0x3f6, 0x0e)
        ports.outb(0x1f6, 0xa0)
        ports.outb(0x3f6, 0x08)
        #expect(ports.inb(0x1f7) == 0x50)
        #expect([2, 3, 4, 5].map { ports.inb(0x1f0 + UInt64($0)) } == [1, 1, 0, 0])
        #expect(ports.inb(0x1f1) == 1)
    }

    @Test func resetDropsWhatIsUnderWay() {
        executor.isImmediate = false
        command(0x20)
        ports.outb(0x3f6, 0x04)
        ports.outb(0x3f6, 0x00)
        executor.run()
        #expect(!line.isRaised)
        #expect(ports.inb(0x1f7) == 0x50)
    }

    @Test func cylindersHeadsAndSectors() {
        // Cylinder 0, head 15, sector 55: 15 × 63 + 54 = 999.
        ports.outb(0x1f2, 1)
        ports.outb(0x1f3, 55)
        ports.outb(0x1f4, 0)
        ports.outb(0x1f5, 0)
        ports.outb(0x1f6, 0xaf)
        ports.outb(0x1f7, 0x20)
        #expect(waitForInterrupt() == 0x58)
        #expect(readBlock() == disk.sector(999))
    }

    @Test func trimGivesUpRanges() {
        ram.fill(0, at: 0x10000, count: 512)
        ram.put(UInt64(100) | 50 << 48, at: 0x10000)
        setTable([(0x10000, 0x200)])
        command(0x06, count: 1, features: 1, wide: true)
        ports.outb(0xc000, 0x01)
        #expect(waitForInterrupt() == 0x50)
        #expect(disk.discards == [51200..<76800])
    }
}
