/// A Linux kernel as distributions ship it: setup code for real mode, then code for protected mode with the compressed
/// kernel in it (kernel documentation, arch/x86/boot.rst).
struct BzImage {
    let image: ImageBytes
    /// The boot protocol's version, 0x20c for 2.12.
    let version: UInt16
    /// Sectors of real-mode code, 512 bytes each, without the boot sector.
    let setupSectorCount: Int
    /// The header's bytes, from offset 0x1f1 on.
    let header: ArraySlice<UInt8>
    /// The longest command line, in bytes, without the final zero.
    let commandLineLimit: Int
    /// The highest address that an initial RAM disk's last byte may have.
    let initialRAMDiskLimit: UInt64
    /// Bytes from the preferred address on that the kernel needs before it knows where memory is.
    let initSize: UInt64
    let preferredAddress: UInt64
    let hasEntry64: Bool
    /// Where the compressed kernel lies in the file.
    let payload: Range<Int>

    static let headerOffset = 0x1f1

    /// Whether the image says that it is one.
    static func matches(_ image: ImageBytes) -> Bool {
        image.load(UInt16.self, at: 0x1fe) == 0xaa55 && image.load(UInt32.self, at: 0x202) == 0x5372_6448
    }

    init(_ image: ImageBytes) throws(BootError) {
        func field<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int) throws(BootError) -> T {
            guard let value: T = image.load(at: offset) else {
                throw BootError(image.name, "it ends inside its setup header, after \(image.count) bytes")
            }
            return value
        }
        self.image = image
        version = try field(0x206)
        guard version >= 0x20c else {
            let text = "\(version >> 8).\(version & 0xff)"
            throw BootError(
                image.name,
                "it speaks version \(text) of the boot protocol; 2.12 (Linux 3.8) is the first with a 64-bit entry")
        }
        let sectors: UInt8 = try field(0x1f1)
        setupSectorCount = sectors == 0 ? 4 : Int(sectors)
        let jump: UInt8 = try field(0x201)
        let headerEnd = 0x202 + Int(jump)
        guard headerEnd <= 0x290 else {
            throw BootError(image.name, "its setup header claims to end at byte \(headerEnd)")
        }
        guard headerEnd <= image.count else {
            throw BootError(image.name, "it ends inside its setup header, after \(image.count) bytes")
        }
        header = image.bytes[Self.headerOffset..<headerEnd]
        let commandLine: UInt32 = try field(0x238)
        commandLineLimit = Int(commandLine)
        let ramDiskLimit: UInt32 = try field(0x22c)
        initialRAMDiskLimit = UInt64(ramDiskLimit)
        let size: UInt32 = try field(0x260)
        initSize = UInt64(size)
        preferredAddress = try field(0x258)
        guard preferredAddress >= PhysicalLayout.kernelStart, preferredAddress <= UInt64(UInt32.max) else {
            throw BootError(
                image.name,
                "its setup header prefers the address 0x\(String(preferredAddress, radix: 16)): it is corrupt")
        }
        let flags: UInt16 = try field(0x236)
        hasEntry64 = flags & 1 != 0
        let payloadOffset: UInt32 = try field(0x248)
        let payloadLength: UInt32 = try field(0x24c)
        let code = (setupSectorCount + 1) * 512
        let start = code + Int(payloadOffset)
        let end = start + Int(payloadLength)
        guard code < image.count else {
            throw BootError(image.name, "it ends inside its setup code: \(image.count) bytes of \(code)")
        }
        guard end <= image.count else {
            throw BootError(
                image.name, "it is truncated: its payload ends at byte \(end), and the file has \(image.count)")
        }
        guard payloadLength > 8 else { throw BootError(image.name, "it has no payload") }
        payload = start..<end
    }

    /// The protected-mode code, payload included: what is loaded where the kernel is to unpack itself.
    var protectedModeCode: Range<Int> { (setupSectorCount + 1) * 512..<image.count }

    /// The kernel unpacked: an ELF file (with relocations behind it, which nobody needs who loads it where it was linked).
    /// - Returns: nil where the compression is one that only the kernel itself unpacks.
    func unpacked() throws(BootError) -> ImageBytes? {
        guard let compression = PayloadCompression(image.bytes, payload) else { return nil }
        return ImageBytes(image.name, try compression.unpack(image, payload))
    }
}
