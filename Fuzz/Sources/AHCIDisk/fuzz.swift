import Board
import ChipBench
import Chips
import Driver

// An AHCI controller with a disk, a list and tables that are in order at first, and a guest that writes anything to
// registers, lists, tables and frames.

/// `main` is an alias of this.
@_cdecl("AHCIDisk_main")
public func ahciDiskMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    fuzz(count, arguments, fuzzOne)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    let base: UInt64 = 0xfebf_0000
    let bench = Bench(portRanges: [], memoryRanges: [(base, 0x200), (base + 0x100, 0x40), (base + 0x138, 4)])
    let (disk, executor) = (BenchDisk(), BenchExecutor())
    let controller = AHCIController(
        drives: [ATADrive(storage: disk, executor: executor), nil], memory: bench.memory)
    let line = InterruptLine(number: 16) { _, _ in }
    let bus = PCIBus(
        memory: bench.devices, ports: bench.ports, interruptMessages: bench, interruptLines: [line])
    bus.add(controller.function, at: PCIAddress(device: 2))
    controller.function.writeConfiguration(0x24, size: 4, value: UInt32(base))
    controller.function.writeConfiguration(0x04, size: 2, value: 6)
    bench.bus = bus
    // Slot n has its table at 0x4000 + 0x400 n; the first bytes choose the commands.
    for slot in UInt64(0)..<32 {
        let table = 0x4000 + slot * 0x400
        let command = slot < UInt64(size) ? data[Int(slot)] : 0xec
        try? bench.memory.store(UInt64(5 | 2 << 16), at: 0x1000 + 32 * slot)
        try? bench.memory.store(table, at: 0x1008 + 32 * slot)
        try? bench.memory.write(
            [0x27, 0x80, command, 1, UInt8(slot), 0, 0, 0x40, 0, 0, 0, 0, UInt8(slot << 3), 0, 0, 0], at: table)
        for region in UInt64(0)..<2 {
            try? bench.memory.store(0x40000 + slot * 0x1000 + region * 0x800, at: table + 0x80 + 16 * region)
            try? bench.memory.store(UInt64(0xff) << 32, at: table + 0x88 + 16 * region)
        }
    }
    for (register, value) in [
        (UInt64(0x04), UInt64(2)), (0x100, 0x1000), (0x108, 0x1400), (0x114, 0xffff_ffff), (0x118, 0x11),
    ] {
        bench.devices.write(base + register, size: 4, value: value)
    }
    bench.onOutside = { choice in
        switch choice {
        case 0...3: executor.runOne()
        case 4: executor.isImmediate = true
        case 5: executor.isImmediate = false
        case 6: disk.isBroken.toggle()
        case 7: bus.reset()
        default: executor.run()
        }
    }
    bench.run(UnsafeRawBufferPointer(start: data, count: size))
    executor.run()
    withExtendedLifetime((controller, bus)) {}
    bench.takeApart()
    return 0
}
