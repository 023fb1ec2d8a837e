import Linux
import VirtualMachine

extension Machine {
    /// How the machine is now. Call without the device lock.
    /// - Parameter process: the monitor's number, as the host sees it.
    func status(process: Int32) -> VMStatus {
        var status = VMStatus()
        status.state = isPaused ? .paused : .running
        status.process = process
        status.cpu = backEnd.kind.rawValue
        status.virtualization = configuration.virtualization.rawValue
        if configuration.virtualization == .para { status.transport = configuration.transport.rawValue }
        status.memory = configuration.memory
        status.processors = configuration.processors
        status.faults = faults.all
        lock.hold {
            status.uptime = time.now
            status.consoleByteCount = console.outputCount
            status.exits = bus.exitCounts.map { .init(device: $0.device, reads: $0.reads, writes: $0.writes) }
        }
        return status
    }
}
