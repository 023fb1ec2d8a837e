import Board
import Driver
import Glibc
import VMM

// A kernel with any bytes in it, packed in any way, and a RAM disk: loaded into 32 MB of guest memory, or refused. The first
// bytes say how, the last ones are the RAM disk, the rest is the kernel.

/// `main` is an alias of this.
@_cdecl("BootKernel_main")
public func bootKernelMain(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
    fuzz(count, arguments, fuzzOne)
}

/// Files without a name, which the loader opens by their descriptors.
private struct FuzzFile {
    let descriptor: Int32
    var path: String { "/proc/self/fd/\(descriptor)" }

    init(_ name: String) {
        descriptor = memfd_create(name, 0)
        precondition(descriptor >= 0)
    }

    func set(_ bytes: UnsafeRawBufferPointer) {
        ftruncate(descriptor, 0)
        if !bytes.isEmpty { pwrite(descriptor, bytes.baseAddress, bytes.count, 0) }
    }
}

private let byteCount = 32 << 20
nonisolated(unsafe) private let ram = mmap(
    nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)!
nonisolated(unsafe) private let kernel = FuzzFile("kernel")
nonisolated(unsafe) private let disk = FuzzFile("disk")

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    guard size >= 4 else { return 0 }
    let input = UnsafeRawBufferPointer(start: data, count: size)
    let choice = input[0]
    let diskCount = min(Int(input[1]), size - 4)
    kernel.set(UnsafeRawBufferPointer(rebasing: input[4..<(size - diskCount)]))
    disk.set(UnsafeRawBufferPointer(rebasing: input[(size - diskCount)...]))
    let memory = GuestMemory(regions: [
        GuestMemory.Region(address: 0, byteCount: UInt64(byteCount), host: ram, fileOffset: 0)
    ])
    var request = KernelLoader.Request(
        kernel: kernel.path, commandLine: String(repeating: "x", count: Int(input[2]) * 16))
    if choice & 1 != 0 { request.initialRAMDisk = disk.path }
    request.entry = choice & 2 == 0 ? nil : choice & 4 == 0 ? .linux64 : .pvh
    request.unpacksInGuest = choice & 8 != 0
    do {
        let state = try KernelLoader(request, memory: memory, acpi: 0xe0000).load()
        // It may be wrong, but it lies in what was loaded.
        precondition(state.rip < UInt64(byteCount), "an entry outside of memory")
    } catch {
        precondition(!"\(error)".isEmpty)
    }
    // What was loaded goes, or the next input would find it.
    madvise(ram, byteCount, MADV_DONTNEED)
    return 0
}
