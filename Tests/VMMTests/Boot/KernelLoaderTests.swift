import Board
import Glibc
import Testbed
import Testing

@testable import VMM

/// Kernels of our own making, whole and broken.
@Suite struct KernelLoaderTests {
    private let directory = TemporaryDirectory()
    private let kept = Kept()

    /// Memory lives as long as the test: `GuestMemory` does not own what it points to.
    private final class Kept {
        var memories: [MachineMemory] = []
    }

    private func write(_ name: String, _ bytes: [UInt8]) -> String {
        let path = "\(directory.path)/\(name)"
        let file = fopen(path, "w")!
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
        return path
    }

    private func load(
        _ path: String, megabytes: UInt64 = 32, _ change: (inout KernelLoader.Request) -> Void = { _ in }
    ) throws -> (ProcessorState, GuestMemory) {
        let memory = try MachineMemory(byteCount: megabytes << 20)
        var request = KernelLoader.Request(kernel: path, commandLine: "console=ttyS0")
        change(&request)
        let state = try KernelLoader(request, memory: memory.guest, acpi: 0xe0000).load()
        kept.memories.append(memory)
        return (state, memory.guest)
    }

    private func offence(
        _ bytes: [UInt8], megabytes: UInt64 = 32, _ change: (inout KernelLoader.Request) -> Void = { _ in }
    ) throws -> String {
        let path = write("kernel", bytes)
        let error = try #require(throws: BootError.self) { _ = try load(path, megabytes: megabytes, change) }
        #expect(error.file == path)
        return error.offence
    }

    // MARK: ELF

    @Test func elfKernel() throws {
        let path = write("vmlinux", TestKernel.elf())
        let (state, memory) = try load(path)
        #expect(state.rip == 0x100_0000 && state[.rsi] == PhysicalLayout.zeroPage)
        #expect(state.cr0 & 0x8000_0001 == 0x8000_0001 && state.efer == 0x500 && state.rflags & 0x200 == 0)
        #expect(try memory.bytes(at: 0x100_0000, count: 4) == [0x90, 0x90, 0xf4, 0xf4])
        // The zero page: signatures, command line, ACPI, the map of memory.
        #expect(try memory.load(UInt32.self, at: PhysicalLayout.zeroPage + 0x202) == 0x5372_6448)
        #expect(try memory.load(UInt32.self, at: PhysicalLayout.zeroPage + 0x228) == UInt32(PhysicalLayout.commandLine))
        #expect(try memory.load(UInt64.self, at: PhysicalLayout.zeroPage + 0x70) == 0xe0000)
        #expect(try memory.bytes(at: PhysicalLayout.commandLine, count: 14) == Array("console=ttyS0".utf8) + [0])
        let count = try memory.load(UInt8.self, at: PhysicalLayout.zeroPage + 0x1e8)
        #expect(Int(count) == MemoryMap(memory).entries.count)
        #expect(try memory.load(UInt64.self, at: PhysicalLayout.zeroPage + 0x2d0 + 8) == 0x9fc00)
    }

    @Test func pvhEntry() throws {
        let path = write("vmlinux", TestKernel.elf())
        let disk = write("initrd", [1, 2, 3, 4, 5])
        let (state, memory) = try load(path) {
            $0.entry = .pvh
            $0.initialRAMDisk = disk
        }
        #expect(state.rip == 0x100_0010 && state[.rbx] == PhysicalLayout.startInfo)
        #expect(state.cr0 & 0x8000_0001 == 1 && state[.cs].attributes & 0x6000 == 0x4000)
        let info = PhysicalLayout.startInfo
        #expect(try memory.load(UInt32.self, at: info) == 0x336e_c578)
        #expect(try memory.load(UInt32.self, at: info + 12) == 1)
        let module = try memory.load(UInt64.self, at: info + 16)
        let address = try memory.load(UInt64.self, at: module)
        #expect(try memory.load(UInt64.self, at: module + 8) == 5)
        #expect(try memory.bytes(at: address, count: 5) == [1, 2, 3, 4, 5])
    }

