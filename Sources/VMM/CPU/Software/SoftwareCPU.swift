import Board
import Linux
import X86

/// A processor of our own, and what lies around it.
final class SoftwareCPU: VirtualCPU, ProcessorBus, @unchecked Sendable {
    let number: Int
    private(set) var processor: Processor!
    private unowned let backEnd: SoftwareBackEnd
    private let bus: DeviceBus
    private let time: MachineTime
    /// Woken when there is something to do for a processor that is halted.
    private let idle = Condition()
    private var hasWork = false

    init(_ number: Int, memory: PhysicalMemory, codePages: CodePages, backEnd: SoftwareBackEnd) {
        self.number = number
        self.backEnd = backEnd
        bus = backEnd.bus
        time = backEnd.time
        processor = Processor(number: number, memory: memory, codePages: codePages, bus: self)
    }

    func run() -> CPUEnd {
        while true {
            switch processor.run() {
            case .stopped: return .interrupted
            case .shutdown: return .shutdown
            case .halted: waitForWork()
            }
        }
    }

    func interrupt() { ask(Request.stop) }

    /// Asks the processor to look at something, and wakes it. Any thread.
    func ask(_ request: UInt32) {
        processor.request(request)
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

    // MARK: ProcessorBus

    func read(address: UInt64, size: Int) -> UInt64 { bus.read(address: address, size: size) }
    func write(address: UInt64, size: Int, value: UInt64) { bus.write(address: address, size: size, value: value) }
    func readPort(_ port: UInt16, size: Int) -> UInt32 { bus.readPort(port, size: size) }
    func writePort(_ port: UInt16, size: Int, value: UInt32) { bus.writePort(port, size: size, value: value) }
    func timeStamp() -> UInt64 { time.now }
    func acknowledgeLegacyInterrupt() -> UInt8? { bus.lock.hold { backEnd.legacyInterrupts?.acknowledge() } }
    func endOfInterrupt(vector: UInt8) { bus.lock.hold { backEnd.legacyInterrupts?.endOfInterrupt(vector) } }
    func sendInterruptCommand(_ command: UInt64, from processor: Processor) {}

    func setWaitingForStartup() throws {}
}
