import Board

/// What of the address space is what, for kernels: the "E820" map of PC firmware, in boot_params and PVH's start info alike.
public struct MemoryMap: Equatable, Sendable {
    public enum Kind: UInt32, Sendable {
        case ram = 1
        case reserved = 2
        case acpiTables = 3
    }

    public struct Entry: Equatable, Sendable {
        public var address: UInt64
        public var byteCount: UInt64
        public var kind: Kind
    }

    public var entries: [Entry]

    /// The map of a machine that boots a kernel without firmware.
    /// - Parameter configurationSpace: where the machine's PCI configuration space is.
    public init(_ memory: GuestMemory, configurationSpace: UInt64 = PhysicalLayout.pciConfiguration) {
        entries = [
            Entry(address: 0, byteCount: PhysicalLayout.conventionalMemoryEnd, kind: .ram),
            Entry(
                address: PhysicalLayout.conventionalMemoryEnd,
                byteCount: PhysicalLayout.kernelStart - PhysicalLayout.conventionalMemoryEnd, kind: .reserved),
        ]
        for region in memory.regions {
            let start = max(region.address, PhysicalLayout.kernelStart)
            let end = region.address + region.byteCount
            // A full machine has a ROM of firmware there.
            if region.address == PhysicalLayout.highMemoryStart - PhysicalLayout.firmwareByteCount { continue }
            if end > start { entries.append(Entry(address: start, byteCount: end - start, kind: .ram)) }
        }
        entries.append(
            Entry(
                address: configurationSpace, byteCount: PhysicalLayout.pciConfigurationByteCount,
                kind: .reserved))
        entries.append(
            Entry(address: PhysicalLayout.kernelReserved - 0x1000, byteCount: 0x4000, kind: .reserved))
        entries.sort { $0.address < $1.address }
    }
}