    @Test func brokenELF() throws {
        let whole = TestKernel.elf()
        #expect(try offence(Array(whole[..<40])).contains("ELF headers end after 40 bytes"))
        #expect(try offence(Array(whole[..<(whole.count - 1)])).contains("truncated: segment 0"))
        var other = whole
        other[18] = 0xb7
        #expect(try offence(other).contains("not a 64-bit one for x86-64"))
        other = whole
        other[16] = 1
        #expect(try offence(other).contains("no executable"))
        other = whole
        other[56] = 0xff
        other[57] = 0xff
        #expect(try offence(other).contains("program headers lies outside"))
        other = whole
        other[24 + 3] = 0x70
        #expect(try offence(other).contains("entry point 0x70000000 lies outside"))
        #expect(try offence(TestKernel.elf(note: false), { $0.entry = .pvh }).contains("CONFIG_PVH"))
        #expect(try offence(TestKernel.elf(memory: 64 << 20)).contains("needs memory up to 80 MB"))
    }

    // MARK: bzImage

    @Test func bzImageIsUnpackedOnTheHost() throws {
        for compression in TestKernel.Compression.allCases where compression.isAvailable {
            let path = write("bzImage", try TestKernel.bzImage(TestKernel.elf(), compression, in: directory))
            let (state, memory) = try load(path)
            #expect(state.rip == 0x100_0000, "\(compression)")
            #expect(try memory.bytes(at: 0x100_0000, count: 4) == [0x90, 0x90, 0xf4, 0xf4], "\(compression)")
        }
    }

    @Test func bzImageUnpacksItselfWhereAskedTo() throws {
        let path = write("bzImage", try TestKernel.bzImage(TestKernel.elf(), .none, in: directory))
        let (state, memory) = try load(path) { $0.unpacksInGuest = true }
        #expect(state.rip == 0x100_0200)
        #expect(try memory.load(UInt8.self, at: PhysicalLayout.zeroPage + 0x210) == 0xff)
    }

    @Test func brokenBzImage() throws {
        let whole = try TestKernel.bzImage(TestKernel.elf(), .lz4, in: directory)
        #expect(try offence(Array(whole[..<0x230])).contains("inside its setup header"))
        #expect(try offence(Array(whole[..<1100])).contains("truncated"))
        var other = whole
        other[0x206] = 0x02
        #expect(try offence(other).contains("version 2.2 of the boot protocol"))
        other = whole
        other[1024 + 20] ^= 0xff
        other[1024 + 9] ^= 0xff
        other[1024 + 10] ^= 0xff
        #expect(try offence(other).contains("(lz4)"))
        other = whole
        other[other.count - 1] = 0xff
        #expect(try offence(other).contains("absurd size"))
        other = whole
        other[other.count - 3] = other[other.count - 3] &+ 1
        #expect(try offence(other).contains("instead of"))
    }

    @Test func otherFiles() throws {
        #expect(try offence([0x7f, 0x00]).contains("neither a Linux bzImage nor"))
        #expect(try offence([]).contains("empty"))
        let error = try #require(throws: BootError.self) { _ = try load(directory.path) }
        #expect(error.offence.contains("no regular file"))
    }

    @Test func limits() throws {
        let long = String(repeating: "x", count: 4000)
        #expect(try offence(TestKernel.elf(), { $0.commandLine = long }).contains("4000 bytes, and this kernel takes"))
        let disk = write("initrd", [UInt8](repeating: 7, count: 18 << 20))
        #expect(try offence(TestKernel.elf(), { $0.initialRAMDisk = disk }).contains("does not fit beside the kernel"))
    }

    /// Any byte of a kernel may be wrong: an error or a start, never a trap.
    @Test func anyByteMayBeWrong() throws {
        var random = SeededGenerator(seed: 4)
        let elf = TestKernel.elf()
        let packed = try TestKernel.bzImage(elf, .lz4, in: directory)
        let memory = try MachineMemory(byteCount: 32 << 20)
        for round in 0..<400 {
            var bytes = round % 2 == 0 ? elf : packed
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            if round % 5 == 0 { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
            let path = write("kernel", bytes)
            _ = try? KernelLoader(.init(kernel: path), memory: memory.guest, acpi: 0).load()
        }
    }
}
