/// The registers of an ATA command (ATA8-ACS, section 7.1), as an IDE channel or a SATA frame carries them.
struct ATATaskFile: Equatable {
    var command: UInt8 = 0
    var device: UInt8 = 0
    /// 16 bits with 48-bit commands.
    var features: UInt16 = 0
    var count: UInt16 = 0
    /// LBA bits 0 to 47; of 28-bit commands, bits 24 to 27 are in `device`.
    var lba: UInt64 = 0

    var usesLBA: Bool { device & 0x40 != 0 }
}

/// Bits of the status register (ATA8-ACS, 6.2).
enum ATAStatus {
    static let error: UInt8 = 0x01
    static let dataRequest: UInt8 = 0x08
    static let seekComplete: UInt8 = 0x10
    static let deviceFault: UInt8 = 0x20
    static let ready: UInt8 = 0x40
    static let busy: UInt8 = 0x80
    /// Ready for a command.
    static let idle = ready | seekComplete
}

/// Bits of the error register (ATA8-ACS, 6.3).
enum ATAError {
    static let aborted: UInt8 = 0x04
    static let idNotFound: UInt8 = 0x10
    static let uncorrectable: UInt8 = 0x40
}

/// Sectors of a disk.
struct ATAExtent: Equatable {
    var sector: UInt64
    /// 1 to 65536.
    var count: Int
    static let empty = ATAExtent(sector: 0, count: 0)
    var byteCount: Int { count * ATADrive.sectorSize }
}

/// What a command wants done.
enum ATAOperation: Equatable {
    /// How the data of a command travels.
    enum Transfer: Equatable {
        /// Through the data register, so many sectors for each interrupt.
        case programmed(blockSectors: Int)
        case directMemory
        /// By a queue entry of the drive.
        case queued(tag: Int)
    }

    case identify
    case read(ATAExtent, Transfer)
    /// `isForced`: it is on the disk when the command is done.
    case write(ATAExtent, Transfer, isForced: Bool)
    case flush
    /// DATA SET MANAGEMENT with TRIM: so many 512-byte blocks of ranges follow.
    case trim(blockCount: Int)
    /// READ LOG EXT of the queued error log.
    case readErrorLog
    /// Done already; registers that the command answers with have changed.
    case done
    case failed(error: UInt8)
}
