import Board
import Glibc
import Linux
import VirtualMachine

/// A machine's RAM: one file without a name, mapped here, that devices in other processes can map as well (vhost-user).
public final class MachineMemory: @unchecked Sendable {
    public let file: FileDescriptor
    public let guest: GuestMemory
    private let map: MappedMemory
    /// Where a full machine's ACPI tables lie: at the end of the RAM below 4 GB, kept from the guest's use.
    let tablesAddress: UInt64
    private static let tablesByteCount: UInt64 = 0x1_0000

    /// - Parameter byteCount: a multiple of the page size; at least 2 MB.
    /// - Throws: `MachineError.memory` where the host cannot give so much.
    public init(byteCount: UInt64, virtualization: VMConfiguration.Virtualization = .para) throws {
        guard byteCount >= 2 << 20, byteCount % 4096 == 0 else {
            throw MachineError.configuration("a machine has at least 2 MB of memory, in whole pages")
        }
        let available = HostMemory.availableByteCount
        guard byteCount <= available else {
            throw MachineError.configuration(
                "the machine is to have \(byteCount >> 20) MB of memory, and the host has \(available >> 20) MB left: "
                    + "ask for less, or end other programs")
        }
        let runs =
            virtualization == .full
            ? PhysicalLayout.fullMemoryRuns(byteCount: byteCount) : PhysicalLayout.memoryRuns(byteCount: byteCount)
        let total = runs.reduce(0) { $0 + $1.byteCount }
        file = try MemoryFile.make("guest-memory", byteCount: Int(total))
        map = try MappedMemory(file: file, byteCount: Int(total))
        var offset: UInt64 = 0
        var regions: [GuestMemory.Region] = []
        for run in runs {
            regions.append(
                GuestMemory.Region(
                    address: run.address, byteCount: run.byteCount, host: map.base + Int(offset), fileOffset: offset))
            offset += run.byteCount
        }
        tablesAddress = min(byteCount, PhysicalLayout.fullLowMemoryLimit) - Self.tablesByteCount
        guest = GuestMemory(regions: regions)
    }

    /// Gives the host's memory behind whole pages back; they read as zeroes until they are written again.
    func discard(_ address: UInt64, _ byteCount: UInt64) {
        let start = (address + 4095) & ~4095
        let end = (address + byteCount) & ~4095
        guard end > start, let pointer = guest.pointer(at: start, count: Int(end - start)) else { return }
        // The pages are a file's: they go from it, not only from this mapping.
        _ = madvise(pointer, Int(end - start), MADV_REMOVE)
        guest.noteWrite(at: start, byteCount: end - start)
    }
}
