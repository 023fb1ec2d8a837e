import X86

/// RAM and one processor in 64-bit mode, its first gigabyte mapped one to one; no devices.
final class BareMachine: ProcessorBus {
    static let byteCount = 64 << 20
    static let code: UInt64 = 0x10_0000
    static let data: UInt64 = 0x20_0000
    private static let tables: UInt64 = 0x1000

    let ram: UnsafeMutableRawPointer
    private let memory: PhysicalMemory
    private let codePages: CodePages
    private var processorOnBus: Processor?
    var processor: Processor { processorOnBus.unsafelyUnwrapped }

    init() {
        ram = .allocate(byteCount: BareMachine.byteCount, alignment: 4096)
        ram.initializeMemory(as: UInt8.self, repeating: 0, count: BareMachine.byteCount)
        let flags = UnsafeMutablePointer<UInt8>.allocate(capacity: BareMachine.byteCount >> 12)
        flags.initialize(repeating: 0, count: BareMachine.byteCount >> 12)
        memory = PhysicalMemory(
            runs: [.init(address: 0, byteCount: UInt64(BareMachine.byteCount), host: ram, firstPage: 0)], flags: flags)
        codePages = CodePages(memory: memory)
        processorOnBus = Processor(number: 0, memory: memory, codePages: codePages, bus: self)
        let tables = BareMachine.tables
        store(tables + 0x1000 | 7, at: tables)
        store(tables + 0x2000 | 7, at: tables + 0x1000)
        for index in 0..<512 { store(UInt64(index) << 21 | 0x87, at: tables + 0x2000 + UInt64(index) * 8) }
        enterLongMode()
    }

    private func store(_ value: UInt64, at address: UInt64) {
        ram.storeBytes(of: value, toByteOffset: Int(address), as: UInt64.self)
    }

    private func enterLongMode() {
        let cpu = processor.cpu
        cpu.set(StateLayout.cr0, ControlBit.protection | ControlBit.paging | ControlBit.writeProtect)
        cpu.set(StateLayout.cr4, ControlBit.physicalAddressExtension)
        cpu.set(StateLayout.cr3, BareMachine.tables)
        cpu.set(StateLayout.efer, ControlBit.longModeEnable | ControlBit.longModeActive)
        for segment in 0..<6 {
            let base = StateLayout.segments + segment * SegmentField.byteCount
            cpu.set(base + SegmentField.base, UInt64(0))
            cpu.set(base + SegmentField.limit, UInt32.max)
            cpu.set(base + SegmentField.attributes, UInt16(segment == 1 ? 0xa09b : 0xc093))
        }
        cpu.set(StateLayout.privilegeLevel, UInt32(0))
        cpu.flags = 2
        processor.modeChanged()
        processor.flushTranslations()
    }

    deinit { ram.deallocate() }

    /// Runs `program` until HLT: once.
    /// - Returns: instructions.
    func run(_ program: BenchmarkProgram) -> UInt64 {
        program.bytes.withUnsafeBytes {
            (ram + Int(BareMachine.code)).copyMemory(from: $0.baseAddress!, byteCount: $0.count)
        }
        let cpu = processor.cpu
        for (register, value) in program.registers { cpu[register] = value }
        cpu[.rsp] = BareMachine.data - 64
        cpu.set(StateLayout.rip, BareMachine.code)
        let before: UInt64 = cpu.get(StateLayout.instructionCount)
        guard processor.run() == .halted else { fatalError("\(program.name) did not end with HLT") }
        return cpu.get(StateLayout.instructionCount, as: UInt64.self) - before
    }

    // MARK: - ProcessorBus: nothing is there

    func read(address: UInt64, size: Int) -> UInt64 { ~0 }
    func write(address: UInt64, size: Int, value: UInt64) {}
    func readPort(_ port: UInt16, size: Int) -> UInt32 { ~0 }
    func writePort(_ port: UInt16, size: Int, value: UInt32) {}
    func timeStamp() -> UInt64 { 0 }
    func acknowledgeLegacyInterrupt() -> UInt8? { nil }
    func sendInterruptCommand(_ command: UInt64, from processor: Processor) {}
    func endOfInterrupt(vector: UInt8) {}
    func timerDeadlineChanged(_ deadline: UInt64?, of processor: Processor) {}
    func wake(_ processor: Processor) {}
    func floatingPointError(of processor: Processor) {}
    func wallClock() -> UInt64 { 0 }
    func hypercall(
        _ number: UInt64, _ arguments: (UInt64, UInt64, UInt64, UInt64), from processor: Processor
    ) -> Int64? { nil }
}
