/// Xen's hvm_start_info, version 1: how a PVH kernel is told of its machine
/// (xen/include/public/arch-x86/hvm/start_info.h).
struct StartInfo {
    /// The bytes for `address`: the struct, a module, the memory map.
    static func bytes(
        at address: UInt64, commandLine: UInt64, acpi: UInt64, initialRAMDisk: (address: UInt64, byteCount: UInt64)?,
        map: MemoryMap
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        func append<T: FixedWidthInteger>(_ value: T) {
            withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
        }
        let structByteCount: UInt64 = 56
        let moduleByteCount: UInt64 = 32
        let module = address + structByteCount
        append(UInt32(0x336e_c578))
        append(UInt32(1))
        append(UInt32(0))
        append(UInt32(initialRAMDisk == nil ? 0 : 1))
        append(initialRAMDisk == nil ? UInt64(0) : module)
        append(commandLine)
        append(acpi)
        append(module + moduleByteCount)
        append(UInt32(map.entries.count))
        append(UInt32(0))
        append(initialRAMDisk?.address ?? 0)
        append(initialRAMDisk?.byteCount ?? 0)
        append(UInt64(0))
        append(UInt64(0))
        for entry in map.entries {
            append(entry.address)
            append(entry.byteCount)
            append(entry.kind.rawValue)
            append(UInt32(0))
        }
        return bytes
    }
}
