import Board
import Linux

/// Puts a kernel, its command line and its initial RAM disk into guest memory, and says where the processor starts.
public struct KernelLoader {
    /// How the kernel is entered.
    public enum Entry: String, Sendable, CaseIterable {
        /// 64-bit, with a zero page: Linux's own protocol, without its real-mode code.
        case linux64
        /// 32-bit, with Xen's start info.
        case pvh
    }

    /// What to boot.
    public struct Request: Sendable {
        public var kernel: String
        public var initialRAMDisk: String?
        public var commandLine: String
        /// Nil: the 64-bit entry.
        public var entry: Entry?
        /// Whether the guest is to unpack the kernel itself.
        public var unpacksInGuest = false
        /// What of the address space is what; nil: as a para machine has it.
        var map: MemoryMap?
        /// A VGA shows text, 80 columns and 25 rows.
        var hasTextScreen = false

        public init(kernel: String, initialRAMDisk: String? = nil, commandLine: String = "", entry: Entry? = nil) {
            self.kernel = kernel
            self.initialRAMDisk = initialRAMDisk
            self.commandLine = commandLine
            self.entry = entry
        }
    }

    private let memory: GuestMemory
    private let request: Request
    private let kernel: BootFile
    private let initialRAMDisk: BootFile?
    /// Where the ACPI root pointer is; 0: nowhere.
    private let acpi: UInt64

    /// Opens the files, and keeps them open.
    public init(_ request: Request, memory: GuestMemory, acpi: UInt64) throws {
        self.request = request
        self.memory = memory
        self.acpi = acpi
        kernel = try BootFile(request.kernel)
        initialRAMDisk = try request.initialRAMDisk.map { try BootFile($0) }
    }

    private var map: MemoryMap { request.map ?? MemoryMap(memory) }

    /// Loads everything, as often as it is wanted.
    /// - Returns: the first processor's state.
    /// - Throws: `BootError` or `SystemError`, which name the file.
    public func load() throws -> ProcessorState {
        let image = try kernel.bytes()
        if BzImage.matches(image) {
            let bzImage = try BzImage(image)
            if !request.unpacksInGuest, let unpacked = try bzImage.unpacked() {
                return try loadELF(try ELFImage(unpacked), bzImage)
            }
            return try loadPacked(bzImage)
        }
        if ELFImage.matches(image) { return try loadELF(try ELFImage(image), nil) }
        throw BootError(request.kernel, "it is neither a Linux bzImage nor a 64-bit ELF kernel")
    }

    private func loadELF(_ kernel: ELFImage, _ bzImage: BzImage?) throws -> ProcessorState {
        for segment in kernel.segments {
            guard segment.address >= PhysicalLayout.kernelStart,
                memory.pointer(at: segment.address, count: Int(clamping: segment.memoryByteCount)) != nil
            else { throw tooLittleMemory(kernel.extent.upperBound) }
            try kernel.image.bytes.withUnsafeBytes { bytes in
                let part = Int(segment.offset)..<Int(segment.offset + segment.fileByteCount)
                try memory.write(UnsafeRawBufferPointer(rebasing: bytes[part]), at: segment.address)
            }
            // Fresh guest memory is zero, but a reset machine's is not.
            try clear(segment.address + segment.fileByteCount, segment.memoryByteCount - segment.fileByteCount)
        }
        let end = max(kernel.extent.upperBound + 1, bzImage.map { $0.preferredAddress + $0.initSize } ?? 0)
        if request.entry == .pvh {
            guard let entry = kernel.pvhEntry else {
                throw BootError(request.kernel, "it has no PVH entry (built without CONFIG_PVH)")
            }
            guard kernel.segments.contains(where: { $0.contains(entry) }) else {
                throw BootError(
                    request.kernel, "its PVH entry 0x\(String(entry, radix: 16)) lies outside of all segments")
            }
            return try startPVH(at: entry, kernelEnd: end, bzImage)
        }
        return try startLinux(at: kernel.entry, kernelEnd: end, bzImage)
    }

    /// The compressed kernel as it is: it unpacks itself.
    private func loadPacked(_ kernel: BzImage) throws -> ProcessorState {
        guard kernel.hasEntry64 else { throw BootError(request.kernel, "it has no 64-bit entry") }
        guard request.entry != .pvh else {
            throw BootError(request.kernel, "its compression is unknown here, and a packed kernel has no PVH entry")
        }
        let code = kernel.protectedModeCode
        let address = kernel.preferredAddress
        // The entry lies 512 bytes behind the start.
        let end = address + max(kernel.initSize, UInt64(code.count), 0x400)
        guard memory.pointer(at: address, count: Int(end - address)) != nil else { throw tooLittleMemory(end) }
        try kernel.image.bytes.withUnsafeBytes { bytes in
            try memory.write(UnsafeRawBufferPointer(rebasing: bytes[code]), at: address)
        }
        return try startLinux(at: address + 0x200, kernelEnd: end, kernel)
    }

