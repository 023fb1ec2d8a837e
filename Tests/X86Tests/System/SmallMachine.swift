import Glibc
import Synchronization
import X86

/// A machine of processors, RAM and a few ports, for guests that are smaller than an operating system: a serial port that is read
/// from (0x3f8), `isa-debug-exit` (0xf4), what QEMU's pc-testdev has for kvm-unit-tests (0xe0: a port that remembers),
/// and the first entries of fw_cfg (0x510). One thread for each processor, and one for the timers.
final class SmallMachine: ProcessorBus, @unchecked Sendable {
    static let frequency: UInt64 = 1_000_000_000

    let byteCount: Int
    let ram: UnsafeMutableRawPointer
    private let flags: UnsafeMutablePointer<UInt8>
    private(set) var processors: [Processor] = []
    private(set) var apics = LocalAPICs([])

    /// What was written to the serial port.
    private let output = Mutex([UInt8]())
    /// What was written to port 0xf4; nil: nothing yet.
    private let exitValue = Mutex<UInt32?>(nil)
    /// Vectors that an I/O APIC was told have ended.
    let ended = Mutex([UInt8]())
    /// Port 0xe0.
    private let remembered = Mutex<UInt32>(0)
    /// At 0xff000000.
    private let testMemory = Mutex([UInt8](repeating: 0, count: 0x1_0000))
    /// Interrupts of the PIC, as SeaBIOS sets it up, that pc-testdev's ports 0x2000 … raised.
    private let legacyInterrupts = Mutex([UInt8]())
    private let configuration = Mutex((selector: UInt16(0), position: 0))
    /// Called for ports that are none of the above.
    var portWritten: (@Sendable (UInt16, Int, UInt32) -> Void)?
    var portRead: (@Sendable (UInt16, Int) -> UInt32)?
    /// Loads and stores outside of RAM.
    let deviceAccesses = Mutex([(address: UInt64, size: Int, value: UInt64?)]())

    // The timers' thread, and processors in HLT, wait here.
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var deadlines: [Int: UInt64] = [:]
    private var isOver = false
    private var ends: [Int: RunEnd] = [:]
    private let start = SmallMachine.nanoseconds()

    init(
        byteCount: Int = 16 << 20, processorCount: Int = 1, isParavirtual: Bool = false
    ) {
        self.byteCount = byteCount
        ram = mmap(
            nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)!
        let pages = byteCount >> 12
        flags = .allocate(capacity: pages)
        flags.initialize(repeating: 0, count: pages)
        pthread_mutex_init(lock, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
        let memory = PhysicalMemory(
            runs: [.init(address: 0, byteCount: UInt64(byteCount), host: ram, firstPage: 0)], flags: flags)
        let codePages = CodePages(memory: memory)
        let model = ProcessorModel(
            processorCount: processorCount, timeStampFrequency: SmallMachine.frequency, isParavirtual: isParavirtual)
        for number in 0..<processorCount {
            processors.append(
                Processor(number: number, memory: memory, codePages: codePages, bus: self, model: model))
        }
        apics = LocalAPICs(processors.map(\.apic))
    }

    deinit {
        munmap(ram, byteCount)
        flags.deallocate()
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(lock)
        condition.deallocate()
        lock.deallocate()
    }

    static func nanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    var cpu: CPU { processors[0].cpu }
    var text: String { String(decoding: output.withLock { $0 }, as: UTF8.self) }
    var exitCode: UInt32? { exitValue.withLock { $0 } }

    func store(_ bytes: [UInt8], at address: Int) {
        bytes.withUnsafeBytes { (ram + address).copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
    }
    func store<T: BitwiseCopyable>(_ value: T, at address: Int) {
        ram.storeBytes(of: value, toByteOffset: address, as: T.self)
    }
    func load<T: BitwiseCopyable>(_ address: Int, _ type: T.Type) -> T {
        ram.loadUnaligned(fromByteOffset: address, as: type)
    }

    // MARK: - Running

    /// Runs until port 0xf4 is written, a triple fault, or HLT of a processor that nothing will wake.
    /// - Returns: why processor 0 stopped last.
    @discardableResult
    func run(seconds: Int = 10) -> RunEnd? {
        isOver = false
        ends = [:]
        var threads: [pthread_t] = []
        for index in processors.indices {
            threads.append(spawn { $0.runProcessor(index) })
        }
        let timers = spawn { $0.runTimers() }
        pthread_mutex_lock(lock)
        var limit = timespec()
        clock_gettime(CLOCK_MONOTONIC, &limit)
        limit.tv_sec += seconds
        while !isOver {
            if pthread_cond_timedwait(condition, lock, &limit) != 0 { break }
        }
        isOver = true
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(lock)
        for processor in processors { processor.request(Request.stop) }
        for thread in threads { pthread_join(thread, nil) }
        pthread_join(timers, nil)
        return ends[0]
    }

    private final class Start {
        let machine: SmallMachine
        let body: (SmallMachine) -> Void
        init(_ machine: SmallMachine, _ body: @escaping (SmallMachine) -> Void) {
            self.machine = machine
            self.body = body
        }
    }

    private func spawn(_ body: @escaping (SmallMachine) -> Void) -> pthread_t {
        var thread = pthread_t()
        let start = Unmanaged.passRetained(Start(self, body))
        let result = pthread_create(
            &thread, nil,
            {
                let start = Unmanaged<Start>.fromOpaque($0!).takeRetainedValue()
                start.body(start.machine)
                return nil
            }, start.toOpaque())
        precondition(result == 0)
        return thread
    }

    private func runProcessor(_ index: Int) {
        let processor = processors[index]
        while true {
            let end = processor.run()
            pthread_mutex_lock(lock)
            ends[index] = end
            if end == .shutdown { isOver = true }
            if end == .halted {
                // Alone, without a timer and with nothing to come: the guest is done.
                if processors.count == 1, deadlines.isEmpty,
                    processor.cpu.get(StateLayout.requests, as: UInt32.self) == 0
                {
                    isOver = true
                }
                while !isOver, processor.cpu.get(StateLayout.requests, as: UInt32.self) == 0 {
                    pthread_cond_wait(condition, lock)
                }
            }
            if isOver { pthread_cond_broadcast(condition) }
            let isLast = isOver
            pthread_mutex_unlock(lock)
            if isLast { return }
        }
    }

    private func runTimers() {
        pthread_mutex_lock(lock)
        while !isOver {
            let now = timeStamp()
            for (index, deadline) in deadlines where deadline <= now {
                deadlines[index] = nil
                processors[index].request(Request.timer)
                pthread_cond_broadcast(condition)
            }
            if let next = deadlines.values.min() {
                let due = start + next
                var time = timespec(tv_sec: Int(due / 1_000_000_000), tv_nsec: Int(due % 1_000_000_000))
                pthread_cond_timedwait(condition, lock, &time)
            } else {
                pthread_cond_wait(condition, lock)
            }
        }
        pthread_mutex_unlock(lock)
    }

    private func stop() {
        pthread_mutex_lock(lock)
        isOver = true
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(lock)
        for processor in processors { processor.request(Request.stop) }
    }

    // MARK: - The bus

    func read(address: UInt64, size: Int) -> UInt64 {
        if let offset = testMemoryOffset(address, size) {
            return testMemory.withLock { bytes in
                (0..<size).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64($1 * 8) }
            }
        }
        deviceAccesses.withLock { $0.append((address, size, nil)) }
        return ~0
    }
    func write(address: UInt64, size: Int, value: UInt64) {
        if let offset = testMemoryOffset(address, size) {
            testMemory.withLock { bytes in
                for index in 0..<size {
                    bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(index * 8))
                }
            }
            return
        }
        deviceAccesses.withLock { $0.append((address, size, value)) }
    }

