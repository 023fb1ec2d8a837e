import Board
import Linux
import Testbed
import Testing
import VirtualMachine

@testable import VMM

/// How many virtio devices a machine takes, and what is said of one more.
@Suite struct DeviceRoomTests {
    private let directory = TemporaryDirectory()

    /// A machine with so many shared directories, and the generator of random numbers that each has.
    private func machine(_ count: Int, _ transport: VMConfiguration.Transport) throws -> VMM.Machine {
        let path = "\(directory.path)/vmlinux"
        try File.writeAtomically(path, TestKernel.elf())
        var configuration = VMConfiguration(name: "room")
        configuration.memory = 32 << 20
        configuration.kernel = path
        configuration.transport = transport
        configuration.hasBalloon = false
        configuration.directories = (0..<count).map { .init(tag: "d\($0)", path: directory.path, isReadOnly: true) }
        let machine = try VMM.Machine(configuration, cpu: .software)
        try machine.build()
        return machine
    }

    @Test func onPCI() throws {
        _ = try machine(30, .pci)
        let error = try #require(throws: MachineError.self) { _ = try machine(31, .pci) }
        #expect(error.description.contains("room for 31 devices, and virtio-9p.30 is one more"), "\(error)")
    }

    @Test func inMemory() throws {
        let machine = try machine(255, .mmio)
        let devices = machine.description.memoryMappedDevices
        #expect(machine.description.pciLines.isEmpty && devices.count == 256)
        #expect(devices[255].address + 0xfff == PhysicalLayout.virtioMMIO.upperBound)
        // Each of the first has a line of its own that none of the machine's chips has.
        #expect(Set(devices[..<16].map(\.line)).count == 16 && devices[16].line == devices[0].line)
        #expect(Set(devices.map(\.line)).isDisjoint(with: [0, 1, 2, 3, 4, 8, 9, 13]))
        machine.lock.hold {
            for (index, device) in devices.enumerated() {
                #expect(machine.bus.addresses.read(device.address, size: 4) == 0x7472_6976, "\(index)")
            }
            // No configuration mechanism, and the reset register alone.
            #expect(machine.bus.ports.entry(at: 0xcf8) == nil && machine.bus.ports.entry(at: 0xcfc) == nil)
            #expect(machine.bus.ports.entry(at: 0xcf9)?.name == "reset control")
        }
        let error = try #require(throws: MachineError.self) { _ = try self.machine(256, .mmio) }
        #expect(error.description.contains("room for 256 devices in memory"), "\(error)")
    }

    @Test(.enabled(if: File.exists(VMM.Machine.defaultFirmware), "SeaBIOS is not installed (package seabios)"))
    func cardsOfFullMachines() throws {
        var configuration = VMConfiguration(name: "full")
        configuration.memory = 16 << 20
        configuration.virtualization = .full
        configuration.ports = (0..<28).map { .init(address: UInt64($0), backend: .none) }
        try VMM.Machine(configuration, cpu: .software).build()
        configuration.ports.append(.init(address: 28, backend: .none))
        let error = try #require(throws: MachineError.self) {
            try VMM.Machine(configuration, cpu: .software).build()
        }
        #expect(error.description.contains("at most 28 network cards"), "\(error)")
    }

    @Test func fullMachinesHaveNone() throws {
        var configuration = VMConfiguration(name: "full")
        configuration.memory = 16 << 20
        configuration.virtualization = .full
        configuration.transport = .mmio
        let machine = try VMM.Machine(configuration, cpu: .software)
        let error = try #require(throws: MachineError.self) { try machine.build() }
        #expect(error.description.contains("take the para machine for transport mmio"), "\(error)")
    }
}
