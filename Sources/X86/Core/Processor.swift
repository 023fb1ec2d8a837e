import CX86

/// A processor in software: state, translations, decoded blocks. One thread runs it; others reach it by requests alone.
public final class Processor: @unchecked Sendable {
    public let cpu: CPU
    public let memory: PhysicalMemory
    public let codePages: CodePages
    /// The number of the processor among the machine's, and of its local APIC.
    public let number: Int
    public unowned let bus: any ProcessorBus
    /// What it says of itself by CPUID.
    public let model: ProcessorModel
    public let apic: LocalAPIC

    var blocks = BlockCache()
    let inbox: CodeInbox
    let jumpCache: UnsafeMutableRawPointer
    /// User mode; supervisor; supervisor while SMAP does not apply; user mode with alignment checks, which nothing but
    /// code is ever entered to.
    let translations: [TranslationBuffer]
    /// Linear addresses that large pages were used at, in the lower and the upper half: INVLPG there forgets everything.
    var largePages: [ClosedRange<UInt64>?] = [nil, nil]
    /// Of instructions that reach into the next page: that page's physical address, by the block's first operation.
    var crossings: [UInt: UInt64] = [:]
    let system = SystemState()
    /// What DR0–DR3 and DR7 ask for.
    var breakpoints = Breakpoints()
    /// Bits of DR6 for breakpoints on data and ports that were met: told behind the instruction.
    var metBreakpoints: UInt64 = 0
    /// The address of the access that was refused since it is not canonical.
    var refusedAddress: UInt64?
    /// Translations for writing went that a message in the inbox may mean.
    var hasLostTranslations = false
    /// The physical address of the operand that `pointerForModify` found last, and of its part in the next page.
    var modified: (first: UInt64, second: UInt64?) = (0, nil)
    /// Shows two pages of RAM one behind the other, for operands that lie across pages which do not follow each other in the host's
    /// address space; what it returns is used up before it is called again. Without it, or where it returns nil,
    /// such a locked instruction is two steps for other processors.
    public var pagesSideBySide:
        (
            (_ first: UnsafeMutableRawPointer, _ second: UnsafeMutableRawPointer)
                -> UnsafeMutableRawPointer?
        )?
    /// One instruction runs alone: stores may go to its own page.
    var isAlone = false
    let alone: UnsafeMutableRawPointer
    public internal(set) var statistics = ProcessorStatistics()

