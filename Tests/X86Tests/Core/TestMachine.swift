import Glibc
import Linux
import Synchronization
@testable import X86

/// A few megabytes of RAM, processors in 64-bit mode with the first gigabyte mapped one to one, and a bus where nothing is but a
/// port that remembers what was written to it.
final class TestMachine: ProcessorBus {
    static let byteCount = 4 << 20
    /// Page tables: top, then the level below, then one page directory with pages of 2 MiB; from 0x10_4000 on free.
    static let pageTables: UInt64 = 0x10_0000
    static let stackTop: UInt64 = 0x20_0000

    let ram: UnsafeMutableRawPointer
    private let map: MappedMemory
    let flags: UnsafeMutablePointer<UInt8>
    let memory: PhysicalMemory
    let codePages: CodePages
    private(set) var processors: [Processor] = []
    /// What was written to ports, in order.
    var written: [UInt32] = []
    /// How often FERR# was asserted.
    private(set) var floatingPointErrors = 0

    init(processors count: Int = 1) {
        // Shared, as a machine's is, so that a page can be shown in a second place.
        let map = try! MappedMemory(byteCount: TestMachine.byteCount, shared: true)
        ram = map.base
        self.map = map
        flags = .allocate(capacity: TestMachine.byteCount >> 12)
        flags.initialize(repeating: 0, count: TestMachine.byteCount >> 12)
        memory = PhysicalMemory(
            runs: [.init(address: 0, byteCount: UInt64(TestMachine.byteCount), host: ram, firstPage: 0)], flags: flags)
        codePages = CodePages(memory: memory)
        for number in 0..<count {
            let processor = Processor(number: number, memory: memory, codePages: codePages, bus: self)
            let window = try! PageWindow()
            processor.pagesSideBySide = { window.show($0, $1) }
            processors.append(processor)
            enterLongMode(processor)
        }
        let tables = TestMachine.pageTables
        store(tables + 0x1000 | 7, at: tables)
        store(tables + 0x2000 | 7, at: tables + 0x1000)
        for index in 0..<512 {
            store(UInt64(index) << 21 | 0x87, at: tables + 0x2000 + UInt64(index) * 8)
        }
    }

    deinit { flags.deallocate() }

    var processor: Processor { processors[0] }
    var cpu: CPU { processors[0].cpu }

    private func enterLongMode(_ processor: Processor) {
        let cpu = processor.cpu
        cpu.set(
            StateLayout.cr0,
            ControlBit.protection | ControlBit.paging | ControlBit.writeProtect | ControlBit.numericError | 0x10)
        cpu.set(StateLayout.cr4, ControlBit.physicalAddressExtension | ControlBit.fxsave | ControlBit.simdExceptions)
        cpu.set(StateLayout.cr3, TestMachine.pageTables)
        cpu.set(
            StateLayout.efer,
            ControlBit.longModeEnable | ControlBit.longModeActive | ControlBit.noExecuteEnable | ControlBit.systemCall)
        for segment in 0..<6 {
            let base = StateLayout.segments + segment * SegmentField.byteCount
            cpu.set(base + SegmentField.base, UInt64(0))
            cpu.set(base + SegmentField.limit, UInt32.max)
            cpu.set(base + SegmentField.selector, UInt16(segment == 1 ? 8 : 16))
            cpu.set(base + SegmentField.attributes, UInt16(segment == 1 ? 0xa09b : 0xc093))
        }
        cpu.set(StateLayout.privilegeLevel, UInt32(0))
        cpu.flags = 2
        cpu[.rsp] = TestMachine.stackTop - UInt64(processor.number) * 0x1000
        processor.modeChanged()
        processor.flushTranslations()
    }

    func store<T: BitwiseCopyable>(_ value: T, at address: UInt64) {
        (ram + Int(address)).storeBytes(of: value, as: T.self)
    }

    func load<T: BitwiseCopyable>(_ type: T.Type, at address: UInt64) -> T {
        (ram + Int(address)).loadUnaligned(as: type)
    }

    func write(_ bytes: [UInt8], at address: UInt64) {
        (ram + Int(address)).copyMemory(from: bytes, byteCount: bytes.count)
    }

    /// Maps a page of 4 KiB, in the second gigabyte's directory, to a physical page.
    func map(_ linear: UInt64, to physical: UInt64, bits: UInt64 = 7) {
        precondition(linear >= 0x4000_0000 && linear < 0x4020_0000)
        let tables = TestMachine.pageTables
        store(tables + 0x3000 | 7, at: tables + 0x1008)
        store(tables + 0x4000 | 7, at: tables + 0x3000)
        store(physical | bits, at: tables + 0x4000 + (linear >> 12 & 511) * 8)
    }

    /// Runs from `rip` until HLT (or another end).
    func run(at rip: UInt64, _ number: Int = 0) -> RunEnd {
        processors[number].wakeFromHalt()
        processors[number].cpu.set(StateLayout.rip, rip)
        return processors[number].run()
    }

    // MARK: - ProcessorBus

    func read(address: UInt64, size: Int) -> UInt64 { ~0 }
    func write(address: UInt64, size: Int, value: UInt64) {}
    func readPort(_ port: UInt16, size: Int) -> UInt32 { ~0 }
    func writePort(_ port: UInt16, size: Int, value: UInt32) { written.append(value) }
    func timeStamp() -> UInt64 { 0 }
    func acknowledgeLegacyInterrupt() -> UInt8? { nil }
    func sendInterruptCommand(_ command: UInt64, from processor: Processor) {}
    func endOfInterrupt(vector: UInt8) {}
    func timerDeadlineChanged(_ deadline: UInt64?, of processor: Processor) {}
    func wake(_ processor: Processor) {}
    func relax() { sched_yield() }
    func wallClock() -> UInt64 { 0 }
    func hypercall(
        _ number: UInt64, _ arguments: (UInt64, UInt64, UInt64, UInt64), from processor: Processor
    ) -> Int64? { nil }
    func floatingPointError(of processor: Processor) { floatingPointErrors += 1 }
}