    /// pc-testdev's memory that is a device's.
    private func testMemoryOffset(_ address: UInt64, _ size: Int) -> Int? {
        guard address >= 0xff00_0000, address + UInt64(size) <= 0xff01_0000 else { return nil }
        return Int(address - 0xff00_0000)
    }

    func readPort(_ port: UInt16, size: Int) -> UInt32 {
        switch port {
        case 0x3fd: return 0x60
        case 0xe0...0xe3: return remembered.withLock { $0 >> (UInt32(port - 0xe0) * 8) }
        case 0x511:
            return configuration.withLock { state in
                defer { state.position += 1 }
                let value: UInt64 =
                    switch state.selector {
                    case 0: 0x554d_4551  // "QEMU"
                    case 3: UInt64(byteCount)
                    case 5, 15: UInt64(processors.count)
                    default: 0
                    }
                return state.position < 8 ? UInt32(value >> UInt64(state.position * 8) & 0xff) : 0
            }
        default: return portRead?(port, size) ?? ~0
        }
    }

    func writePort(_ port: UInt16, size: Int, value: UInt32) {
        switch port {
        case 0x3f8: output.withLock { $0.append(UInt8(truncatingIfNeeded: value)) }
        case 0x3f9...0x3ff: break
        case 0xf4:
            exitValue.withLock { $0 = value }
            stop()
        case 0xe0...0xe3:
            remembered.withLock {
                let shift = UInt32(port - 0xe0) * 8
                let mask = (size == 4 ? UInt32.max : (1 << UInt32(size * 8)) - 1) << shift
                $0 = $0 & ~mask | value << shift & mask
            }
        case 0x2000...0x200f where value != 0:
            let line = UInt8(port - 0x2000)
            legacyInterrupts.withLock { $0.append(line < 8 ? 8 + line : 0x70 + line - 8) }
            apics.all[0].setLegacyLine(true)
        case 0x510: configuration.withLock { $0 = (UInt16(truncatingIfNeeded: value), 0) }
        default: portWritten?(port, size, value)
        }
    }

    func timeStamp() -> UInt64 { SmallMachine.nanoseconds() &- start }
    func acknowledgeLegacyInterrupt() -> UInt8? {
        let (vector, isMore): (UInt8?, Bool) = legacyInterrupts.withLock {
            let first = $0.isEmpty ? nil : $0.removeFirst()
            return (first, !$0.isEmpty)
        }
        if !isMore { apics.all[0].setLegacyLine(false) }
        return vector
    }
    func sendInterruptCommand(_ command: UInt64, from processor: Processor) {
        apics.send(command: command, from: processor.apic)
    }
    func endOfInterrupt(vector: UInt8) { ended.withLock { $0.append(vector) } }

    func timerDeadlineChanged(_ deadline: UInt64?, of processor: Processor) {
        pthread_mutex_lock(lock)
        deadlines[processor.number] = deadline
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(lock)
    }

    func wake(_ processor: Processor) {
        pthread_mutex_lock(lock)
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(lock)
    }

    func relax() { if processors.count > 1 { sched_yield() } }

    func wallClock() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    func hypercall(
        _ number: UInt64, _ arguments: (UInt64, UInt64, UInt64, UInt64), from processor: Processor
    ) -> Int64? { apics.hypercall(number, arguments) }
}
