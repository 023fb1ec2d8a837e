import Board
import Linux

/// A machine's RAM: one file without a name, mapped here, that devices in other processes can map as well (vhost-user).
public final class MachineMemory: @unchecked Sendable {
    public let file: FileDescriptor
    public let guest: GuestMemory
    private let map: MappedMemory

    /// - Parameter byteCount: a multiple of the page size; at least 2 MB.
    /// - Throws: `MachineError.memory` where the host cannot give so much.
    public init(byteCount: UInt64) throws {
        guard byteCount >= 2 << 20, byteCount % 4096 == 0 else {
            throw MachineError.configuration("a machine has at least 2 MB of memory, in whole pages")
        }
        let available = HostMemory.availableByteCount
        guard byteCount <= available else {
            throw MachineError.configuration(
                "the machine is to have \(byteCount >> 20) MB of memory, and the host has \(available >> 20) MB left: "
                    + "ask for less, or end other programs")
        }
        file = try MemoryFile.make("guest-memory", byteCount: Int(byteCount))
        map = try MappedMemory(file: file, byteCount: Int(byteCount))
        var offset: UInt64 = 0
        var regions: [GuestMemory.Region] = []
        for run in PhysicalLayout.memoryRuns(byteCount: byteCount) {
            regions.append(
                GuestMemory.Region(
                    address: run.address, byteCount: run.byteCount, host: map.base + Int(offset), fileOffset: offset))
            offset += run.byteCount
        }
        guest = GuestMemory(regions: regions)
    }
}

/// The host's memory.
enum HostMemory {
    /// What could be given to a program now without swapping (MemAvailable of proc(5)); everything where it cannot be told.
    static var availableByteCount: UInt64 {
        guard let text = try? File.readText("/proc/meminfo") else { return .max }
        for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
            let number = line.split(separator: " ").dropFirst().first.flatMap { UInt64($0) }
            return number.map { $0 << 10 } ?? .max
        }
        return .max
    }
}
