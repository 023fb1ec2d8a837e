import Driver
import X86

// Two local APICs: raw loads and stores to their pages, their model-specific registers, messages of devices and of each other,
// time that jumps. Nothing traps or loops.

/// `main` is an alias of this.
@_cdecl("LocalAPIC_main")
public func localAPICMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    fuzz(count, arguments, fuzzOne)
}

private final class Board: ProcessorBus {
    private let ram: UnsafeMutableRawPointer
    private let flags: UnsafeMutablePointer<UInt8>
    private(set) var processors: [Processor] = []
    private(set) var apics = LocalAPICs([])
    var now: UInt64 = 0

    init() {
        ram = .allocate(byteCount: 0x1_0000, alignment: 4096)
        ram.initializeMemory(as: UInt8.self, repeating: 0, count: 0x1_0000)
        flags = .allocate(capacity: 16)
        flags.initialize(repeating: 0, count: 16)
        let memory = PhysicalMemory(
            runs: [.init(address: 0, byteCount: 0x1_0000, host: ram, firstPage: 0)], flags: flags)
        let pages = CodePages(memory: memory)
        processors = (0..<2).map { Processor(number: $0, memory: memory, codePages: pages, bus: self) }
        apics = LocalAPICs(processors.map(\.apic))
    }

    deinit {
        processors = []
        ram.deallocate()
        flags.deallocate()
    }

    func read(address: UInt64, size: Int) -> UInt64 { ~0 }
    func write(address: UInt64, size: Int, value: UInt64) {}
    func readPort(_ port: UInt16, size: Int) -> UInt32 { ~0 }
    func writePort(_ port: UInt16, size: Int, value: UInt32) {}
    func timeStamp() -> UInt64 { now }
    func acknowledgeLegacyInterrupt() -> UInt8? { 0x20 }
    func sendInterruptCommand(_ command: UInt64, from processor: Processor) {
        apics.send(command: command, from: processor.apic)
    }
    func endOfInterrupt(vector: UInt8) {}
    func timerDeadlineChanged(_ deadline: UInt64?, of processor: Processor) {}
    func wake(_ processor: Processor) {}
    func floatingPointError(of processor: Processor) {}
    func wallClock() -> UInt64 { 0 }
    func hypercall(
        _ number: UInt64, _ arguments: (UInt64, UInt64, UInt64, UInt64), from processor: Processor
    ) -> Int64? { nil }
}

private struct Input {
    var bytes: UnsafeBufferPointer<UInt8>.SubSequence

    mutating func next<T: FixedWidthInteger>(_ type: T.Type) -> T {
        var value: T = 0
        for index in 0..<MemoryLayout<T>.size { value |= T(truncatingIfNeeded: bytes.popFirst() ?? 0) << T(8 * index) }
        return value
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var input = Input(bytes: UnsafeBufferPointer(start: data, count: size)[...])
    let board = Board()
    // Software-enabled, as a kernel has them.
    for processor in board.processors { processor.apic.write(offset: 0xf0, size: 4, value: 0x1ff) }
    var steps = 0
    while !input.bytes.isEmpty, steps < 300 {
        steps += 1
        let choice = input.next(UInt8.self)
        let processor = board.processors[Int(choice >> 7)]
        let apic = processor.apic
        switch choice & 15 {
        case 0...3:
            let register = input.next(UInt8.self)
            apic.write(offset: UInt64(register & 0x3f) << 4, size: 4, value: UInt64(input.next(UInt32.self)))
        case 4:
            apic.write(
                offset: UInt64(input.next(UInt16.self) & 0xfff), size: 1 << Int(input.next(UInt8.self) & 3),
                value: input.next(UInt64.self))
        case 5:
            _ = apic.read(offset: UInt64(input.next(UInt16.self) & 0xfff), size: 1 << Int(input.next(UInt8.self) & 3))
        case 6:
            // IA32_APIC_BASE, with its page where it is.
            _ = processor.setModelSpecificRegister(
                0x1b, 0xfee0_0000 | UInt64(input.next(UInt8.self) & 0xd) << 8)
        case 7...8:
            _ = processor.setModelSpecificRegister(
                0x800 | UInt32(input.next(UInt8.self) & 0x3f), UInt64(input.next(UInt32.self)))
        case 9: _ = processor.modelSpecificRegister(0x800 | UInt32(input.next(UInt8.self) & 0x3f))
        case 10: _ = processor.setModelSpecificRegister(0x6e0, input.next(UInt64.self))
        case 11:
            board.apics.deliver(
                address: 0xfee0_0000 | UInt64(input.next(UInt32.self) & 0xf_ffff), data: input.next(UInt32.self))
        case 12:
            // Time goes on a little, a lot, or around.
            let step = input.next(UInt64.self)
            board.now &+= step >> UInt64(input.next(UInt8.self) & 63)
            apic.timerExpired()
        case 13:
            apic.setLegacyLine(input.next(UInt8.self) & 1 != 0)
            apic.postNonMaskable()
        case 14: apic.post(vector: input.next(UInt8.self), isLevel: choice & 0x40 != 0)
        default:
            _ = processor.setModelSpecificRegister(0x10, input.next(UInt64.self))
            apic.kick()
        }
    }
    return 0
}
