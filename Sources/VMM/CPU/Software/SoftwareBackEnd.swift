import Board
import Linux
import X86

/// Processors of our own, in software.
public final class SoftwareBackEnd: CPUBackEnd, @unchecked Sendable {
    public let kind = CPUKind.software
    public let hasInterruptControllers = false
    public var legacyInterrupts: LegacyInterrupts?
    /// Where x87 errors go that CR0.NE leaves to the interrupt controllers: IRQ 13.
    var floatingPointLine: InterruptLine?

    let bus: DeviceBus
    let time: MachineTime
    let loop: EventLoop
    private let memory: GuestMemory
    private let physical: PhysicalMemory
    private let codePages: CodePages
    private let model: ProcessorModel
    private(set) var processors: [SoftwareCPU] = []
    /// Where interrupts go; all processors are made before the first runs.
    private(set) var localAPICs = LocalAPICs([])

    public init(
        memory: GuestMemory, bus: DeviceBus, time: MachineTime, loop: EventLoop, processorCount: Int = 1,
        isParavirtual: Bool = true
    ) {
        self.memory = memory
        self.bus = bus
        self.time = time
        self.loop = loop
        // The time-stamp counter is the machine's time in nanoseconds.
        model = ProcessorModel(
            processorCount: processorCount, timeStampFrequency: 1_000_000_000, isParavirtual: isParavirtual)
        var runs: [PhysicalMemory.Run] = []
        var firstPage = 0
        for region in memory.regions {
            runs.append(
                PhysicalMemory.Run(
                    address: region.address, byteCount: region.byteCount, host: region.host, firstPage: firstPage))
            firstPage += Int(region.byteCount >> 12)
        }
        physical = PhysicalMemory(runs: runs, flags: memory.pageFlags)
        codePages = CodePages(memory: physical)
        let codePages = codePages
        let placed = runs
        memory.onCodeWrite = { address in
            for run in placed where address >= run.address && address - run.address < run.byteCount {
                codePages.written(page: run.firstPage + Int((address - run.address) >> 12))
            }
        }
    }

    public func makeCPU(_ number: Int) throws -> any VirtualCPU {
        let cpu = try SoftwareCPU(number, memory: physical, codePages: codePages, model: model, backEnd: self)
        processors.append(cpu)
        localAPICs = LocalAPICs(processors.map(\.processor.apic))
        return cpu
    }

    public func send(_ message: MessageSignalledInterrupt) {
        localAPICs.deliver(address: message.address, data: message.data)
    }

    /// The controllers are the machine's own chips: nobody calls this.
    public func setIOAPIC(_ input: Int, _ isRaised: Bool) {}
    public func setPIC(_ input: Int, _ isRaised: Bool) {}

    public func setLegacyInterrupt(_ isRaised: Bool) { processors.first?.processor.apic.setLegacyLine(isRaised) }

    public func tieWrites(to event: Int32, address: UInt64, size: Int, value: UInt64?, isAttached: Bool) -> Bool {
        false
    }

    public func setDirtyLogging(_ on: Bool) throws {
        for page in 0..<memory.pageCount {
            if on {
                memory.setFlags(PageFlags.isLogged, page: page)
            } else {
                memory.clearFlags(PageFlags.isLogged | PageFlags.dirty, page: page)
            }
        }
        forgetTranslations()
    }

    public func takeDirtyPages() throws -> [Int] {
        var pages: [Int] = []
        for page in 0..<memory.pageCount where memory.pageFlags[page] & PageFlags.dirty != 0 {
            memory.clearFlags(PageFlags.dirty, page: page)
            pages.append(page)
        }
        // Pages that were written to are writable without a word now: the next write is to be noted again.
        forgetTranslations()
        return pages
    }

    private func forgetTranslations() {
        for processor in processors { processor.processor.request(Request.flushTranslations) }
    }

    public func pauseTime() {}

    public func resumeTime() { for processor in processors { processor.timeResumed() } }
}
