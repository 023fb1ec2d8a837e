import Board
import Chips
import Glibc
import Linux
import VirtualMachine
import Virtio

extension Machine {
    /// The firmware of Debian's package seabios, and its program for the VGA.
    static let defaultFirmware = "/usr/share/seabios/bios-256k.bin"
    private static let videoFirmware = "/usr/share/seabios/vgabios-isavga.bin"

    /// The full machine: a PC with a Q35 chipset, started by firmware, or with a kernel of the configuration's. Nothing in it
    /// says that it is a virtual one.
    /// - Parameter vsock: how programs of the host and the guest's sockets come together.
    func buildFull(vsock: HostSockets) throws {
        let backEnd = backEnd
        let memory = memory
        let interrupts: Q35Chipset.Interrupts =
            backEnd.hasInterruptControllers
            ? .external(setPIC: { backEnd.setPIC($0, $1) }, setIOAPIC: { backEnd.setIOAPIC($0, $1) })
            : .chips(onINTR: { backEnd.setLegacyInterrupt($0) })
        let chipset = Q35Chipset(
            ram: memory.guest, devices: bus.addresses, ports: bus.ports, machineClock: time, messages: backEnd,
            interrupts: interrupts, terminal: screen, epochSeconds: Int(WallClock.now() / 1_000_000_000),
            events: Q35Chipset.Events(
                onReset: { [unowned self] in requestReset() }, onSoftOff: { [unowned self] in end(.poweredOff) },
                // The RAM behind the firmware's window is always read and written: firmware lies in it from the start.
                onShadowChange: { _ in }))
        if let pics = chipset.pics, let ioAPIC = chipset.ioapic {
            connectLegacyInterrupts(pics, ioAPIC, chipset.wiring)
        }
        let serial = UART16550(line: chipset.wiring.isaLine(4), channel: console, clock: time)
        bus.ports.map(serial, at: 0x3f8, byteCount: 8, name: "serial port")
        let video = VGA(terminal: screen, clock: time)
        video.map(in: bus.ports, devices: bus.addresses)
        paintScreen = { video.flush() }
        powerButton = { chipset.power.pressPowerButton() }
        devices += [chipset, serial, video]
        try addSocketLine(on: chipset.wiring.isaLine(3), vsock: vsock)
        try addDisks(to: chipset)
        try addCards(to: chipset)
        addExitPort()

        description.pciLines = chipset.bus.interruptLines.map(\.number)
        description.configurationSpace = PhysicalLayout.fullPCIConfiguration
        description.pciWindow = PhysicalLayout.fullPCIWindow
        description.hasHPET = true
        description.hasKeyboard = true
        description.hasVGA = true
        // The panic device is a virtual machine's.
        description.hasPanicDevice = false
        let start =
            if let kernel = configuration.kernel {
                try prepareDirectBoot(kernel, chipset, video)
            } else {
                try prepareFirmware(chipset)
            }
        let begin = { [unowned self] () throws(any Error) in
            for processor in processors { try processor.reset() }
            try start()
        }
        try begin()
        reset = { [unowned self] in
            try lock.hold { () throws(any Error) in
                chipset.reset()
                serial.reset()
                video.reset()
                for reset in resets { reset() }
                try begin()
            }
        }
    }

    /// Gives firmware what it asks for.
    /// - Returns: what puts it into memory, at power-on and after each reset.
    private func prepareFirmware(_ chipset: Q35Chipset) throws -> () throws -> Void {
        let firmware = try FirmwareImage(path: configuration.firmware ?? Self.defaultFirmware)
        let memory = memory
        describe(to: chipset)
        let tables = ACPITables(description, at: memory.tablesAddress)
        chipset.firmware.addFile("etc/table-loader", FirmwareImage.allocateRootPointer)
        chipset.firmware.addFile(FirmwareImage.rootPointerFile, tables.rootPointerBytes)
        let identity = SMBIOSTables(
            name: configuration.name, processorCount: configuration.processors, memory: configuration.memory)
        // Firmware finds a place for the structures, and says so in the entry point.
        chipset.firmware.addFile("etc/smbios/smbios-anchor", identity.entryPoint(at: 0))
        chipset.firmware.addFile("etc/smbios/smbios-tables", identity.structures)
        if let program = try? File.read(Self.videoFirmware) {
            chipset.firmware.addFile("vgaroms/vgabios.bin", program)
        }
        return {
            try firmware.write(to: memory.guest)
            try tables.write(to: memory.guest)
        }
    }

