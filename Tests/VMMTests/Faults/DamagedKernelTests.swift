import Board
import Glibc
import Linux
import Testbed
import Testing

@testable import VMM

/// Kernels and RAM disks that are cut off or damaged: a message that names the file, never a trap.
@Suite struct DamagedKernelTests {
    private let bench = MonitorBench()

    /// - Returns: whether it was taken for a kernel.
    private func load(
        _ bytes: [UInt8], _ memory: GuestMemory, disk: String? = nil, unpacksInGuest: Bool = false
    ) throws -> Bool {
        let path = try bench.write("kernel", bytes)
        var request = KernelLoader.Request(kernel: path, initialRAMDisk: disk, commandLine: "quiet")
        request.unpacksInGuest = unpacksInGuest
        do {
            _ = try KernelLoader(request, memory: memory, acpi: 0xe0000).load()
            return true
        } catch let error as BootError {
            #expect(error.file == path || error.file == disk)
            #expect(!error.offence.isEmpty)
            return false
        }
    }

    @Test func cutOff() throws {
        let memory = try MachineMemory(byteCount: 32 << 20)
        let whole = TestKernel.elf()
        let packed = try TestKernel.bzImage(whole, .lz4, in: bench.directory)
        for kernel in [whole, packed] {
            #expect(try load(kernel, memory.guest))
            for count in [1, 3, 16, 63, 64, 119, 150, 511, 513, 530, 700, 1023, 1024, 1030, kernel.count - 1] {
                #expect(try !load(Array(kernel.prefix(count)), memory.guest), "\(count) bytes")
            }
        }
    }

    @Test func damagedAnywhere() throws {
        let memory = try MachineMemory(byteCount: 32 << 20)
        var random = SeededGenerator(seed: 7)
        let whole = TestKernel.elf()
        let kernels = [whole, try TestKernel.bzImage(whole, .lz4, in: bench.directory)]
        var refused = 0
        for round in 0..<400 {
            var kernel = kernels[round % 2]
            for _ in 0..<(1 + random.below(3)) {
                // Mostly in the headers.
                let place = random.chance(80) ? random.below(0x290) : random.below(kernel.count)
                if place < kernel.count { kernel[place] = random.chance(30) ? 0xff : UInt8(random.below(256)) }
            }
            if try !load(kernel, memory.guest, unpacksInGuest: random.chance(30)) { refused += 1 }
        }
        #expect(refused > 20)
    }

    /// Addresses that the fuzzer found: entries outside of what is loaded, and sums that go around.
    @Test func addressesOutside() throws {
        let memory = try MachineMemory(byteCount: 32 << 20)
        var kernel = TestKernel.elf()
        // The PVH note's entry.
        kernel.replaceSubrange(192..<200, with: [UInt8](repeating: 0x7f, count: 8))
        var request = KernelLoader.Request(kernel: try bench.write("pvh", kernel), entry: .pvh)
        let entry = try #require(throws: BootError.self) {
            _ = try KernelLoader(request, memory: memory.guest, acpi: 0).load()
        }
        #expect(entry.offence.contains("PVH entry 0x7f7f7f7f7f7f7f7f lies outside"), "\(entry)")
        var packed = try TestKernel.bzImage(TestKernel.elf(), .lz4, in: bench.directory)
        for address: UInt64 in [0, 0x1000, .max, .max - 0xffff] {
            withUnsafeBytes(of: address.littleEndian) { packed.replaceSubrange(0x258..<0x260, with: $0) }
            request = KernelLoader.Request(kernel: try bench.write("packed", packed))
            request.unpacksInGuest = true
            let error = try #require(throws: BootError.self) {
                _ = try KernelLoader(request, memory: memory.guest, acpi: 0).load()
            }
            #expect(error.offence.contains("prefers the address 0x"), "\(error)")
        }
    }

    @Test func initialRAMDisks() throws {
        let memory = try MachineMemory(byteCount: 32 << 20)
        let empty = try bench.write("empty", [])
        let error = try #require(throws: BootError.self) {
            var request = KernelLoader.Request(kernel: try bench.write("kernel", TestKernel.elf()))
            request.initialRAMDisk = empty
            _ = try KernelLoader(request, memory: memory.guest, acpi: 0).load()
        }
        #expect(error.description.contains(empty) && error.offence.contains("is empty"), "\(error)")
        #expect(try !load(TestKernel.elf(), memory.guest, disk: bench.directory.path), "a directory")
        let missing = try #require(throws: SystemError.self) {
            _ = try load(TestKernel.elf(), memory.guest, disk: "\(bench.directory.path)/nothing")
        }
        #expect(missing.description.contains("nothing': No such file"))
    }
}
