import Board
import Linux
import X86

/// A processor of our own, and what lies around it: the bus, the wait for interrupts, the timer of its local APIC.
final class SoftwareCPU: VirtualCPU, ProcessorBus, @unchecked Sendable {
    let number: Int
    private(set) var processor: Processor!
    private unowned let backEnd: SoftwareBackEnd
    private let bus: DeviceBus
    private let time: MachineTime
    /// Guards `hasWork`, and wakes the processor's thread from its halt.
    private let idle = Condition()
    private var hasWork = false
    /// Speaks when the local APIC's timer is due, while the guest runs as while it is halted.
    private let timer: TimerDescriptor
    /// The processor's own thread's.
    private var deadline: UInt64?

    init(
        _ number: Int, memory: PhysicalMemory, codePages: CodePages, model: ProcessorModel, backEnd: SoftwareBackEnd
    ) throws {
        self.number = number
        self.backEnd = backEnd
        bus = backEnd.bus
        time = backEnd.time
        timer = try TimerDescriptor()
        processor = Processor(number: number, memory: memory, codePages: codePages, bus: self, model: model)
        let window = try PageWindow()
        processor.pagesSideBySide = { window.show($0, $1) }
        try backEnd.loop.watch(timer.descriptor.rawValue, isLocked: false) { [unowned self] _ in
            timer.drain()
            ask(Request.timer)
        }
    }

    func run() -> CPUEnd {
        while true {
            switch processor.run() {
            case .stopped: return .interrupted
            case .shutdown: return .shutdown(processor.shutdownCause?.text ?? "")
            case .halted: waitForWork()
            }
        }
    }

    func interrupt() { ask(Request.stop) }

    /// Asks the processor to look at something, and wakes it. Any thread.
    private func ask(_ request: UInt32) {
        processor.request(request)
        wakeUp()
    }

    private func wakeUp() {
        idle.hold {
            hasWork = true
            idle.wakeAll()
        }
    }

    private func waitForWork() {
        idle.hold {
            while !hasWork { idle.wait() }
            hasWork = false
        }
    }

    func reset() throws { processor.reset() }

    // MARK: ProcessorBus

    func read(address: UInt64, size: Int) -> UInt64 { bus.read(address: address, size: size) }
    func write(address: UInt64, size: Int, value: UInt64) { bus.write(address: address, size: size, value: value) }
    func readPort(_ port: UInt16, size: Int) -> UInt32 { bus.readPort(port, size: size) }
    func writePort(_ port: UInt16, size: Int, value: UInt32) { bus.writePort(port, size: size, value: value) }

    func timeStamp() -> UInt64 { time.now }
    func wallClock() -> UInt64 { WallClock.now() }

    func acknowledgeLegacyInterrupt() -> UInt8? { bus.lock.hold { backEnd.legacyInterrupts?.acknowledge() } }
    func endOfInterrupt(vector: UInt8) { bus.lock.hold { backEnd.legacyInterrupts?.endOfInterrupt(vector) } }

    func sendInterruptCommand(_ command: UInt64, from processor: Processor) {
        backEnd.localAPICs.send(command: command, from: processor.apic)
    }

    func wake(_ processor: Processor) { wakeUp() }
    func relax() { if backEnd.processors.count > 1 { CurrentThread.yield() } }

    func timerDeadlineChanged(_ deadline: UInt64?, of processor: Processor) {
        self.deadline = deadline
        timer.set(deadline.map { time.hostTime($0) })
    }

    /// The machine's time goes on after a pause: what was due later is due later still. The processor stands still.
    func timeResumed() { timer.set(deadline.map { time.hostTime($0) }) }

    /// IRQ 13, for programs that let the interrupt controllers report x87 errors.
    func floatingPointError(of processor: Processor) { bus.lock.hold { backEnd.floatingPointLine?.set(true) } }

    func hypercall(
        _ number: UInt64, _ arguments: (UInt64, UInt64, UInt64, UInt64), from processor: Processor
    ) -> Int64? {
        backEnd.localAPICs.hypercall(number, arguments)
    }
}