    /// What firmware reads of memory and processors.
    private func describe(to chipset: Q35Chipset) {
        typealias Key = FirmwareConfiguration.Key
        let low = memory.guest.regions.filter { $0.address < 0xb000_0000 }.map { $0.address + $0.byteCount }.max() ?? 0
        let high = memory.guest.regions.filter { $0.address >= PhysicalLayout.highMemoryStart }
        chipset.clock.describeMachine(
            below4G: memory.tablesAddress, above4G: high.reduce(0) { $0 + $1.byteCount },
            processors: configuration.processors)
        chipset.firmware.set(Key.processorCount, UInt16(configuration.processors))
        chipset.firmware.set(Key.mostProcessors, UInt16(configuration.processors))
        chipset.firmware.set(Key.ramSize, low)
        // struct e820_reservation: address, length, type.
        var map: [UInt8] = []
        func add(_ address: UInt64, _ byteCount: UInt64, _ kind: MemoryMap.Kind) {
            map += AML.little(address) + AML.little(byteCount) + AML.little(kind.rawValue)
        }
        add(0, memory.tablesAddress, .ram)
        add(memory.tablesAddress, low - memory.tablesAddress, .reserved)
        for region in high { add(region.address, region.byteCount, .ram) }
        chipset.firmware.addFile("etc/e820", map)
    }

    /// COM2: a PC has no socket device, so that the sockets between host and guest go over a second serial line.
    private func addSocketLine(on line: InterruptLine, vsock: HostSockets) throws {
        guard let number = try configuration.guestCID else { return }
        let sockets = SerialSockets(guestCID: number)
        let serial = UART16550(line: line, channel: sockets, clock: time)
        bus.ports.map(serial, at: 0x2f8, byteCount: 8, name: "second serial port")
        description.serialPorts.append((port: 0x2f8, line: 3))
        devices += [
            serial, sockets,
            SocketRelay(host: sockets.host, watcher: loop, listener: vsock.listener, connect: vsock.connect),
        ]
        resets += [sockets.reset, serial.reset]
    }

    private func addDisks(to chipset: Q35Chipset) throws {
        var sata: [ATADrive?] = []
        var ide: [ATADrive?] = []
        for (index, disk) in configuration.disks.enumerated() {
            let drive = ATADrive(
                storage: try open(disk), executor: blockWorker, serialNumber: "RK000\(index + 1)")
            if disk.interface == .ide { ide.append(drive) } else { sata.append(drive) }
        }
        guard sata.count <= 6, ide.count <= 4 else {
            throw MachineError.configuration("a full machine has at most 6 disks at AHCI and 4 at IDE")
        }
        if !sata.isEmpty {
            let controller = AHCIController(drives: sata, memory: memory.guest)
            chipset.bus.add(controller.function, at: PCIAddress(device: 31, function: 2))
            devices.append(controller)
        }
        if !ide.isEmpty {
            let controller = IDEController(
                drives: ide, memory: memory.guest, lines: [chipset.wiring.isaLine(14), chipset.wiring.isaLine(15)])
            controller.map(in: bus.ports)
            chipset.bus.add(controller.function, at: PCIAddress(device: 1))
            devices.append(controller)
        }
    }

    private func addCards(to chipset: Q35Chipset) throws {
        // From device 3 on; the chipset's own are at 31.
        guard configuration.ports.count <= 28 else {
            throw MachineError.configuration("a full machine has at most 28 network cards")
        }
        for (index, port) in configuration.ports.enumerated() {
            let cable = try networkPort(port)
            let card = E1000(
                address: Self.bytes(of: port.address), port: cable, memory: memory.guest, clock: time)
            if let cable = cable as? VhostUserPort, case .vhostUser(let path) = port.backend {
                cable.onDisconnect = { [unowned self, unowned card] error in
                    card.setLink(isUp: false)
                    noteLostSwitch(path, error)
                }
            }
            chipset.bus.add(card.function, at: PCIAddress(device: UInt8(3 + index)))
            devices.append(card)
        }
    }
}
