import Board
import Testing

@testable import Chips

/// Plays the driver of port 0.
@Suite struct AHCIControllerTests {
    let devices = AddressSpace()
    let ram = TestMemory()
    let disk = MemoryDisk(sectors: 5000)
    let executor = TestExecutor()
    let log = MessageLog()
    let line = InterruptLine(number: 16) { _, _ in }
    let ahci: AHCIController
    let bus: PCIBus
    let base: UInt64 = 0xfebf_0000
    let list: UInt64 = 0x1000
    let frames: UInt64 = 0x1400

    init() {
        let drive = ATADrive(storage: disk, executor: executor)
        ahci = AHCIController(drives: [drive, nil], memory: ram.memory)
        bus = PCIBus(
            memory: devices, ports: AddressSpace(), interruptMessages: log, interruptLines: [line])
        bus.add(ahci.function, at: PCIAddress(device: 4))
        ahci.function.writeConfiguration(0x24, size: 4, value: UInt32(base))
        ahci.function.writeConfiguration(0x04, size: 2, value: 0x06)
        ram.fill(0, at: 0x1000, count: 0x1000)
    }

    func get(_ offset: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: devices.read(base + offset, size: 4)) }
    func put(_ offset: UInt64, _ value: UInt32) { devices.write(base + offset, size: 4, value: UInt64(value)) }

    /// As Linux does: reset, then start the port with its lists, interrupts on.
    func start() {
        put(0x04, 1)
        #expect(get(0x04) == 0x8000_0000)
        put(0x100, UInt32(list))
        put(0x104, 0)
        put(0x108, UInt32(frames))
        put(0x10c, 0)
        put(0x118, 0x10)
        put(0x130, .max)
        put(0x110, .max)
        put(0x114, 0x7800_007f)
        put(0x118, 0x11)
        put(0x08, .max)
        put(0x04, 2)
    }

    /// Writes a command into a slot, with its regions.
    func prepare(
        slot: UInt64, _ command: UInt8, lba: UInt64 = 0, count: UInt16 = 0, features: UInt16 = 0, isWrite: Bool = false,
        device: UInt8 = 0x40, regions: [(address: UInt64, count: Int)] = []
    ) {
        let table = 0x4000 + slot * 0x400
        ram.put(UInt32(5 | (isWrite ? 0x40 : 0) | regions.count << 16), at: list + 32 * slot)
        ram.put(UInt32(0), at: list + 32 * slot + 4)
        ram.put(table, at: list + 32 * slot + 8)
        let bytes = (0..<6).map { UInt8(truncatingIfNeeded: lba >> UInt64(8 * $0)) }
        let frame: [UInt8] =
            [0x27, 0x80, command, UInt8(truncatingIfNeeded: features)] + bytes[..<3] + [device] + bytes[3...]
            + [UInt8(features >> 8), UInt8(truncatingIfNeeded: count), UInt8(count >> 8), 0, 0, 0, 0, 0, 0]
        ram.put(frame, at: table)
        for (index, region) in regions.enumerated() {
            let entry = table + 0x80 + 16 * UInt64(index)
            ram.put(region.address, at: entry)
            ram.put(UInt32(0), at: entry + 8)
            ram.put(UInt32(region.count - 1), at: entry + 12)
        }
    }

    func acknowledge() -> UInt32 {
        let causes = get(0x110)
        put(0x110, causes)
        put(0x08, 1)
        return causes
    }

    @Test func describesItself() {
        #expect(bus.readConfiguration(PCIAddress(device: 4), offset: 0, size: 4) == 0x2922_8086)
        #expect(get(0x00) & 0x1f == 1)
        #expect(get(0x0c) == 3)
        #expect(get(0x128) == 0x133 && get(0x1a8) == 0)
        #expect(get(0x124) == 0x101)
        #expect(get(0x120) == 0x150)
        #expect(get(0x180 + 0x20) & 0xff == 0x7f)
    }

    @Test func identify() {
        start()
        prepare(slot: 0, 0xec, regions: [(0x8000, 512)])
        put(0x138, 1)
        #expect(get(0x138) == 0)
        #expect(line.isRaised)
        #expect(get(0x08) == 1)
        #expect(acknowledge() == 0x02)
        #expect(!line.isRaised)
        let identity = ram.bytes(at: 0x8000, count: 512)
        #expect(identity.reduce(0, &+) == 0)
        #expect(identity[150] == 31 && identity[153] & 1 == 1)
        #expect(ram.get(UInt32.self, at: list + 4) == 512)
        // The set-up frame with the status at its end.
        #expect(ram.bytes(at: frames + 0x20, count: 1) == [0x5f])
        #expect(ram.bytes(at: frames + 0x2f, count: 3) == [0x50, 0x00, 0x02])
    }

    @Test func directMemoryAcrossRegions() {
        start()
        prepare(slot: 3, 0x25, lba: 4000, count: 8, regions: [(0x10000, 2), (0x20000, 4094)])
        put(0x138, 8)
        #expect(acknowledge() == 0x01)
        #expect(ram.bytes(at: 0x10000, count: 2) + ram.bytes(at: 0x20000, count: 4094) == disk.sector(4000, count: 8))
        #expect(ram.bytes(at: frames + 0x40, count: 4) == [0x34, 0x40, 0x50, 0])
        let data = (0..<1024).map { UInt8(truncatingIfNeeded: $0 &* 5) }
        ram.put(data, at: 0x30000)
        prepare(slot: 0, 0x3d, lba: 10, count: 2, isWrite: true, regions: [(0x30000, 1024)])
        put(0x138, 1)
        #expect(disk.sector(10, count: 2) == data)
        #expect(disk.flushCount == 1)
    }

    @Test func queuedCommandsRunTogether() {
        start()
        executor.isImmediate = false
        for slot in UInt64(0)..<32 {
            prepare(
                slot: slot, 0x60, lba: 100 + slot, count: UInt16(slot << 3), features: 1,
                regions: [(0x20000 + slot * 512, 512)])
        }
        put(0x134, .max)
        put(0x138, .max)
        // All are the disk's: the list is free, the tags are active.
        #expect(get(0x138) == 0 && get(0x134) == .max)
        #expect(executor.waitingCount == 32)
        #expect(!line.isRaised)
        executor.run()
        #expect(get(0x134) == 0)
        #expect(acknowledge() == 0x08)
        #expect(ram.bytes(at: 0x20000, count: 32 * 512) == disk.sector(100, count: 32))
        #expect(ram.bytes(at: frames + 0x58, count: 2) == [0xa1, 0x40])
    }

    @Test func failedQueuedCommandIsInTheLog() {
        start()
        prepare(slot: 2, 0x60, lba: 4999, count: 2 << 3, features: 2, regions: [(0x20000, 1024)])
        put(0x134, 4)
        put(0x138, 4)
        #expect(acknowledge() & 0x4000_0008 == 0x4000_0008)
        #expect(get(0x120) & 1 == 1)
        #expect(get(0x134) == 4)
        // Nothing runs until the port is restarted.
        prepare(slot: 0, 0x2f, lba: 0x10, count: 1, regions: [(0x8000, 512)])
        put(0x138, 1)
        #expect(get(0x138) == 1)
        put(0x118, 0x10)
        #expect(get(0x118) & 0x8000 == 0 && get(0x134) == 0)
        put(0x118, 0x11)
        put(0x138, 1)
        let page = ram.bytes(at: 0x8000, count: 512)
        #expect(page[0] == 2 && page[3] == 0x10)
        #expect(page.reduce(0, &+) == 0)
    }

    @Test func oneAtATimeWithoutQueueing() {
        start()
        executor.isImmediate = false
        prepare(slot: 0, 0x25, lba: 1, count: 1, regions: [(0x10000, 512)])
        prepare(slot: 1, 0xea)
        put(0x138, 3)
        #expect(executor.waitingCount == 1)
        #expect(get(0x120) & 0x80 == 0x80)
        executor.run()
        #expect(get(0x138) == 0 && disk.flushCount == 1)
    }

    @Test func softwareReset() {
        start()
        ram.put(UInt32(5 | 1 << 8 | 1 << 10), at: list)
        ram.put(UInt64(0x4000), at: list + 8)
        var frame = [UInt8](repeating: 0, count: 20)
        frame[0] = 0x27
        frame[15] = 4
        ram.put(frame, at: 0x4000)
        put(0x138, 1)
        #expect(get(0x138) == 0 && get(0x120) & 0x80 == 0x80)
        frame[15] = 0
        ram.put(frame, at: 0x4000)
        put(0x138, 1)
        #expect(get(0x138) == 0 && get(0x120) == 0x150)
        #expect(ram.bytes(at: frames + 0x44, count: 3) == [1, 0, 0])
    }

    @Test func linkReset() {
        start()
        put(0x12c, 0x301)
        #expect(get(0x128) == 0)
        put(0x12c, 0x300)
        #expect(get(0x128) == 0x133 && get(0x124) == 0x101)
        #expect(get(0x130) & 1 << 26 != 0 && get(0x110) & 0x40 != 0)
        #expect(line.isRaised)
        put(0x130, .max)
        #expect(get(0x110) & 0x40 == 0)
    }

    @Test func badTables() {
        start()
        // Regions that are too short, not RAM, or a list that is not RAM.
        prepare(slot: 0, 0x25, lba: 1, count: 2, regions: [(0x10000, 512)])
        put(0x138, 1)
        #expect(acknowledge() & 1 << 29 != 0)
        put(0x118, 0x10)
        put(0x118, 0x11)
        prepare(slot: 0, 0x25, lba: 1, count: 1, regions: [(0xffff_ffff_ffff_f000, 512)])
        put(0x138, 1)
        #expect(acknowledge() & 1 << 29 != 0)
        put(0x118, 0x10)
        put(0x104, 0xffff_ffff)
        put(0x118, 0x11)
        put(0x138, 1)
        #expect(acknowledge() & 1 << 29 != 0)
    }

    @Test func storageErrors() {
        start()
        disk.isBroken = true
        prepare(slot: 5, 0x25, lba: 1, count: 1, regions: [(0x10000, 512)])
        put(0x138, 0x20)
        #expect(acknowledge() & 1 << 30 != 0)
        #expect(get(0x120) == 0x4051)
        #expect(get(0x138) == 0x20 && get(0x118) >> 8 & 31 == 5)
    }

    @Test func messages() {
        ahci.function.writeConfiguration(0x44, size: 4, value: 0xfee0_0000)
        ahci.function.writeConfiguration(0x4c, size: 2, value: 0x41)
        ahci.function.writeConfiguration(0x42, size: 2, value: 1)
        start()
        _ = log.take()
        prepare(slot: 0, 0xea)
        put(0x138, 1)
        #expect(log.take().map(\.data) == [0x41])
        #expect(!line.isRaised)
        _ = acknowledge()
        put(0x138, 1)
        #expect(log.take().count == 1)
    }
}
