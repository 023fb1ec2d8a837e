import X86

/// A processor, 256 KiB of RAM with the tables that the modes need, and a bus where nobody answers. Code starts at 0x8000; every
/// exception's handler halts.
final class SmallGuest: ProcessorBus {
    enum Mode: UInt8 {
        case real, protected, protectedUser, long, longUser
    }

    static let byteCount = 256 << 10
    static let codeAddress = 0x8000

    let ram: UnsafeMutableRawPointer
    private let flags: UnsafeMutablePointer<UInt8>
    private var processors: [Processor] = []
    var processor: Processor { processors[0] }

    init() {
        let pages = SmallGuest.byteCount >> 12
        ram = .allocate(byteCount: SmallGuest.byteCount, alignment: 4096)
        ram.initializeMemory(as: UInt8.self, repeating: 0, count: SmallGuest.byteCount)
        flags = .allocate(capacity: pages)
        flags.initialize(repeating: 0, count: pages)
        let memory = PhysicalMemory(
            runs: [.init(address: 0, byteCount: UInt64(SmallGuest.byteCount), host: ram, firstPage: 0)], flags: flags)
        processors.append(Processor(number: 0, memory: memory, codePages: CodePages(memory: memory), bus: self))
    }

    deinit {
        processors = []
        ram.deallocate()
        flags.deallocate()
    }

    func store<T: BitwiseCopyable>(_ value: T, at address: Int) {
        ram.storeBytes(of: value, toByteOffset: address, as: T.self)
    }

    // MARK: - Modes

    private static let descriptors: [UInt64] = [
        0, 0x00af_9b00_0000_ffff, 0x00cf_9b00_0000_ffff, 0x00cf_9300_0000_ffff, 0x00cf_fb00_0000_ffff,
        0x00cf_f300_0000_ffff, 0x00af_fb00_0000_ffff, 0x0000_8900_5000_0067, 0, 0x000f_ec00_0010_0000,
    ]
    private static let handlers = 0x600
    private static let globalTable = 0x2000
    private static let interruptTable = 0x3000
    private static let taskState = 0x5000
    private static let pageTables = 0x1_0000

    func enter(_ mode: Mode) {
        let cpu = processor.cpu
        // Every handler is HLT; of users' INT too.
        ram.advanced(by: SmallGuest.handlers).initializeMemory(as: UInt8.self, repeating: 0xf4, count: 16)
        cpu.set(StateLayout.rip, UInt64(SmallGuest.codeAddress))
        guard mode != .real else {
            for vector in 0..<256 { store(UInt32(SmallGuest.handlers), at: vector * 4) }
            for segment in 0..<6 { setSegment(segment, 0, segment == 1 ? 0x9b : 0x93, limit: 0xffff) }
            processor.modeChanged()
            return
        }
        let isUser = mode == .protectedUser || mode == .longUser
        let isLong = mode == .long || mode == .longUser
        for (index, descriptor) in SmallGuest.descriptors.enumerated() {
            store(descriptor, at: SmallGuest.globalTable + index * 8)
        }
        let gate = UInt64(SmallGuest.handlers) | (isLong ? 0x08 : 0x10) << 16 | 0xee00 << 32
        for vector in 0..<256 {
            store(gate, at: SmallGuest.interruptTable + vector * (isLong ? 16 : 8))
            if isLong { store(UInt64(0), at: SmallGuest.interruptTable + vector * 16 + 8) }
        }
        store(UInt32(0x7000), at: SmallGuest.taskState + 4)
        if !isLong { store(UInt32(0x18), at: SmallGuest.taskState + 8) }
        setPages()
        cpu.set(StateLayout.globalDescriptors, UInt64(SmallGuest.globalTable))
        cpu.set(StateLayout.globalDescriptors + 8, UInt32(SmallGuest.descriptors.count * 8 - 1))
        cpu.set(StateLayout.interruptDescriptors, UInt64(SmallGuest.interruptTable))
        cpu.set(StateLayout.interruptDescriptors + 8, UInt32(isLong ? 0xfff : 0x7ff))
        cpu.set(StateLayout.cr4, UInt64(0x620))
        cpu.set(StateLayout.cr0, isLong ? UInt64(0x8001_0033) : 0x33)
        if isLong {
            cpu.set(StateLayout.cr3, UInt64(SmallGuest.pageTables))
            cpu.set(StateLayout.efer, UInt64(0xd01))
        }
        let level: UInt16 = isUser ? 0x60 : 0
        let code: UInt16 = isLong ? (isUser ? 0x33 : 0x08) : isUser ? 0x23 : 0x10
        setSegment(1, code, (isLong ? 0xa09b : 0xc09b) | level)
        for segment in [0, 2, 3, 4, 5] { setSegment(segment, isUser ? 0x2b : 0x18, 0xc093 | level) }
        setSegment(7, 0x38, 0x008b, base: UInt64(SmallGuest.taskState), limit: 0x67)
        cpu.set(StateLayout.privilegeLevel, UInt32(isUser ? 3 : 0))
        processor.modeChanged()
        processor.flushTranslations()
    }

    /// The first 2 MiB one to one; beyond RAM the bus is.
    private func setPages() {
        let tables = SmallGuest.pageTables
        for level in 0..<3 { store(UInt64(tables + (level + 1) * 0x1000 | 7), at: tables + level * 0x1000) }
        for page in 0..<512 { store(UInt64(page << 12 | 7), at: tables + 0x3000 + page * 8) }
    }

    private func setSegment(
        _ number: Int, _ selector: UInt16, _ attributes: UInt16, base: UInt64 = 0, limit: UInt32 = .max
    ) {
        let at = StateLayout.segments + number * SegmentField.byteCount
        let cpu = processor.cpu
        cpu.set(at + SegmentField.base, base)
        cpu.set(at + SegmentField.limit, limit)
        cpu.set(at + SegmentField.selector, selector)
        cpu.set(at + SegmentField.attributes, attributes)
    }

    // MARK: - ProcessorBus

    func read(address: UInt64, size: Int) -> UInt64 { address }
    func write(address: UInt64, size: Int, value: UInt64) {}
    func readPort(_ port: UInt16, size: Int) -> UInt32 { UInt32(port) }
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
