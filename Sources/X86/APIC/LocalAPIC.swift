import CX86
import Synchronization

/// The local APIC (Intel SDM volume 3, chapter 11): xAPIC and x2APIC, with the timer.
///
/// Two sides. Any thread may send: `accept`, `post` and `setLegacyLine` set atomic bits, ask the run loop to look
/// (`Request.interrupt`) and wake the processor. Everything else belongs to the processor's own thread, which takes
/// in what came (`merge`). What senders must know of an APIC (its logical identifier, whether it is enabled) it publishes in
/// one atomic word.
public final class LocalAPIC: @unchecked Sendable {
    /// The identifier: the processor's number.
    public let number: UInt32
    /// Ticks of the time-stamp counter and of the timer's clock, a second.
    let timeStampFrequency: UInt64
    let timerFrequency: UInt64
    unowned var processor: Processor!

    // What other threads set. `arrived`: interrupts by vector; `levels`: the trigger mode of each vector's latest.
    private let arrived: UnsafeMutablePointer<Atomic<UInt32>>
    private let levels: UnsafeMutablePointer<Atomic<UInt32>>
    let events = Atomic<UInt32>(0)
    private let startupVector = Atomic<UInt32>(0)
    /// How many non-maskable interrupts wait.
    private let nonMaskableCount = Atomic<UInt32>(0)
    private let published = Atomic<UInt64>(0)

    // Registers.
    /// IA32_APIC_BASE.
    var base: UInt64 = 0
    var requested = Vectors()
    var inService = Vectors()
    var levelTriggered = Vectors()
    var taskPriority: UInt8 = 0
    var logicalDestination: UInt32 = 0
    var destinationFormat: UInt32 = 0xffff_ffff
    var spurious: UInt32 = 0xff
    var errors: UInt32 = 0
    var pendingErrors: UInt32 = 0
    var command: UInt64 = 0
    /// In the order of `LocalVector`.
    var localVectors = [UInt32](repeating: LocalVector.maskBit, count: LocalVector.count)
    var initialCount: UInt32 = 0
    var divideConfiguration: UInt32 = 0
    /// IA32_TSC_DEADLINE, in the guest's ticks; 0: not armed.
    var timeStampDeadline: UInt64 = 0
    /// When the timer is due, in ticks of `ProcessorBus.timeStamp()`; nil: not armed. Owner thread.
    public internal(set) var timerDeadline: UInt64?
    /// Something may be delivered: an interrupt above the priority, an NMI, INIT … Whether RFLAGS.IF lets it is not asked here.
    var hasWork = false {
        didSet { processor?.cpu.set(StateLayout.interruptWaits, hasWork) }
    }
    /// The PIC's line, as this thread saw it last.
    var legacyLine = false

    init(number: Int, model: ProcessorModel) {
        self.number = UInt32(number)
        timeStampFrequency = model.timeStampFrequency
        timerFrequency = model.crystalFrequency
        arrived = .allocate(capacity: 8)
        levels = .allocate(capacity: 8)
        for word in 0..<8 {
            (arrived + word).initialize(to: Atomic(0))
            (levels + word).initialize(to: Atomic(0))
        }
        reset()
    }

    deinit {
        arrived.deinitialize(count: 8).deallocate()
        levels.deinitialize(count: 8).deallocate()
    }

    /// What senders set in `events`.
    enum Event {
        static let nonMaskable: UInt32 = 1
        static let initialize: UInt32 = 2
        static let startup: UInt32 = 4
        /// KVM_HC_KICK_CPU: ends one HLT.
        static let kick: UInt32 = 8
        /// The level of the PIC's line, and whether it rose since it was looked at last.
        static let legacyLine: UInt32 = 16
        static let legacyEdge: UInt32 = 32
        static let illegalVector: UInt32 = 64
    }

    private enum Published {
        static let isEnabled: UInt64 = 1 << 32
        static let isSoftwareEnabled: UInt64 = 1 << 33
        static let isX2APIC: UInt64 = 1 << 34
        static let isCluster: UInt64 = 1 << 35
    }

    // MARK: - Any thread

