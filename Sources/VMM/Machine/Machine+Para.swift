import Board
import Chips
import Linux
import VirtualMachine

extension Machine {
    /// The para machine: what Linux needs of a PC to start without firmware, and virtio devices.
    public func buildPara() throws {
        try lock.hold { () throws(any Error) in
            connectInterruptControllers()
            let serial = UART16550(line: interrupts.line(4), channel: console, clock: time)
            bus.ports.map(serial, at: 0x3f8, byteCount: 8, name: "serial port")
            devices.append(serial)
            let clock = RTC146818(
                line: interrupts.line(8), clock: time, epochSeconds: Int(WallClock.now() / 1_000_000_000))
            clock.map(in: bus.ports)
            devices.append(clock)
            addPowerManagement()
            addEndPorts()
        }
    }

    /// I/O APIC, PICs and interval timer, where the back end has not got them.
    func connectInterruptControllers() {
        let backEnd = backEnd
        guard !backEnd.hasInterruptControllers else {
            interrupts.connect { line, isRaised in backEnd.setLine(line, isRaised) }
            return
        }
        let ioAPIC = IOAPIC(sink: backEnd)
        bus.addresses.map(ioAPIC, at: IOAPIC.address, byteCount: IOAPIC.byteCount, name: "I/O APIC")
        let pics = PIC8259Pair { backEnd.setLegacyInterrupt($0) }
        pics.map(in: bus.ports)
        interrupts.connect { line, isRaised in
            // The timer's line is the I/O APIC's input 2.
            ioAPIC.setLine(line == 0 ? 2 : line, isHigh: isRaised)
            if line < 16 { pics.setLine(line, isHigh: isRaised) }
        }
        backEnd.legacyInterrupts = LegacyInterrupts(
            acknowledge: { pics.isOutputHigh ? pics.acknowledge() : nil },
            endOfInterrupt: { ioAPIC.endInterrupt(vector: $0) })
        (backEnd as? SoftwareBackEnd)?.floatingPointLine = interrupts.line(13)
        let timer = PIT8254(line: interrupts.line(0), clock: time)
        timer.map(in: bus.ports)
        devices += [ioAPIC, pics, timer]
    }

    private func addPowerManagement() {
        let power = PowerManagement(line: interrupts.line(description.systemControlLine), clock: time) {
            [unowned self] in
            end(.poweredOff)
        }
        power.map(in: bus.ports, base: description.powerManagementPort)
        // Who starts without firmware finds ACPI switched on.
        bus.ports.write(UInt64(PowerManagement.commandPort), size: 1, value: UInt64(PowerManagement.enableCommand))
        powerButton = { power.pressPowerButton() }
        devices.append(power)
    }

    /// The ways in which a guest ends its machine.
    private func addEndPorts() {
        let reset = ResetPort { [unowned self] in end(.reset) }
        bus.ports.map(reset, at: UInt64(ResetPort.port), byteCount: 1, name: "reset control")
        let exit = ExitPort { [unowned self] in end(.exited($0)) }
        bus.ports.map(exit, at: ExitPort.port, byteCount: 1, name: "exit status")
        let panic = PanicDevice { [unowned self] in end(.panicked) }
        bus.ports.map(panic, at: PanicDevice.port, byteCount: 1, name: "pvpanic")
        devices += [reset, exit, panic]
    }

    /// Writes the firmware tables and the kernel, and sets the first processor to its start.
    public func loadKernel() throws {
        guard let kernel = configuration.kernel else {
            throw MachineError.configuration("a para machine starts a kernel of its own: name one")
        }
        let tables = ACPITables(description)
        try tables.write(to: memory.guest)
        var request = KernelLoader.Request(
            kernel: kernel, initialRAMDisk: configuration.initialRAMDisk, commandLine: configuration.commandLine)
        switch configuration.kernelEntry {
        case .auto: request.entry = nil
        case .linux64: request.entry = .linux64
        case .pvh: request.entry = .pvh
        }
        let state = try KernelLoader(request, memory: memory.guest, acpi: tables.rootPointer).load()
        try processors[0].setState(state)
    }
}
