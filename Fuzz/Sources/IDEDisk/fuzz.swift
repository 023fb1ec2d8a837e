import Board
import ChipBench
import Chips
import Driver

// An IDE controller with a disk on each channel, and a guest that writes anything to its registers and tables.

/// `main` is an alias of this.
@_cdecl("IDEDisk_main")
public func ideDiskMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    fuzz(count, arguments, fuzzOne)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    let bench = Bench(
        portRanges: [(0x1f0, 8), (0x3f6, 1), (0xc000, 16), (0x170, 8), (0x376, 1), (0x1f0, 1)], memoryRanges: [])
    let (disk, executor) = (BenchDisk(), BenchExecutor())
    let lines = [14, 15].map { InterruptLine(number: $0) { _, _ in } }
    let drives = [ATADrive(storage: disk, executor: executor), nil, nil, ATADrive(storage: disk, executor: executor)]
    let controller = IDEController(drives: drives, memory: bench.memory, lines: lines)
    controller.map(in: bench.ports)
    let bus = PCIBus(memory: bench.devices, ports: bench.ports, interruptMessages: bench)
    bus.add(controller.function, at: PCIAddress(device: 2))
    controller.function.writeConfiguration(0x20, size: 4, value: 0xc001)
    controller.function.writeConfiguration(0x04, size: 2, value: 5)
    bench.bus = bus
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
