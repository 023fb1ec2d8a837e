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
    /// What a full machine's VGA shows and its keyboard types.
    public let screen: Console
    public let blockWorker: BlockWorker
    /// Firmware tables' view of the machine; devices add themselves.
    public internal(set) var description = MachineDescription()
    /// What keeps devices alive that only the bus knows by their registers.
    var devices: [AnyObject] = []
    /// The disks.
    var storages: [any BlockStorage] = []
    /// Told what goes wrong on the host's side while the guest goes on. Any thread.
    public var onFault: (String) -> Void = { _ in }
    /// The first of what went wrong.
    let faults = FaultList()
    /// Why the guest's kernel has panicked, where somebody looks. With the device lock held.
    var panicReason: (() -> String?)?
    /// Brings what the guest has shown last to `screen`. With the device lock held.
    var paintScreen: (() -> Void)?
    /// Presses the power button, where the machine has one.
    var powerButton: (() -> Void)?
    /// Sets devices, memory and processors as after power-on. Called while the processors stand still, without the device lock.
    var reset: (() throws -> Void)?
    /// Those of a para machine's devices. With the device lock held.
    var resets: [() -> Void] = []

    /// Called when the block worker runs and no other thread does: the others may do without rights that it needs.
    var restrictThreads: (() throws(SystemError) -> Void)?

    private let gate = Condition()
    public let processors: [any VirtualCPU]
    private var threads: [ProcessorThread] = []
    /// Guarded by `gate`.
    private var endReason: MachineEnd?
    private var isPausedByUser = false
    private var isResetWanted = false

    /// The device lock: held for every call of a device, and for everything below that says so.
    public var lock: Condition { bus.lock }

    /// Makes memory, processors and the bus; devices come with `MachineBuilder`.
    /// - Parameter cpu: the back end, chosen.
    public init(_ configuration: VMConfiguration, cpu: CPUKind) throws {
        guard (1...4).contains(configuration.processors) else {
            throw MachineError.configuration("a machine has 1 to 4 processors, not \(configuration.processors)")
        }
        self.configuration = configuration
        memory = try MachineMemory(
            byteCount: configuration.memory, virtualization: configuration.virtualization)
        bus = DeviceBus()
        loop = try EventLoop(lock: bus.lock)
        time = try MachineTime(loop: loop)
        console = Console(loop: loop)
        screen = Console(loop: loop)
        blockWorker = BlockWorker("disks", loop: loop, deviceLock: bus.lock)
        backEnd = try CPUBackEnds.make(
            cpu, memory: memory.guest, bus: bus, time: time, loop: loop, processorCount: configuration.processors,
            isParavirtual: configuration.virtualization == .para)
        description.processorCount = configuration.processors
        let backEnd = backEnd
        processors = try (0..<configuration.processors).map { number in
            let cpu = try backEnd.makeCPU(number)
            if number > 0 { try cpu.reset() }
            return cpu
        }
    }

    // MARK: Life

    /// Runs the machine on the calling thread until it ends, and its processors' threads with it.
    /// - Returns: how it ended.
    /// - Throws: where the host gives no threads. None runs before: an isolated monitor has given up its rights by now.
    public func run() throws(SystemError) -> MachineEnd {
        try blockWorker.start()
        try restrictThreads?()
        let started = try processors.map { (cpu) throws(SystemError) in
            try ProcessorThread(cpu, gate: gate) { [unowned self] in processor(cpu.number, ended: $0) }
        }
        gate.hold { threads = started }
        resume()
        repeat { loop.run() } while restart()
        gate.hold {
            for thread in threads { thread.end() }
            while threads.contains(where: { !$0.hasEnded }) { gate.wait() }
        }
        blockWorker.stop()
        for storage in storages where !storage.isReadOnly {
            // What the guest has written is kept, though it did not ask for it.
            do { try storage.flush() } catch { onFault("what the guest has written last may be lost: \(error)") }
        }
        let panic = lock.hold {
            paintScreen?()
            screen.flush()
            console.flush()
            return panicReason?()
        }
        let reason = gate.hold { endReason ?? .killed }
        // Kernels are told to reset the machine when they have panicked (panic=-1).
        switch reason {
        case .reset, .tripleFault: return panic.map { .panicked($0) } ?? reason
        default: return reason
        }
    }

    /// Ends the machine: the first reason counts. Any thread, with the device lock held or not.
    public func end(_ reason: MachineEnd) {
        gate.hold {
            if endReason == nil { endReason = reason }
            for thread in threads { thread.pause() }
        }
        loop.stop()
    }

    /// The guest asks for a reset: the machine starts again, or ends where it is configured so. Any thread.
    func requestReset() {
        guard reset != nil, configuration.restarts else { return end(.reset) }
        gate.hold {
            isResetWanted = true
            for thread in threads { thread.pause() }
        }
        loop.stop()
    }

    /// After the loop has stopped: starts the machine again if that is what is wanted.
    private func restart() -> Bool {
        let isWanted = gate.hold { isResetWanted && endReason == nil }
        guard isWanted, let reset else { return false }
        let hasPanicked = lock.hold {
            console.flush()
            return panicReason?() != nil
        }
        // Kernels are told to reset the machine when they have panicked; it would do so for ever.
        if hasPanicked {
            end(.reset)
            return false
        }
        gate.hold {
            while threads.contains(where: { !$0.isParked && !$0.hasEnded }) { gate.wait() }
            // Until here a processor may come to a triple fault that is none (see `processor(_:ended:)`).
            isResetWanted = false
        }
        // What the guest has asked its disks for still goes to or from its memory.
        blockWorker.waitUntilIdle()
        do { try reset() } catch {
            end(.failed("the machine cannot be reset: \(error)"))
            return false
        }
        loop.clearStop()
        gate.hold { if !isPausedByUser { for thread in threads { thread.resume() } } }
        return gate.hold { endReason == nil }
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
        // A PC is reset by it; a guest that comes to it would do so again. Firmware puts one after its reset, in case
        // that does nothing: a processor may come to it before it is stopped.
        case .shutdown(let cause):
            if gate.hold({ isResetWanted }) { break }
            self.end(.tripleFault(cause))
        case .failure(let reason): self.end(.failed("processor \(number): \(reason)"))
        }
    }
}
