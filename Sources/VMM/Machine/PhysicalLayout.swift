/// Where things lie in a machine's physical address space. One layout for every machine, so that firmware tables, loaders
/// and devices agree by name.
///
///     0            RAM (640 KB; the rest up to 1 MB: VGA, option ROMs, firmware tables)
///     1 MB         RAM, up to 3 GB
///     3 GB         PCI window below 4 GB: 0xc0000000 … 0xdfffffff
///     0xe0000000   kept free for PCI configuration space (ECAM), 256 buses
///     0xfeb00000   virtio-mmio devices, in the place of all that is PCI's
///     0xfec00000   I/O APIC;  0xfed00000 HPET;  0xfee00000 local APICs
///     0xfeffc000   four pages for the kernel's KVM on Intel processors
///     0xfff00000   firmware
///     4 GB         the rest of RAM
///     512 GB       PCI window above 4 GB
///
/// A full machine's RAM ends at 2.75 GB: its ECAM lies there, as firmware puts it, and its PCI window goes from 3 GB to the
/// I/O APIC.
public enum PhysicalLayout {
    /// RAM that does not fit below goes above 4 GB.
    public static let lowMemoryLimit: UInt64 = 0xc000_0000
    public static let highMemoryStart: UInt64 = 0x1_0000_0000

    public static let pciWindow: ClosedRange<UInt64> = 0xc000_0000...0xdfff_ffff
    public static let pciConfiguration: UInt64 = 0xe000_0000
    public static let pciConfigurationByteCount: UInt64 = 0x1000_0000
    public static let highPCIWindow: ClosedRange<UInt64> = 0x80_0000_0000...0xff_ffff_ffff
    public static let ioAPIC: UInt64 = 0xfec0_0000
    public static let hpet: UInt64 = 0xfed0_0000
    public static let localAPIC: UInt64 = 0xfee0_0000
    /// Three pages for KVM's TSS; the page before them for its identity map.
    public static let kernelReserved: UInt64 = 0xfeff_d000
    /// Where firmware's ROM may lie: the last megabyte below 4 GB.
    public static let firmwareByteCount: UInt64 = 0x10_0000

    // The full machine's: firmware for the Q35 chipset puts configuration space at 2.75 GB, and PCI's windows above it.
    public static let fullLowMemoryLimit: UInt64 = 0xb000_0000
    public static let fullPCIConfiguration: UInt64 = 0xb000_0000
    public static let fullPCIWindow: ClosedRange<UInt64> = 0xc000_0000...0xfebf_ffff

    /// virtio-mmio devices of a para machine without PCI, a page each (`VirtioMMIO.byteCount`): 256 fit below the I/O APIC.
    public static let virtioMMIO: ClosedRange<UInt64> = 0xfeb0_0000...0xfebf_ffff

    // Below 1 MB, where a directly booted kernel finds what its loader made.
    public static let globalDescriptors: UInt64 = 0x500
    public static let startInfo: UInt64 = 0x6000
    public static let zeroPage: UInt64 = 0x7000
    /// A PML4, a page-directory-pointer table, four page directories: 4 GB, one to one.
    public static let pageTables: UInt64 = 0x9000
    public static let bootStackTop: UInt64 = 0x8ff0
    public static let commandLine: UInt64 = 0x2_0000
    /// Where conventional memory ends for the guest: the extended BIOS data area begins.
    public static let conventionalMemoryEnd: UInt64 = 0x9_fc00
    /// ACPI tables: found there by kernels that look for them as on a PC, reserved in the memory map.
    public static let firmwareTables: UInt64 = 0xe_0000
    public static let firmwareTablesEnd: UInt64 = 0x10_0000
    public static let kernelStart: UInt64 = 0x10_0000

    /// RAM of a para machine: one run, or two with the gap below 4 GB.
    public static func memoryRuns(byteCount: UInt64) -> [(address: UInt64, byteCount: UInt64)] {
        if byteCount <= lowMemoryLimit { return [(address: 0, byteCount: byteCount)] }
        return [
            (address: 0, byteCount: lowMemoryLimit),
            (address: highMemoryStart, byteCount: byteCount - lowMemoryLimit),
        ]
    }

    /// RAM of a full machine, with the VGA's gap, and the firmware's ROM (of the sizes of RAM, the latter).
    public static func fullMemoryRuns(byteCount: UInt64) -> [(address: UInt64, byteCount: UInt64)] {
        let low = min(byteCount, fullLowMemoryLimit)
        var runs: [(address: UInt64, byteCount: UInt64)] = [
            (address: 0, byteCount: 0xa_0000), (address: 0xc_0000, byteCount: low - 0xc_0000),
            (address: highMemoryStart - firmwareByteCount, byteCount: firmwareByteCount),
        ]
        if byteCount > low { runs.append((address: highMemoryStart, byteCount: byteCount - low)) }
        return runs
    }
}
