import Linux

/// GRUB at the start of a disk with an MBR: its first sector in the boot sector, the rest behind it, before the first
/// partition. What grub-bios-setup does, without a device to be root for.
enum BootSector {
    static let sectorByteCount = 512
    /// The first partition's first sector: 1 MiB, as fdisk has it.
    static let partitionSector: UInt32 = 2048

    /// Offsets of GRUB 2's boot.S and diskboot.S (grub-core/boot/i386/pc, include/grub/i386/pc/boot.h).
    private enum Offset {
        /// Where the second sector to load is, 64 bits.
        static let kernelSector = 0x5c
        /// A jump over the check for floppy drives; two no-operations where the disk is none.
        static let driveCheck = 0x66
        static let signature = 440
        static let partitions = 446
        /// In diskboot's sector: where the rest starts (64 bits), its sectors (16 bits), and the segment it goes to.
        static let blockList = 512 - 12
    }

    /// The sectors before the first partition.
    /// - Parameters:
    ///   - boot: boot.img of GRUB's package.
    ///   - core: what grub-mkimage made: diskboot.img and the compressed rest.
    ///   - partitionSectors: the size of the one partition, of Linux and active.
    ///   - signature: what tells the disk from others.
    static func sectors(
        boot: [UInt8], core: [UInt8], partitionSectors: UInt32, signature: UInt32
    ) throws(GuestImageError) -> [UInt8] {
        let coreSectors = (core.count + sectorByteCount - 1) / sectorByteCount
        guard boot.count == sectorByteCount, boot[510] == 0x55, boot[511] == 0xaa else {
            throw GuestImageError("GRUB's boot.img is no boot sector")
        }
        guard core.count > sectorByteCount, coreSectors < Int(partitionSector) - 1 else {
            throw GuestImageError("GRUB's core of \(core.count) bytes does not fit before the first partition")
        }
        var bytes = boot
        bytes.set(at: Offset.kernelSector, UInt64(1))
        bytes.set(at: Offset.driveCheck, UInt16(0x9090))
        bytes.set(at: Offset.signature, signature)
        bytes.set(at: Offset.signature + 4, UInt16(0))
        for index in Offset.partitions..<510 { bytes[index] = 0 }
        let entry = Offset.partitions
        bytes[entry] = 0x80
        // No cylinders, heads and sectors: the highest there are mean "see the sector numbers".
        for offset in [1, 5] {
            bytes[entry + offset] = 0xfe
            bytes[entry + offset + 1] = 0xff
            bytes[entry + offset + 2] = 0xff
        }
        bytes[entry + 4] = 0x83
        bytes.set(at: entry + 8, partitionSector)
        bytes.set(at: entry + 12, partitionSectors)

        var rest = core + [UInt8](repeating: 0, count: coreSectors * sectorByteCount - core.count)
        rest.set(at: Offset.blockList, UInt64(2))
        rest.set(at: Offset.blockList + 8, UInt16(coreSectors - 1))
        rest.set(at: Offset.blockList + 10, UInt16(0x820))
        return bytes + rest
    }
}

extension [UInt8] {
    /// Stores a little-endian number.
    fileprivate mutating func set<Number: FixedWidthInteger>(at offset: Int, _ value: Number) {
        withUnsafeMutableBytes { $0.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Number.self) }
    }
}
