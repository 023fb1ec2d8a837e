import Board
import Chips
import Linux
import VirtualMachine

extension Machine {
    /// Puts the devices of its kind on the machine, and its program into memory. Opens everything that it needs of the host.
    /// - Parameter vsock: how programs of the host and the guest's sockets come together.
    public func build(vsock: HostSockets = HostSockets()) throws {
        switch configuration.virtualization {
        case .para:
            try lock.hold { () throws(any Error) in try buildPara(vsock: vsock) }
            try loadKernel()
        case .full:
            guard configuration.transport == .pci else {
                throw MachineError.configuration(
                    "a full machine has real chips and no virtio devices to map into memory: take the para machine for "
                        + "transport \(configuration.transport.rawValue)")
            }
            try lock.hold { () throws(any Error) in try buildFull(vsock: vsock) }
        }
    }

    /// The para machine: what Linux needs of a PC to start without firmware, and virtio devices.
    private func buildPara(vsock: HostSockets) throws {
        let wiring = connectInterruptControllers()
        let serial = UART16550(line: wiring.isaLine(4), channel: console, clock: time)
        bus.ports.map(serial, at: 0x3f8, byteCount: 8, name: "serial port")
        let clock = RTC146818(
            line: wiring.timerLine(8), clock: time, epochSeconds: Int(WallClock.now() / 1_000_000_000))
        clock.map(in: bus.ports)
        let power = PowerManagement(line: wiring.isaLine(description.systemControlLine), clock: time) {
            [unowned self] in end(.poweredOff)
        }
        power.map(in: bus.ports, base: description.powerManagementPort)
        // Who starts without firmware finds ACPI switched on.
        let switchOn = {
            power.commandPorts.write(offset: 0, size: 1, value: UInt64(PowerManagement.enableCommand))
        }
        switchOn()
        powerButton = { power.pressPowerButton() }
        devices += [serial, clock, power]
        resets += [serial.reset, clock.reset, power.reset, switchOn]
        addEndPorts()
        switch configuration.transport {
        case .pci:
            let pci = addPCI(wiring)
            try addVirtioDevices(vsock: vsock) { try add($0, to: pci) }
        case .mmio:
            // What the FADT names for a reset is PCI's otherwise.
            let control = ResetControl { [unowned self] in requestReset() }
            bus.ports.map(control, at: UInt64(ResetControl.port), byteCount: 1, name: "reset control")
            devices.append(control)
            resets.append(control.reset)
            try addVirtioDevices(vsock: vsock) { try addInMemory($0, wiring) }
        }
    }

    /// A PCI bus that is reached by ports.
    private func addPCI(_ wiring: InterruptWiring) -> PCIBus {
        let pci = PCIBus(
            memory: bus.addresses, ports: bus.ports, interruptMessages: backEnd,
            interruptLines: Array(wiring.pirqs[..<4]))
        let configurationPorts = ConfigurationPorts(bus: pci) { [unowned self] in requestReset() }
        bus.ports.map(
            configurationPorts, at: ConfigurationPorts.port, byteCount: ConfigurationPorts.byteCount,
            name: "PCI configuration")
        // A bridge at device 0, so that kernels believe in the bus (Linux: pci_sanity_check).
        pci.add(
            PCIFunction(
                name: "host bridge", identity: PCIIdentity(vendor: 0x8086, device: 0x0d57, classCode: 0x06_0000)),
            at: PCIAddress(device: 0))
        devices += [pci, configurationPorts]
        resets += [pci.reset, configurationPorts.reset]
        description.pciLines = pci.interruptLines.map(\.number)
        return pci
    }

    /// I/O APIC, PICs and interval timer: the back end's, or chips of the machine's own.
    func connectInterruptControllers() -> InterruptWiring {
        let backEnd = backEnd
        if backEnd.hasInterruptControllers {
            let wiring = InterruptWiring(
                setPIC: { backEnd.setPIC($0, $1) }, setIOAPIC: { backEnd.setIOAPIC($0, $1) })
            devices.append(wiring)
            return wiring
        }
        let ioAPIC = IOAPIC(sink: backEnd)
        bus.addresses.map(ioAPIC, at: IOAPIC.address, byteCount: IOAPIC.byteCount, name: "I/O APIC")
        let pics = PIC8259Pair { backEnd.setLegacyInterrupt($0) }
        pics.map(in: bus.ports)
        let wiring = InterruptWiring(
            setPIC: { pics.setLine($0, isHigh: $1) }, setIOAPIC: { ioAPIC.setLine($0, isHigh: $1) })
        connectLegacyInterrupts(pics, ioAPIC, wiring)
        let timer = PIT8254(line: wiring.timerLine(0), clock: time)
        timer.map(in: bus.ports)
        devices += [ioAPIC, pics, timer, wiring]
        resets += [timer.reset, pics.reset, ioAPIC.reset]
        return wiring
    }

    func connectLegacyInterrupts(_ pics: PIC8259Pair, _ ioAPIC: IOAPIC, _ wiring: InterruptWiring) {
        backEnd.legacyInterrupts = LegacyInterrupts(
            acknowledge: { pics.isOutputHigh ? pics.acknowledge() : nil },
            endOfInterrupt: { ioAPIC.endInterrupt(vector: $0) })
        (backEnd as? SoftwareBackEnd)?.floatingPointLine = wiring.isaLine(13)
    }

    /// The guest's program may end the machine with a status of its own.
    func addExitPort() {
        let exit = ExitPort { [unowned self] in end(.exited($0)) }
        bus.ports.map(exit, at: ExitPort.port, byteCount: 1, name: "exit status")
        devices.append(exit)
    }

    /// The ways in which a guest that knows its machine ends it with a word.
    private func addEndPorts() {
        addExitPort()
        let panic = PanicDevice { [unowned self] in end(.panicked(nil)) }
        bus.ports.map(panic, at: PanicDevice.port, byteCount: 1, name: "pvpanic")
        devices.append(panic)
    }

    /// Writes the firmware tables and the kernel, and sets the first processor to its start; now, and after each reset.
    private func loadKernel() throws {
        guard let kernel = configuration.kernel else {
            throw MachineError.configuration(
                "a para machine starts no disk by itself: name an image or a kernel, or take the full machine")
        }
        let memory = memory.guest
        let tables = ACPITables(description)
        let loader = try KernelLoader(kernelRequest(kernel), memory: memory, acpi: tables.rootPointer)
        let start = { [unowned self] in
            try tables.write(to: memory)
            try processors[0].setState(try loader.load())
        }
        try start()
        reset = { [unowned self] in
            lock.hold { for reset in resets { reset() } }
            for processor in processors { try processor.reset() }
            try start()
        }
    }

    /// The configuration's kernel, with all that belongs to it.
    func kernelRequest(_ kernel: String) -> KernelLoader.Request {
        var request = KernelLoader.Request(
            kernel: kernel, initialRAMDisk: configuration.initialRAMDisk, commandLine: configuration.commandLine)
        switch configuration.kernelEntry {
        case .auto: request.entry = nil
        case .linux64: request.entry = .linux64
        case .pvh: request.entry = .pvh
        }
        return request
    }
}
