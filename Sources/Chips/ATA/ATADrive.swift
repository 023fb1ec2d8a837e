import Board

/// An ATA disk without its cable (ATA8-ACS, T13/1699-D): decodes commands, knows what IDENTIFY DEVICE says, and has storage do
/// the work. IDE channels and AHCI ports put registers before it.
public final class ATADrive {
    public static let sectorSize = 512
    /// READ and WRITE MULTIPLE move at most so many sectors a block.
    static let mostSectorsPerBlock = 16
    static let queueDepth = 32

    let storage: any BlockStorage
    private let executor: any BlockExecutor
    /// For IDENTIFY DEVICE, at most 20 and 40 characters.
    public let serialNumber: String
    public let model: String
    let sectorCount: UInt64

    /// Sectors of a block of READ and WRITE MULTIPLE; 0 until it is set.
    private(set) var sectorsPerBlock = 0
    private(set) var isWriteCacheEnabled = true
    private(set) var transferMode: UInt8 = 0x45
    /// The geometry for cylinder, head and sector addresses (INITIALIZE DEVICE PARAMETERS).
    private(set) var heads = 16
    private(set) var sectorsPerTrack = 63

    /// - Parameter storage: its size is a multiple of 512 bytes; what is beyond 2^48 sectors is not seen.
    public init(
        storage: any BlockStorage, executor: any BlockExecutor, serialNumber: String = "RK0001",
        model: String = "ROOKERY HARDDISK"
    ) {
        self.storage = storage
        self.executor = executor
        self.serialNumber = serialNumber
        self.model = model
        sectorCount = min(storage.byteCount / UInt64(Self.sectorSize), 1 << 48 - 1)
    }

    /// Hardware reset: settings as after power-on.
    func reset() {
        sectorsPerBlock = 0
        isWriteCacheEnabled = true
        transferMode = 0x45
        heads = 16
        sectorsPerTrack = 63
    }

    // MARK: Commands

    /// What `file` asks for. Commands without data are carried out here; their answers are in `file` then.
    func decode(_ file: inout ATATaskFile) -> ATAOperation {
        switch file.command {
        case 0xec: return .identify
        case 0x20, 0x21: return read(file, wide: false, .programmed(blockSectors: 1))
        case 0x24: return read(file, wide: true, .programmed(blockSectors: 1))
        case 0xc4, 0x29:
            guard sectorsPerBlock > 0 else { break }
            return read(file, wide: file.command == 0x29, .programmed(blockSectors: sectorsPerBlock))
        case 0xc8, 0xc9: return read(file, wide: false, .directMemory)
        case 0x25: return read(file, wide: true, .directMemory)
        case 0x30, 0x31: return write(file, wide: false, .programmed(blockSectors: 1))
        case 0x34: return write(file, wide: true, .programmed(blockSectors: 1))
        case 0xc5, 0x39, 0xce:
            guard sectorsPerBlock > 0 else { break }
            let transfer = ATAOperation.Transfer.programmed(blockSectors: sectorsPerBlock)
            return write(file, wide: file.command != 0xc5, transfer, isForced: file.command == 0xce)
        case 0xca, 0xcb: return write(file, wide: false, .directMemory)
        case 0x35, 0x3d: return write(file, wide: true, .directMemory, isForced: file.command == 0x3d)
        case 0x60, 0x61: return queued(file)
        case 0x40, 0x41, 0x42:
            return extent(file, wide: file.command == 0x42) == nil ? .failed(error: ATAError.idNotFound) : .done
        case 0xe7, 0xea: return .flush
        case 0x06:
            guard file.features & 1 != 0 else { break }
            return .trim(blockCount: min(max(Int(file.count), 1), 8))
        case 0x2f:
            guard file.lba & 0xff == 0x10, file.count == 1 else { break }
            return .readErrorLog
        case 0xc6: return setSectorsPerBlock(file)
        case 0xef: return setFeatures(file)
        case 0x91:
            heads = Int(file.device & 15) + 1
            sectorsPerTrack = max(Int(file.count & 0xff), 1)
            return .done
        // RECALIBRATE, SEEK: nothing moves.
        case 0x10...0x1f, 0x70...0x7f: return .done
        // STANDBY and IDLE in their forms: it keeps spinning.
        case 0xe0...0xe3, 0xe6: return .done
        case 0xe5:
            file.count = 0xff
            return .done
        case 0xf8:
            let last = min(sectorCount, 1 << 28) &- 1
            file.lba = last & 0xff_ffff
            file.device = file.device & 0xf0 | UInt8(last >> 24 & 15)
            return .done
        case 0x27:
            file.lba = sectorCount &- 1
            return .done
        default: break
        }
        return .failed(error: ATAError.aborted)
    }

    private func extent(_ file: ATATaskFile, wide: Bool) -> ATAExtent? {
        let count: Int
        var sector = file.lba
        if wide {
            count = file.count == 0 ? 65536 : Int(file.count)
        } else {
            count = file.count & 0xff == 0 ? 256 : Int(file.count & 0xff)
            if file.usesLBA {
                sector = file.lba & 0xff_ffff | UInt64(file.device & 15) << 24
            } else {
                // Sector, cylinder (low, high) and head (ATA-5, 6.2).
                let (cylinder, number) = (Int(file.lba >> 8 & 0xffff), Int(file.lba & 0xff))
                guard number > 0 else { return nil }
                sector = UInt64((cylinder * heads + Int(file.device & 15)) * sectorsPerTrack + number - 1)
            }
        }
        guard sector < sectorCount, UInt64(count) <= sectorCount - sector else { return nil }
        return ATAExtent(sector: sector, count: count)
    }