    public init(
        number: Int, memory: PhysicalMemory, codePages: CodePages, bus: any ProcessorBus,
        model: ProcessorModel = ProcessorModel()
    ) {
        self.number = number
        self.model = model
        apic = LocalAPIC(number: number, model: model)
        self.memory = memory
        self.codePages = codePages
        self.bus = bus
        let raw = UnsafeMutableRawPointer.allocate(byteCount: StateLayout.byteCount, alignment: 64)
        raw.initializeMemory(as: UInt8.self, repeating: 0, count: StateLayout.byteCount)
        cpu = CPU(raw)
        jumpCache = .allocate(byteCount: CPU.jumpCacheEntryCount * 32, alignment: 64)
        jumpCache.initializeMemory(as: UInt8.self, repeating: 0, count: CPU.jumpCacheEntryCount * 32)
        translations = (0..<4).map { _ in TranslationBuffer() }
        alone = .allocate(byteCount: BlockBuilder.byteLimit, alignment: 64)
        inbox = CodeInbox(requests: raw + StateLayout.requests)
        cpu.set(StateLayout.jumpCache, UnsafeRawPointer(jumpCache))
        cpu.set(StateLayout.tlb, UnsafeRawPointer(translations[1].raw))
        cpu.set(StateLayout.blockKey, BlockKey.generation)
        cpu.set(StateLayout.processor, UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque()))
        apic.processor = self
        codePages.join(number: number, inbox: inbox)
        reset()
    }

    deinit {
        for buffer in translations { buffer.deallocate() }
        alone.deallocate()
        jumpCache.deallocate()
        cpu.raw.deallocate()
    }

    /// Asks the run loop to look at something (`Request`), from any thread.
    public func request(_ bits: UInt32) {
        _ = cx86_fetch_or32(cpu.raw + StateLayout.requests, bits)
    }

    // MARK: - What follows from mode and privilege

    /// Call after every change of CR0, CR4, EFER, CS, SS, the privilege level or RFLAGS.VM: which translations are in force,
    /// and how code is read.
    public func modeChanged() {
        selectTranslations()
        cpu.updateVectorFaults()
        let efer: UInt64 = cpu.get(StateLayout.efer)
        let code: UInt16 = cpu.get(StateLayout.segments + SegmentField.byteCount + SegmentField.attributes)
        let stack: UInt16 = cpu.get(StateLayout.segments + 2 * SegmentField.byteCount + SegmentField.attributes)
        let isLong = efer & ControlBit.longModeActive != 0 && code & 0x2000 != 0
        let mode: CodeMode = isLong ? .bits64 : code & 0x4000 != 0 ? .bits32 : .bits16
        let flags: UInt64 = cpu.get(StateLayout.systemFlags)
        let isProtected =
            cpu.get(StateLayout.cr0, as: UInt64.self) & ControlBit.protection != 0 && flags & Flag.virtual8086 == 0
        let key = BlockKey(
            mode: mode, stackSize: isLong ? 8 : stack & 0x4000 != 0 ? 4 : 2, isUser: cpu.privilegeLevel == 3,
            isProtected: isProtected)
        let old: UInt64 = cpu.get(StateLayout.blockKey)
        cpu.set(StateLayout.blockKey, old & ~BlockKey.mask | key.rawValue)
    }

    /// The translation buffer in force follows from the privilege level, CR4.SMAP, CR0.AM and RFLAGS.AC.
    public func selectTranslations() {
        let flags: UInt64 = cpu.get(StateLayout.systemFlags)
        let isSet = flags & Flag.alignment != 0
        let checksAlignment = isSet && cpu.get(StateLayout.cr0, as: UInt64.self) & ControlBit.alignmentMask != 0
        let index = cpu.privilegeLevel == 3 ? (checksAlignment ? 3 : 0) : isSet ? 2 : 1
        cpu.set(StateLayout.tlb, UnsafeRawPointer(translations[index].raw))
    }

    /// Forgets translations: all of them, those of global pages included.
    public func flushTranslations() {
        noteLostTranslations()
        for buffer in translations { buffer.flush() }
        largePages = [nil, nil]
        forgetJumps()
        statistics.translationFlushes += 1
    }

    /// Forgets the translation of one page (INVLPG).
    public func flushTranslation(of linear: UInt64) {
        if largePages[Int(linear >> 63)]?.contains(linear) == true { return flushTranslations() }
        noteLostTranslations()
        for buffer in translations { buffer.flush(page: linear) }
        forgetJumps()
    }

    /// No entry of the jump cache counts any more.
    func forgetJumps() {
        cpu.set(StateLayout.blockKey, cpu.get(StateLayout.blockKey, as: UInt64.self) &+ BlockKey.generation)
    }

    /// Runs `body` with the rights of the supervisor, for what the processor itself reads and writes: descriptor tables, the task
    /// state, stacks of other privileges.
    public func asSupervisor<R>(_ body: () -> R) -> R {
        let before: UnsafeRawPointer = cpu.get(StateLayout.tlb)
        cpu.set(StateLayout.tlb, UnsafeRawPointer(translations[1].raw))
        defer { cpu.set(StateLayout.tlb, before) }
        return body()
    }
}

/// What a processor did, counted.
public struct ProcessorStatistics: Sendable {
    public var blocksBuilt = 0
    public var blockResets = 0
    public var translationFlushes = 0
    public var translationMisses = 0
    public var lookUps = 0
    public var exceptions = 0
    public var interrupts = 0
    /// Instructions that wrote to their own page's code.
    public var runAlone = 0

    public init() {}
}