    private func startLinux(at entry: UInt64, kernelEnd: UInt64, _ kernel: BzImage?) throws -> ProcessorState {
        var page = ZeroPage(header: kernel?.header)
        page.setCommandLine(at: try writeCommandLine(limit: kernel?.commandLineLimit ?? 2047))
        if let disk = try loadInitialRAMDisk(above: kernelEnd, limit: kernel?.initialRAMDiskLimit) {
            page.setInitialRAMDisk(at: disk.address, byteCount: disk.byteCount)
        }
        page.setACPI(at: acpi)
        page.setMemoryMap(map)
        if request.hasTextScreen { page.setTextScreen() }
        try memory.write(page.bytes, at: PhysicalLayout.zeroPage)
        var state = try BootProcessor.longMode(memory)
        state.rip = entry
        state[.rsi] = PhysicalLayout.zeroPage
        return state
    }

    private func startPVH(at entry: UInt64, kernelEnd: UInt64, _ kernel: BzImage?) throws -> ProcessorState {
        let commandLine = try writeCommandLine(limit: kernel?.commandLineLimit ?? 2047)
        let disk = try loadInitialRAMDisk(above: kernelEnd, limit: kernel?.initialRAMDiskLimit)
        let info = StartInfo.bytes(
            at: PhysicalLayout.startInfo, commandLine: commandLine, acpi: acpi, initialRAMDisk: disk,
            map: map)
        try memory.write(info, at: PhysicalLayout.startInfo)
        var state = try BootProcessor.protectedMode(memory)
        state.rip = entry
        state[.rbx] = PhysicalLayout.startInfo
        return state
    }

    private func writeCommandLine(limit: Int) throws -> UInt64 {
        let text = Array(request.commandLine.utf8)
        // Behind it come the tables of firmware.
        let limit = min(limit, 64 << 10)
        guard text.count <= limit else {
            throw BootError(
                request.kernel, "the command line has \(text.count) bytes, and this kernel takes \(limit)")
        }
        guard !text.contains(0) else { throw BootError(request.kernel, "the command line has a zero byte in it") }
        try memory.write(text + [0], at: PhysicalLayout.commandLine)
        return PhysicalLayout.commandLine
    }

    /// As high as the kernel lets it be, so that the kernel has room to grow.
    private func loadInitialRAMDisk(
        above kernelEnd: UInt64, limit: UInt64?
    ) throws -> (address: UInt64, byteCount: UInt64)? {
        guard let disk = initialRAMDisk,
            let low = memory.regions.first(where: {
                $0.address <= PhysicalLayout.kernelStart && PhysicalLayout.kernelStart < $0.address + $0.byteCount
            })
        else { return nil }
        let end = min(low.address + low.byteCount, (limit ?? 0x7fff_ffff) + 1)
        let byteCount = UInt64(disk.byteCount)
        guard byteCount < end, (end - byteCount) & ~0xfff >= kernelEnd,
            let pointer = memory.pointer(at: (end - byteCount) & ~0xfff, count: disk.byteCount)
        else {
            throw BootError(
                request.kernel,
                "the initial RAM disk '\(disk.name)' (\(byteCount >> 20) MB) does not fit beside the kernel: give the machine "
                    + "at least \((kernelEnd + byteCount) >> 20 + 16) MB of memory")
        }
        let address = (end - byteCount) & ~0xfff
        defer { memory.noteWrite(at: address, byteCount: byteCount) }
        try disk.read(into: UnsafeMutableRawBufferPointer(start: pointer, count: disk.byteCount))
        return (address, byteCount)
    }

    private func clear(_ address: UInt64, _ byteCount: UInt64) throws {
        guard byteCount > 0 else { return }
        guard let pointer = memory.pointer(at: address, count: Int(byteCount)) else { throw tooLittleMemory(address) }
        pointer.initializeMemory(as: UInt8.self, repeating: 0, count: Int(byteCount))
        memory.noteWrite(at: address, byteCount: byteCount)
    }

    private func tooLittleMemory(_ end: UInt64) -> BootError {
        BootError(
            request.kernel,
            "it needs memory up to \((end >> 20) + 1) MB, and the machine has \(memory.byteCount >> 20) MB")
    }
}
