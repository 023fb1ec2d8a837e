import Board
import Chips
import VirtualMachine

extension Machine {
    /// A full machine without firmware: what firmware does for a kernel is done here, and the kernel enters at its own entry.
    /// - Returns: what does it, at power-on and after each reset. Called while the processors stand still, with the device lock.
    func prepareDirectBoot(_ kernel: String, _ chipset: Q35Chipset, _ video: VGA) throws -> () throws -> Void {
        let memory = memory.guest
        description.hasPanicDevice = false
        let tables = ACPITables(description)
        let identity = SMBIOSTables(
            name: configuration.name, processorCount: configuration.processors, memory: configuration.memory)
        let structures = SMBIOSTables.entryPointAddress + UInt64(SMBIOSTables.entryPointByteCount + 15) & ~15
        var request = kernelRequest(kernel)
        request.map = MemoryMap(memory, configurationSpace: PhysicalLayout.fullPCIConfiguration)
        request.hasTextScreen = true
        let loader = try KernelLoader(request, memory: memory, acpi: tables.rootPointer)
        return { [unowned self] in
            chipset.setUpForKernel(powerManagementPort: description.powerManagementPort)
            video.setTextMode()
            try tables.write(to: memory)
            try memory.write(
                identity.entryPoint(at: UInt32(structures)), at: SMBIOSTables.entryPointAddress)
            try memory.write(identity.structures, at: structures)
            try processors[0].setState(try loader.load())
        }
    }
}

extension Q35Chipset {
    /// What firmware leaves behind: configuration space in memory, ACPI's registers placed and in the system's hands, PCI
    /// pins routed to lines 10 and 11. Kernels place what is behind base address registers themselves.
    fileprivate func setUpForKernel(powerManagementPort: UInt16) {
        let bridge = hostBridge.function
        bridge.writeConfiguration(0x64, size: 4, value: 0)
        bridge.writeConfiguration(0x60, size: 4, value: UInt32(PhysicalLayout.fullPCIConfiguration) | 1)
        let isa = isaBridge.function
        isa.writeConfiguration(0x40, size: 4, value: UInt32(powerManagementPort) | 1)
        isa.writeConfiguration(0x44, size: 1, value: 0x80)
        for (index, register) in [0x60, 0x61, 0x62, 0x63, 0x68, 0x69, 0x6a, 0x6b].enumerated() {
            isa.writeConfiguration(register, size: 1, value: index & 2 == 0 ? 10 : 11)
        }
        power.commandPorts.write(offset: 0, size: 1, value: UInt64(PowerManagement.enableCommand))
    }
}
