/// The kernel's boot_params, "zero page" (kernel documentation, arch/x86/zero-page.rst; offsets of
/// arch/x86/include/uapi/asm/bootparam.h).
struct ZeroPage {
    private(set) var bytes = [UInt8](repeating: 0, count: 4096)

    /// - Parameter header: a bzImage's setup header; nil for an ELF file, which has none.
    init(header: ArraySlice<UInt8>?) {
        if let header {
            bytes.replaceSubrange(BzImage.headerOffset..<BzImage.headerOffset + header.count, with: header)
        } else {
            store(UInt16(0xaa55), at: 0x1fe)
            store(UInt32(0x5372_6448), at: 0x202)
            store(UInt16(0x20f), at: 0x206)
            store(UInt32(0x0100_0000), at: 0x230)
        }
        // A loader without a number of its own.
        bytes[0x210] = 0xff
    }

    mutating func setCommandLine(at address: UInt64) {
        store(UInt32(truncatingIfNeeded: address), at: 0x228)
        store(UInt32(truncatingIfNeeded: address >> 32), at: 0x0c8)
    }

    mutating func setInitialRAMDisk(at address: UInt64, byteCount: UInt64) {
        store(UInt32(truncatingIfNeeded: address), at: 0x218)
        store(UInt32(truncatingIfNeeded: byteCount), at: 0x21c)
        store(UInt32(truncatingIfNeeded: address >> 32), at: 0x0c0)
        store(UInt32(truncatingIfNeeded: byteCount >> 32), at: 0x0c4)
    }

    mutating func setACPI(at address: UInt64) { store(address, at: 0x070) }

    /// struct screen_info: a VGA in its mode 3, the cursor in the first corner.
    mutating func setTextScreen() {
        bytes[0x06] = 3
        bytes[0x07] = 80
        // More memory than an EGA's, and colours.
        store(UInt16(3), at: 0x0a)
        bytes[0x0e] = 25
        bytes[0x0f] = 1
        store(UInt16(16), at: 0x10)
    }

    mutating func setMemoryMap(_ map: MemoryMap) {
        let entries = map.entries.prefix(128)
        bytes[0x1e8] = UInt8(entries.count)
        for (index, entry) in entries.enumerated() {
            let offset = 0x2d0 + index * 20
            store(entry.address, at: offset)
            store(entry.byteCount, at: offset + 8)
            store(entry.kind.rawValue, at: offset + 16)
        }
    }

    private mutating func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at offset: Int) {
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self) }
    }
}
