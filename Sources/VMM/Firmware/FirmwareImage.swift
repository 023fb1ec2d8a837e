import Board

/// Firmware as a PC has it: a ROM that ends at 4 GB, whose last 128 KB are found below 1 MB, too.
struct FirmwareImage {
    private let image: ImageBytes

    /// - Throws: `BootError` where the file is no firmware.
    init(path: String) throws {
        image = try ImageBytes(path: path, limit: Int(PhysicalLayout.firmwareByteCount))
        guard image.count >= 0x10000, image.count % 0x10000 == 0 else {
            throw BootError(path, "firmware has a multiple of 64 KB, and this file \(image.count) bytes")
        }
    }

    /// Puts it where the processor starts, and where it used to be on the first PCs.
    func write(to memory: GuestMemory) throws(GuestMemoryError) {
        try memory.write(image.bytes, at: PhysicalLayout.highMemoryStart - UInt64(image.count))
        let low = image.bytes.suffix(0x20000)
        try memory.write(Array(low), at: 0x10_0000 - UInt64(low.count))
    }

    static let rootPointerFile = "etc/acpi/rsdp"

    /// SeaBIOS's loader script with one command: put the root pointer where kernels look for it (its src/fw/romfile_loader.h:
    /// ALLOCATE, the file's name, alignment 16, the zone below 1 MB).
    static var allocateRootPointer: [UInt8] {
        var bytes = AML.little(UInt32(1)) + Array(rootPointerFile.utf8)
        bytes += [UInt8](repeating: 0, count: 4 + 56 - bytes.count)
        bytes += AML.little(UInt32(16)) + [2]
        return bytes + [UInt8](repeating: 0, count: 128 - bytes.count)
    }
}