    private func read(_ file: ATATaskFile, wide: Bool, _ transfer: ATAOperation.Transfer) -> ATAOperation {
        guard let extent = extent(file, wide: wide) else { return .failed(error: ATAError.idNotFound) }
        return .read(extent, transfer)
    }

    private func write(
        _ file: ATATaskFile, wide: Bool, _ transfer: ATAOperation.Transfer, isForced: Bool = false
    ) -> ATAOperation {
        guard !storage.isReadOnly else { return .failed(error: ATAError.aborted) }
        guard let extent = extent(file, wide: wide) else { return .failed(error: ATAError.idNotFound) }
        return .write(extent, transfer, isForced: isForced)
    }

    /// READ and WRITE FPDMA QUEUED: the count is in the features, the tag in the count (13.6.4).
    private func queued(_ file: ATATaskFile) -> ATAOperation {
        var moved = file
        moved.count = file.features
        let transfer = ATAOperation.Transfer.queued(tag: Int(file.count >> 3 & 31))
        if file.command == 0x60 { return read(moved, wide: true, transfer) }
        return write(moved, wide: true, transfer, isForced: file.device & 0x80 != 0)
    }

    private func setSectorsPerBlock(_ file: ATATaskFile) -> ATAOperation {
        let count = Int(file.count & 0xff)
        guard count <= Self.mostSectorsPerBlock, count & (count - 1) == 0 || count == 0 else {
            return .failed(error: ATAError.aborted)
        }
        sectorsPerBlock = count
        return .done
    }

    private func setFeatures(_ file: ATATaskFile) -> ATAOperation {
        switch file.features & 0xff {
        case 0x02: isWriteCacheEnabled = true
        case 0x82: isWriteCacheEnabled = false
        case 0x03:
            // Transfer mode: programmed (default and by number), multiword DMA 0 to 2, ultra DMA 0 to 5.
            let mode = UInt8(file.count & 0xff)
            switch mode {
            case 0x00, 0x01, 0x08...0x0c: break
            case 0x20...0x22, 0x40...0x45: transferMode = mode
            default: return .failed(error: ATAError.aborted)
            }
        // Power-up in standby, acoustic and advanced power management, read look-ahead, reverting to defaults.
        case 0x05, 0x85, 0x42, 0xc2, 0x55, 0xaa, 0x66, 0xcc: break
        default: return .failed(error: ATAError.aborted)
        }
        return .done
    }

    // MARK: Work

    /// Reads an extent into `buffers`, which together have its size. `completion` has the device lock.
    func read(
        _ extent: ATAExtent, into buffers: [UnsafeMutableRawBufferPointer],
        completion: @escaping (_ isDone: Bool) -> Void
    ) {
        let storage = storage
        let outcome = Outcome()
        executor.execute(
            {
                outcome.isDone =
                    (try? storage.read(at: extent.sector * UInt64(Self.sectorSize), into: buffers)) != nil
            }, completion: { completion(outcome.isDone) })
    }

    /// Writes `buffers` to an extent; flushes where `isForced`, or where the guest has switched the write cache off.
    func write(
        _ extent: ATAExtent, from buffers: [UnsafeRawBufferPointer], isForced: Bool,
        completion: @escaping (_ isDone: Bool) -> Void
    ) {
        let storage = storage
        let outcome = Outcome()
        let flushes = isForced || !isWriteCacheEnabled
        executor.execute(
            {
                guard (try? storage.write(at: extent.sector * UInt64(Self.sectorSize), from: buffers)) != nil else {
                    return
                }
                outcome.isDone = !flushes || (try? storage.flush()) != nil
            }, completion: { completion(outcome.isDone) })
    }

    func flush(completion: @escaping (_ isDone: Bool) -> Void) {
        let storage = storage
        let outcome = Outcome()
        executor.execute(
            { outcome.isDone = (try? storage.flush()) != nil }, completion: { completion(outcome.isDone) })
    }

    /// Gives up the ranges of a TRIM: 8 bytes each, 48 bits of sector and 16 of count. Storage that cannot is no error.
    func trim(_ ranges: [UInt8], completion: @escaping (_ isDone: Bool) -> Void) {
        var extents: [(sector: UInt64, count: UInt64)] = []
        for start in stride(from: 0, to: ranges.count - 7, by: 8) {
            let entry = (0..<8).reduce(UInt64(0)) { $0 | UInt64(ranges[start + $1]) << UInt64(8 * $1) }
            let (sector, count) = (entry & 0xffff_ffff_ffff, entry >> 48)
            guard count > 0 else { continue }
            guard sector < sectorCount, count <= sectorCount - sector, !storage.isReadOnly else {
                completion(false)
                return
            }
            extents.append((sector, count))
        }
        let storage = storage
        let size = UInt64(Self.sectorSize)
        executor.execute(
            {
                for extent in extents {
                    try? storage.discard(
                        at: extent.sector * size, byteCount: extent.count * size, mustZero: false)
                }
            }, completion: { completion(true) })
    }

    /// How work ended; written by the executor's thread before the completion reads it.
    private final class Outcome { var isDone = false }
}