    /// An interrupt arrives.
    /// - Returns: false: the same vector was waiting already.
    @discardableResult
    public func post(vector: UInt8, isLevel: Bool) -> Bool {
        let word = Int(vector >> 5)
        let bit = UInt32(1) << UInt32(vector & 31)
        if isLevel {
            levels[word].bitwiseOr(bit, ordering: .relaxed)
        } else {
            levels[word].bitwiseAnd(~bit, ordering: .relaxed)
        }
        let before = arrived[word].bitwiseOr(bit, ordering: .acquiringAndReleasing).oldValue
        notify()
        return before & bit == 0
    }

    /// The PIC's INTR line changes.
    public func setLegacyLine(_ isRaised: Bool) {
        if isRaised {
            let before = events.bitwiseOr(Event.legacyLine, ordering: .acquiringAndReleasing).oldValue
            guard before & Event.legacyLine == 0 else { return }
            events.bitwiseOr(Event.legacyEdge, ordering: .acquiringAndReleasing)
            notify()
        } else {
            events.bitwiseAnd(~Event.legacyLine, ordering: .acquiringAndReleasing)
        }
    }

    /// Ends one HLT of the processor, the running or the next one (KVM_HC_KICK_CPU).
    public func kick() { post(event: Event.kick) }

    /// A non-maskable interrupt, as LINT1 or a monitor's command brings it.
    public func postNonMaskable() {
        nonMaskableCount.wrappingAdd(1, ordering: .relaxed)
        post(event: Event.nonMaskable)
    }

    private func post(event: UInt32) {
        events.bitwiseOr(event, ordering: .acquiringAndReleasing)
        notify()
    }

    private func notify() {
        processor.request(Request.interrupt)
        processor.bus.wake(processor)
    }

    /// Takes a message that was sent to this APIC.
    /// - Returns: false: it is disabled.
    @discardableResult
    public func accept(_ message: InterruptMessage) -> Bool {
        let state = published.load(ordering: .acquiring)
        guard state & Published.isEnabled != 0 else { return false }
        switch message.mode {
        case .fixed, .lowestPriority:
            guard state & Published.isSoftwareEnabled != 0 else { return false }
            if message.vector < 16 {
                post(event: Event.illegalVector)
            } else {
                post(vector: message.vector, isLevel: message.isLevel)
            }
        case .nonMaskable: postNonMaskable()
        case .initialize:
            // A start-up message before it does not count any more.
            events.bitwiseAnd(~Event.startup, ordering: .relaxed)
            post(event: Event.initialize)
        case .startup:
            startupVector.store(UInt32(message.vector), ordering: .releasing)
            post(event: Event.startup)
        case .external: post(event: Event.legacyEdge | Event.legacyLine)
        case .systemManagement, .reserved: return false
        }
        return true
    }

    /// Whether a message without shorthand is for this APIC.
    public func isAddressed(by message: InterruptMessage) -> Bool {
        let state = published.load(ordering: .acquiring)
        let destination = message.destination
        if destination == InterruptMessage.broadcast { return true }
        let logical = UInt32(truncatingIfNeeded: state)
        let isX2APIC = state & Published.isX2APIC != 0
        guard message.isLogical else { return destination == number }
        if isX2APIC {
            return destination >> 16 == logical >> 16 && destination & logical & 0xffff != 0
        }
        guard destination < 0x100 else { return false }
        if state & Published.isCluster != 0 {
            return destination >> 4 == logical >> 28 && destination & logical >> 24 & 0xf != 0
        }
        return destination & logical >> 24 != 0
    }

    /// Whether fixed interrupts would be accepted, and the task priority: for lowest-priority delivery.
    var acceptsFixed: Bool {
        let wanted = Published.isEnabled | Published.isSoftwareEnabled
        return published.load(ordering: .relaxed) & wanted == wanted
    }
    var publishedPriority: UInt8 { UInt8(truncatingIfNeeded: published.load(ordering: .relaxed) >> 40) }

    // MARK: - The processor's thread

