import Board
import Linux
import X86

/// Processors of our own, in software.
public final class SoftwareBackEnd: CPUBackEnd, @unchecked Sendable {
    public let kind = CPUKind.software
    public let hasInterruptControllers = false
    public var legacyInterrupts: LegacyInterrupts?

    let bus: DeviceBus
    let time: MachineTime
    private let memory: GuestMemory
    private let physical: PhysicalMemory
    private let codePages: CodePages
    private(set) var processors: [SoftwareCPU] = []

    public init(memory: GuestMemory, bus: DeviceBus, time: MachineTime) {
        self.memory = memory
        self.bus = bus
        self.time = time
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
        let regions = memory.regions
        memory.onCodeWrite = { address in
            var first = 0
            for region in regions {
                if address >= region.address, address - region.address < region.byteCount {
                    codePages.written(page: first + Int((address - region.address) >> 12))
                    return
                }
                first += Int(region.byteCount >> 12)
            }
        }
    }

    public func makeCPU(_ number: Int) throws -> any VirtualCPU {
        let cpu = SoftwareCPU(number, memory: physical, codePages: codePages, backEnd: self)
        processors.append(cpu)
        return cpu
    }

    public func setLine(_ number: Int, _ isRaised: Bool) {}

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
        for processor in processors { processor.processor.request(Request.flushTranslations) }
    }

    public func takeDirtyPages() throws -> [Int] {
        var pages: [Int] = []
        for page in 0..<memory.pageCount where memory.pageFlags[page] & PageFlags.dirty != 0 {
            memory.clearFlags(PageFlags.dirty, page: page)
            pages.append(page)
        }
        // Translations made writable meanwhile must note the next write again.
        for processor in processors { processor.processor.request(Request.flushTranslations) }
        return pages
    }

    public func pauseTime() {}
    public func resumeTime() {}
}
