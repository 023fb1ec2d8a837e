/// What firmware tables tell a guest of its machine.
public struct MachineDescription: Sendable {
    public var processorCount = 1
    /// The 8259s and the other chips of a PC are there.
    public var hasLegacyChips = true
    public var hasHPET = false
    /// A keyboard controller.
    public var hasKeyboard = false
    public var hasClock = true
    public var hasVGA = false
    public var hasPanicDevice = true
    /// Serial ports, by their I/O port and interrupt line.
    public var serialPorts: [(port: UInt16, line: Int)] = [(0x3f8, 4)]
    /// PCI: the root bus's pins lead to these lines; empty: no PCI.
    public var pciLines: [Int] = []
    /// Where PCI configuration space lies in memory (ECAM); nil: it is reached by ports alone.
    public var configurationSpace: UInt64?
    /// Addresses below 4 GB where PCI devices' ranges may be placed.
    public var pciWindow = PhysicalLayout.pciWindow
    /// virtio-mmio devices, by their address and line (an input of the I/O APIC): level-triggered, active high. At most 256.
    public var memoryMappedDevices: [(address: UInt64, line: Int)] = []
    /// The ACPI registers' first port.
    public var powerManagementPort: UInt16 = 0x600
    /// The system control interrupt's line.
    public var systemControlLine = 9

    public init() {}
}