    /// Tells senders what they must know.
    func publish() {
        var state = UInt64(isX2APIC ? logicalX2 : logicalDestination) | UInt64(taskPriority) << 40
        if isEnabled { state |= Published.isEnabled }
        if spurious & 0x100 != 0 { state |= Published.isSoftwareEnabled }
        if isX2APIC { state |= Published.isX2APIC }
        if destinationFormat >> 28 == 0 { state |= Published.isCluster }
        published.store(state, ordering: .releasing)
    }

    public var isEnabled: Bool { base & APICBase.enable != 0 }
    public var isX2APIC: Bool { base & APICBase.x2APIC != 0 }
    /// The logical identifier of the x2APIC follows from the number: cluster and place.
    var logicalX2: UInt32 { (number >> 4) << 16 | 1 << (number & 15) }

    /// Takes in what other threads sent.
    func merge() {
        for word in 0..<8 {
            guard arrived[word].load(ordering: .relaxed) != 0 else { continue }
            let bits = arrived[word].exchange(0, ordering: .acquiringAndReleasing)
            let level = levels[word].load(ordering: .relaxed)
            requested.words[word] |= bits
            levelTriggered.words[word] = levelTriggered.words[word] & ~bits | level & bits
        }
        let now = events.load(ordering: .acquiring)
        legacyLine = now & Event.legacyLine != 0
        if now & Event.illegalVector != 0 {
            events.bitwiseAnd(~Event.illegalVector, ordering: .relaxed)
            raise(error: 1 << 6)
        }
        if now & Event.legacyEdge != 0 {
            events.bitwiseAnd(~Event.legacyEdge, ordering: .relaxed)
            if isEnabled { raise(.line0) }
        }
        update()
    }

    /// Power-on state; also what INIT leaves but for the base address.
    func reset(isInitialize: Bool = false) {
        for word in 0..<8 {
            arrived[word].store(0, ordering: .relaxed)
            requested.words[word] = 0
            inService.words[word] = 0
            levelTriggered.words[word] = 0
        }
        // INIT leaves a start-up message that came behind it.
        events.bitwiseAnd(Event.legacyLine | (isInitialize ? Event.startup : 0), ordering: .relaxed)
        if !isInitialize {
            base = APICBase.resetAddress | APICBase.enable | (number == 0 ? APICBase.isBootstrap : 0)
        }
        clearRegisters()
    }

    /// What reset, INIT and a change of mode by IA32_APIC_BASE leave in the registers.
    func clearRegisters() {
        taskPriority = 0
        logicalDestination = 0
        destinationFormat = 0xffff_ffff
        spurious = 0xff
        errors = 0
        pendingErrors = 0
        command = 0
        for index in localVectors.indices { localVectors[index] = LocalVector.maskBit }
        // The bootstrap processor's LINT0 takes the PIC's interrupts until software says otherwise: what firmware does for
        // virtual-wire mode, for kernels that are started without any.
        if number == 0 { localVectors[LocalVector.line0.rawValue] = 7 << 8 }
        initialCount = 0
        divideConfiguration = 0
        timeStampDeadline = 0
        timerDeadline = nil
        publish()
        update()
    }

    /// Takes a non-maskable interrupt. One may wait while another is handled. Two that came since the processor looked last count
    /// both: the first of them would have been delivered before the second.
    /// - Returns: false: there was none (the sender of one that was taken already had not finished).
    func takeNonMaskable() -> Bool {
        events.bitwiseAnd(~Event.nonMaskable, ordering: .relaxed)
        let count = nonMaskableCount.exchange(0, ordering: .acquiringAndReleasing)
        if count > 1 {
            nonMaskableCount.store(1, ordering: .relaxed)
            events.bitwiseOr(Event.nonMaskable, ordering: .relaxed)
        }
        update()
        return count > 0
    }

    /// IRET ends the handling of a non-maskable interrupt: of those that came meanwhile, one waits.
    func endNonMaskable() {
        if nonMaskableCount.load(ordering: .relaxed) > 1 { nonMaskableCount.store(1, ordering: .relaxed) }
    }

    /// The start-up message's vector.
    func takeStartup() -> UInt8 { UInt8(truncatingIfNeeded: startupVector.load(ordering: .acquiring)) }

    // MARK: Priorities

