import Glibc
import Testbed

/// Tiny kernels, as ELF files and as bzImages.
enum TestKernel {
    enum Compression: String, CaseIterable {
        case none, lz4, gzip, xz, lzma, zstd

        var tool: [String]? {
            switch self {
            case .none: nil
            case .lz4: ["lz4", "-l", "-c"]
            case .gzip: ["gzip", "-c"]
            case .xz: ["xz", "--check=crc32", "-c"]
            case .lzma: ["xz", "--format=lzma", "-c"]
            case .zstd: ["zstd", "-c"]
            }
        }

        /// LZ4's few bytes are made here; the others want their tools.
        var isAvailable: Bool { self == .lz4 || tool.map { Machine.has($0[0]) } ?? true }
    }

    /// An executable for x86-64 with one segment at 16 MB (the code, then HLTs) and a PVH note.
    static func elf(note: Bool = true, memory: UInt64 = 0x3000, code: [UInt8] = [0x90, 0x90]) -> [UInt8] {
        var bytes: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
        func append<T: FixedWidthInteger>(_ value: T) { withUnsafeBytes(of: value.littleEndian) { bytes += $0 } }
        append(UInt16(2))
        append(UInt16(62))
        append(UInt32(1))
        append(UInt64(0x100_0000))
        append(UInt64(64))
        append(UInt64(0))
        append(UInt32(0))
        for field: UInt16 in [64, 56, note ? 2 : 1, 64, 0, 0] { append(field) }
        let headers = 64 + 56 * (note ? 2 : 1)
        let noteBytes = 12 + 4 + 8
        let codeOffset = headers + noteBytes
        for (type, offset, address, file, size): (UInt32, Int, UInt64, UInt64, UInt64) in [
            (1, codeOffset, 0x100_0000, 0x2000, memory), (4, headers, 0, UInt64(noteBytes), UInt64(noteBytes)),
        ].prefix(note ? 2 : 1) {
            append(type)
            append(UInt32(5))
            append(UInt64(offset))
            append(address == 0 ? 0 : 0xffff_ffff_8000_0000 + address)
            append(address)
            append(file)
            append(size)
            append(UInt64(4))
        }
        append(UInt32(4))
        append(UInt32(8))
        append(UInt32(18))
        bytes += Array("Xen\0".utf8)
        append(UInt64(0x100_0010))
        return bytes + code + [UInt8](repeating: 0xf4, count: 0x2000 - code.count)
    }

    /// Writes "hi" to the serial port, waits for a key, and ends the machine with its number.
    static let talking: [UInt8] = [
        0xba, 0xf8, 0x03, 0x00, 0x00,  // mov $0x3f8,%edx
        0xb0, 0x68, 0xee,  // mov $'h',%al; out %al,(%dx)
        0xb0, 0x69, 0xee,  // mov $'i',%al; out %al,(%dx)
        0xba, 0xfd, 0x03, 0x00, 0x00,  // mov $0x3fd,%edx
        0xec, 0xa8, 0x01, 0x74, 0xfb,  // 1: in (%dx),%al; test $1,%al; jz 1b
        0xba, 0xf8, 0x03, 0x00, 0x00, 0xec,  // mov $0x3f8,%edx; in (%dx),%al
        0xba, 0x01, 0x05, 0x00, 0x00, 0xee,  // mov $0x501,%edx; out %al,(%dx)
        0xf4, 0xeb, 0xfd,  // 2: hlt; jmp 2b
    ]

    /// A bzImage of one setup sector around `kernel`.
    static func bzImage(
        _ kernel: [UInt8], _ compression: Compression, in directory: TemporaryDirectory
    ) throws -> [UInt8] {
        var payload: [UInt8]
        switch compression {
        case .none: payload = kernel
        case .lz4: payload = lz4(kernel)
        default:
            let path = "\(directory.path)/payload"
            let file = fopen(path, "w")!
            fwrite(kernel, 1, kernel.count, file)
            fclose(file)
            _ = try ProgramRun(["sh", "-c", "\(compression.tool!.joined(separator: " ")) \(path) > \(path).packed"])
            payload = read("\(path).packed")
        }
        if compression != .none { payload += withUnsafeBytes(of: UInt32(kernel.count)) { Array($0) } }
        var bytes = [UInt8](repeating: 0, count: 1024)
        func put<T: FixedWidthInteger>(_ value: T, _ offset: Int) {
            withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(offset..<offset + $0.count, with: $0) }
        }
        put(UInt8(1), 0x1f1)
        put(UInt16(0xaa55), 0x1fe)
        put(UInt8(0xeb), 0x200)
        put(UInt8(0x6a), 0x201)
        put(UInt32(0x5372_6448), 0x202)
        put(UInt16(0x20f), 0x206)
        put(UInt32(0x7fff_ffff), 0x22c)
        put(UInt16(0x7f), 0x236)
        put(UInt32(2047), 0x238)
        put(UInt32(0), 0x248)
        put(UInt32(payload.count), 0x24c)
        put(UInt64(0x100_0000), 0x258)
        put(UInt32(0x10000), 0x260)
        return bytes + payload
    }

    /// One block of literals, with one match behind them.
    private static func lz4(_ bytes: [UInt8]) -> [UInt8] {
        // The kernel ends in thousands of HLTs: all but the first of them as a match at distance 1, and five literals.
        let start = bytes.count - 0x1ff0
        let matchCount = bytes.count - start - 5
        func extended(_ count: Int) -> [UInt8] {
            count < 15 ? [] : [UInt8](repeating: 255, count: (count - 15) / 255) + [UInt8((count - 15) % 255)]
        }
        var block: [UInt8] = [0xff] + extended(start) + bytes[..<start] + [1, 0] + extended(matchCount - 4)
        block += [0x50] + bytes[(bytes.count - 5)...]
        func little(_ value: Int) -> [UInt8] { withUnsafeBytes(of: UInt32(value).littleEndian) { Array($0) } }
        return little(0x184c_2102) + little(block.count) + block
    }

    private static func read(_ path: String) -> [UInt8] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
        return bytes
    }
}
