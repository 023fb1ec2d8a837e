import Board
import Linux
import VirtualMachine

/// A virtual machine: memory, processors, devices, and the threads that run them.
///
/// One thread a processor; the caller's thread is the I/O thread while it is in `run`; one thread waits for disks. Devices are
/// called with the device lock held, and nobody else touches them.
public final class Machine: @unchecked Sendable {
    public let configuration: VMConfiguration
    public let memory: MachineMemory
    public let bus: DeviceBus
    public let loop: EventLoop
    public let time: MachineTime
    public let backEnd: any CPUBackEnd
    public let console: Console
    public let interrupts = InterruptWiring()
    public let blockWorker: BlockWorker
    /// Firmware tables' view of the machine; devices add themselves.
    public internal(set) var description = MachineDescription()
    /// What keeps devices alive that only the bus knows by their registers.
    var devices: [AnyObject] = []
    /// Presses the power button, where the machine has one.
    var powerButton: (() -> Void)?

    private let gate = Condition()
    private var threads: [ProcessorThread] = []
    /// Guarded by `gate`.
    private var endReason: MachineEnd?
    private var isPausedByUser = false

    /// The device lock: held for every call of a device, and for everything below that says so.
    public var lock: Condition { bus.lock }

    /// Makes memory, processors and the bus; devices come with `MachineBuilder`.
    /// - Parameter cpu: the back end, chosen.
    public init(_ configuration: VMConfiguration, cpu: CPUKind) throws {
        guard (1...4).contains(configuration.processors) else {
            throw MachineError.configuration("a machine has 1 to 4 processors, not \(configuration.processors)")
        }
        self.configuration = configuration
        memory = try MachineMemory(byteCount: configuration.memory)
        bus = DeviceBus()
        loop = try EventLoop(lock: bus.lock)
        time = try MachineTime(loop: loop)
        console = Console(loop: loop)
        blockWorker = try BlockWorker("disks", loop: loop, deviceLock: bus.lock)
        backEnd = try CPUBackEnds.make(
            cpu, memory: memory.guest, bus: bus, time: time, loop: loop, processorCount: configuration.processors,
            isParavirtual: configuration.virtualization == .para)
        description.processorCount = configuration.processors
        for number in 0..<configuration.processors {
            let cpu = try backEnd.makeCPU(number)
            if number > 0 { try cpu.setWaitingForStartup() }
            threads.append(try ProcessorThread(cpu, gate: gate) { [unowned self] in processor(number, ended: $0) })
        }
    }

    public var processors: [any VirtualCPU] { threads.map(\.cpu) }

    // MARK: Life

    /// Runs the machine on the calling thread until it ends, and its processors' threads with it.
    /// - Returns: how it ended.
    public func run() -> MachineEnd {
        resume()
        loop.run()
        gate.hold {
            for thread in threads { thread.end() }
            while threads.contains(where: { !$0.hasEnded }) { gate.wait() }
        }
        blockWorker.stop()
        lock.hold { console.flush() }
        return gate.hold { endReason ?? .killed }
    }

    /// Ends the machine: the first reason counts. Any thread, with the device lock held or not.
    public func end(_ reason: MachineEnd) {
        gate.hold {
            if endReason == nil { endReason = reason }
            for thread in threads { thread.pause() }
        }
        loop.stop()
    }

    public var isPaused: Bool { gate.hold { isPausedByUser } }

    /// Stops processors and time. Returns when they stand still. Call without the device lock.
    public func pause() {
        gate.hold {
            guard !isPausedByUser else { return }
            isPausedByUser = true
            for thread in threads { thread.pause() }
            while threads.contains(where: { !$0.isParked && !$0.hasEnded }) { gate.wait() }
        }
        lock.hold {
            time.pause()
            backEnd.pauseTime()
        }
    }

    /// Starts the processors, or lets them go on. Call without the device lock.
    public func resume() {
        lock.hold {
            backEnd.resumeTime()
            time.resume()
        }
        gate.hold {
            isPausedByUser = false
            guard endReason == nil else { return }
            for thread in threads { thread.resume() }
        }
    }

    /// Asks the guest to switch itself off.
    /// - Returns: false where it has no power button. With the device lock held.
    public func pressPowerButton() -> Bool {
        guard let powerButton else { return false }
        powerButton()
        return true
    }

    private func processor(_ number: Int, ended end: CPUEnd) {
        switch end {
        case .interrupted: break
        case .shutdown: self.end(.tripleFault)
        case .failure(let reason): self.end(.failed("processor \(number): \(reason)"))
        }
    }
}