    var processorPriority: UInt8 {
        let service = inService.highest.map { $0 & 0xf0 } ?? 0
        return taskPriority & 0xf0 >= service ? taskPriority : service
    }

    /// The interrupt that would be delivered next: requested, and above the priority.
    var deliverable: UInt8? {
        guard let vector = requested.highest, vector & 0xf0 > processorPriority & 0xf0 else { return nil }
        return vector
    }

    /// Whether the PIC's line is to be listened to.
    var acceptsLegacy: Bool {
        guard isEnabled else { return true }
        let line = localVectors[LocalVector.line0.rawValue]
        return line & LocalVector.maskBit == 0 && line >> 8 & 7 == 7
    }

    /// Call after every change of what `deliverable` and `acceptsLegacy` depend on.
    func update() {
        let interesting = Event.nonMaskable | Event.initialize | Event.startup | Event.kick
        hasWork =
            events.load(ordering: .relaxed) & interesting != 0 || legacyLine && acceptsLegacy
            || isEnabled && deliverable != nil
    }

    /// The interrupt goes from requested to in service.
    func take(_ vector: UInt8) {
        requested.remove(vector)
        inService.insert(vector)
        update()
    }

    /// The guest has handled the interrupt in service.
    func endOfInterrupt() {
        guard let vector = inService.highest else { return }
        inService.remove(vector)
        if levelTriggered.contains(vector) { processor.bus.endOfInterrupt(vector: vector) }
        update()
    }

    func setTaskPriority(_ value: UInt8) {
        taskPriority = value
        publish()
        merge()
    }

    /// One of the APIC's own sources speaks.
    func raise(_ source: LocalVector) {
        let entry = localVectors[source.rawValue]
        guard entry & LocalVector.maskBit == 0 else { return }
        switch entry >> 8 & 7 {
        case 0:
            let vector = UInt8(truncatingIfNeeded: entry)
            if vector < 16 {
                if source != .error { raise(error: 1 << 6) }
                return
            }
            requested.insert(vector)
            levelTriggered.remove(vector)
        case 4:
            nonMaskableCount.wrappingAdd(1, ordering: .relaxed)
            events.bitwiseOr(Event.nonMaskable, ordering: .relaxed)
        default: return
        }
        update()
    }

    func raise(error: UInt32) {
        pendingErrors |= error
        raise(.error)
    }
}

/// Bits of IA32_APIC_BASE.
enum APICBase {
    static let isBootstrap: UInt64 = 1 << 8
    static let x2APIC: UInt64 = 1 << 10
    static let enable: UInt64 = 1 << 11
    static let resetAddress: UInt64 = 0xfee0_0000
}

/// The local vector table, in the registers' order.
enum LocalVector: Int {
    case timer, thermal, performance, line0, line1, error
    static let count = 6
    static let maskBit: UInt32 = 1 << 16

    /// The bits that can be written.
    var writable: UInt32 {
        switch self {
        case .timer: 0x7_00ff
        case .thermal, .performance: 0x1_07ff
        case .line0, .line1: 0x1_a7ff
        case .error: 0x1_00ff
        }
    }

    /// The bits that the APIC sets, and that writes leave alone: delivery status, and remote IRR of the pins (11.5.1).
    var readOnly: UInt32 {
        switch self {
        case .line0, .line1: 0x5000
        case .timer, .thermal, .performance, .error: 0x1000
        }
    }
}

/// A set of interrupt vectors.
struct Vectors {
    var words = [8 of UInt32](repeating: 0)

    var highest: UInt8? {
        for word in (0..<8).reversed() where words[word] != 0 {
            return UInt8(word * 32 + 31 - words[word].leadingZeroBitCount)
        }
        return nil
    }
    func contains(_ vector: UInt8) -> Bool { words[Int(vector >> 5)] & 1 << UInt32(vector & 31) != 0 }
    mutating func insert(_ vector: UInt8) { words[Int(vector >> 5)] |= 1 << UInt32(vector & 31) }
    mutating func remove(_ vector: UInt8) { words[Int(vector >> 5)] &= ~(1 << UInt32(vector & 31)) }
}
