/// A 64-bit kernel as the linker left it: an ELF file for x86-64 (System V ABI; `vmlinux`).
struct ELFImage {
    /// A run of bytes for guest memory.
    struct Segment {
        var offset: UInt64
        var address: UInt64
        var fileByteCount: UInt64
        var memoryByteCount: UInt64

        func contains(_ address: UInt64) -> Bool {
            self.address <= address && address - self.address < memoryByteCount
        }
    }

    let image: ImageBytes
    /// Where 64-bit code starts, a physical address.
    let entry: UInt64
    /// Where 32-bit code starts that wants a `hvm_start_info` (Xen's PVH; the note XEN_ELFNOTE_PHYS32_ENTRY); nil: nowhere.
    let pvhEntry: UInt64?
    let segments: [Segment]

    static func matches(_ image: ImageBytes) -> Bool { image.load(UInt32.self, at: 0) == 0x464c_457f }

    init(_ image: ImageBytes) throws(BootError) {
        func field<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int) throws(BootError) -> T {
            guard let value: T = image.load(at: offset) else {
                throw BootError(image.name, "its ELF headers end after \(image.count) bytes")
            }
            return value
        }
        self.image = image
        let identity: UInt16 = try field(4)
        let machine: UInt16 = try field(18)
        guard identity == 0x0102, machine == 62 else {
            throw BootError(image.name, "it is an ELF file, but not a 64-bit one for x86-64")
        }
        let kind: UInt16 = try field(16)
        guard kind == 2 else { throw BootError(image.name, "it is an ELF file, but no executable (type \(kind))") }
        let start: UInt64 = try field(24)
        let tableOffset: UInt64 = try field(32)
        let entrySize: UInt16 = try field(54)
        let entryCount: UInt16 = try field(56)
        guard entrySize >= 56, entryCount > 0, image.contains(tableOffset, UInt64(entrySize) * UInt64(entryCount))
        else {
            throw BootError(image.name, "its table of program headers lies outside of the file")
        }
        var segments: [Segment] = []
        var pvhEntry: UInt64?
        var firstVirtual: UInt64?
        for index in 0..<Int(entryCount) {
            let base = Int(tableOffset) + index * Int(entrySize)
            let type: UInt32 = try field(base)
            guard type == 1 || type == 4 else { continue }
            let offset: UInt64 = try field(base + 8)
            let virtual: UInt64 = try field(base + 16)
            let fileByteCount: UInt64 = try field(base + 32)
            let memoryByteCount: UInt64 = try field(base + 40)
            guard image.contains(offset, fileByteCount) else {
                throw BootError(
                    image.name, "it is truncated: segment \(index) reaches beyond the file's \(image.count) bytes")
            }
            if type == 4 {
                pvhEntry = Self.pvhEntry(image, Int(offset), Int(fileByteCount)) ?? pvhEntry
                continue
            }
            let address: UInt64 = try field(base + 24)
            guard fileByteCount <= memoryByteCount, address.addingReportingOverflow(memoryByteCount).overflow == false
            else { throw BootError(image.name, "segment \(index) has more bytes in the file than in memory") }
            if virtual <= start, start &- virtual < memoryByteCount { firstVirtual = virtual &- address }
            segments.append(
                Segment(
                    offset: offset, address: address, fileByteCount: fileByteCount, memoryByteCount: memoryByteCount))
        }
        guard !segments.isEmpty else { throw BootError(image.name, "it has nothing to load") }
        self.segments = segments
        self.pvhEntry = pvhEntry
        // Linux gives a physical address; other kernels' linkers a virtual one.
        let isPhysical = segments.contains { $0.contains(start) }
        entry = isPhysical ? start : start &- (firstVirtual ?? 0)
        guard segments.contains(where: { $0.contains(entry) }) else {
            throw BootError(image.name, "its entry point 0x\(String(start, radix: 16)) lies outside of all segments")
        }
    }

    /// The first and last byte's address of all that is loaded.
    var extent: ClosedRange<UInt64> {
        let start = segments.map(\.address).min() ?? 0
        let end = segments.map { $0.address + $0.memoryByteCount }.max() ?? 1
        return start...max(start, end - 1)
    }

    private static func pvhEntry(_ image: ImageBytes, _ start: Int, _ byteCount: Int) -> UInt64? {
        var offset = start
        let end = start + byteCount
        while offset + 12 <= end, let nameSize: UInt32 = image.load(at: offset),
            let size: UInt32 = image.load(at: offset + 4), let type: UInt32 = image.load(at: offset + 8)
        {
            let name = offset + 12
            let value = name + (Int(nameSize) + 3) & ~3
            let next = value + (Int(size) + 3) & ~3
            guard next <= end else { return nil }
            // "Xen", XEN_ELFNOTE_PHYS32_ENTRY (xen/include/public/elfnote.h).
            if type == 18, nameSize == 4, image.load(UInt32.self, at: name) == 0x006e_6558 {
                if size >= 8 { return image.load(UInt64.self, at: value) }
                if size >= 4 { return image.load(UInt32.self, at: value).map(UInt64.init) }
            }
            offset = next
        }
        return nil
    }
}
