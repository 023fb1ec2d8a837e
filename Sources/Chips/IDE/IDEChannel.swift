import Board

/// One IDE channel with up to two drives (ATA/ATAPI-7, volume 2, T13/1532-D): the task file, the data register, and DMA.
final class IDEChannel {
    private let drives: [ATADrive?]
    private let memory: GuestMemory
    private let line: InterruptLine
    private let mayUseMemory: () -> Bool
    var busMaster = IDEBusMaster()

    /// The registers that the guest writes; the older value of each is what 48-bit commands take too.
    private var features = DoubleRegister()
    private var count = DoubleRegister()
    private var lba = [DoubleRegister](repeating: DoubleRegister(), count: 3)
    private var device: UInt8 = 0
    private var control: UInt8 = 0
    private var status: UInt8 = ATAStatus.idle
    private var error: UInt8 = 1
    private var isInterruptPending = false
    /// Work that was started before the newest command or reset does not count any more.
    private var generation = 0

    private var transfer = Transfer.none
    /// A DMA command that waits for the bus master, or the other way round.
    private var waiting: DMACommand?

    /// A register with the value before its newest.
    private struct DoubleRegister {
        var current: UInt8 = 0
        var previous: UInt8 = 0
        mutating func write(_ value: UInt8) { (current, previous) = (value, current) }
        var word: UInt16 { UInt16(previous) << 8 | UInt16(current) }
        mutating func set(_ word: UInt16) { (current, previous) = (UInt8(truncatingIfNeeded: word), UInt8(word >> 8)) }
    }

    private enum Transfer {
        case none
        /// The data register gives `buffer` from `position` to `end`; then `rest` sectors follow.
        case toHost(buffer: PIOBuffer, position: Int, end: Int, blockBytes: Int, rest: ATAExtent)
        /// The data register fills `buffer` up to `end`; then it is written at the start of `rest`, or trimmed.
        case fromHost(buffer: PIOBuffer, position: Int, end: Int, blockSectors: Int, rest: ATAExtent, isForced: Bool)
    }

    private enum DMACommand {
        case read(ATAExtent)
        case write(ATAExtent, isForced: Bool)
        case trim(blockCount: Int)

        var byteCount: Int {
            switch self {
            case .read(let extent), .write(let extent, _): extent.byteCount
            case .trim(let blockCount): blockCount * ATADrive.sectorSize
            }
        }
    }

    init(
        drives: [ATADrive?], memory: GuestMemory, line: InterruptLine, mayUseMemory: @escaping () -> Bool
    ) {
        self.drives = drives
        self.memory = memory
        self.line = line
        self.mayUseMemory = mayUseMemory
    }

    func reset() {
        for drive in drives { drive?.reset() }
        busMaster = IDEBusMaster()
        control = 0
        softReset()
    }

    /// Signature of a drive after reset (ATA/ATAPI-7, 4.11).
    private func softReset() {
        generation += 1
        transfer = .none
        waiting = nil
        count.set(1)
        lba[0].set(1)
        lba[1].set(0)
        lba[2].set(0)
        device = 0
        error = 1
        status = ATAStatus.idle
        setInterrupt(false)
    }

    private var drive: ATADrive? { drives[Int(device >> 4 & 1)] }
    private var isEmpty: Bool { drives[0] == nil && drives[1] == nil }

    private func setInterrupt(_ isPending: Bool) {
        if isPending, !isInterruptPending { busMaster.noteInterrupt() }
        isInterruptPending = isPending
        line.set(isPending && control & 2 == 0)
    }

    // MARK: Registers

    /// Eight ports from 0x1F0 or 0x170.
    private(set) lazy var commandBlock = RegisterWindow(
        read: { [unowned self] offset, size in
            if offset == 0 { return readData(size: size) }
            return UInt64(readRegister(Int(offset)))
        },
        write: { [unowned self] offset, size, value in
            if offset == 0 {
                writeData(value, size: size)
            } else {
                writeRegister(UInt8(truncatingIfNeeded: value), Int(offset))
            }
        })

    /// The port at 0x3F6 or 0x376.
    private(set) lazy var controlBlock = ByteWindow(
        read: { [unowned self] _ in currentStatus },
        write: { [unowned self] value, _ in
            let wasReset = control & 4 != 0
            control = value
            if value & 4 != 0, !wasReset {
                softReset()
                status = ATAStatus.busy
            } else if value & 4 == 0, wasReset {
                softReset()
            }
            setInterrupt(isInterruptPending)
        })

    /// A drive that is not there answers with zeros, for the other one; nobody at all leaves the bus floating.
    private var currentStatus: UInt8 {
        if isEmpty { return 0xff }
        return drive == nil ? 0 : status
    }

    private func readRegister(_ offset: Int) -> UInt8 {
        if isEmpty { return 0xff }
        // HOB: the older values.
        let wantsPrevious = control & 0x80 != 0
        switch offset {
        case 1: return drive == nil ? 0 : error
        case 2: return wantsPrevious ? count.previous : count.current
        case 3...5: return wantsPrevious ? lba[offset - 3].previous : lba[offset - 3].current
        case 6: return device | 0xa0
        case 7:
            if drive != nil { setInterrupt(false) }
            return currentStatus
        default: return 0xff
        }
    }

    private func writeRegister(_ value: UInt8, _ offset: Int) {
        control &= 0x7f
        // While a command runs, the registers are the drive's.
        guard status & ATAStatus.busy == 0 || offset == 7 else { return }
        switch offset {
        case 1: features.write(value)
        case 2: count.write(value)
        case 3...5: lba[offset - 3].write(value)
        case 6: device = value
        case 7: execute(value)
        default: break
        }
    }

    private var taskFile: ATATaskFile {
        ATATaskFile(
            command: 0, device: device, features: features.word, count: count.word,
            lba: UInt64(lba[0].current) | UInt64(lba[1].current) << 8 | UInt64(lba[2].current) << 16
                | UInt64(lba[0].previous) << 24 | UInt64(lba[1].previous) << 32 | UInt64(lba[2].previous) << 40)
    }

    private func setTaskFile(_ file: ATATaskFile) {
        device = file.device
        count.set(file.count)
        for index in 0..<3 {
            let low = UInt16(file.lba >> UInt64(8 * index) & 0xff)
            lba[index].set(low | UInt16(file.lba >> UInt64(24 + 8 * index) & 0xff) << 8)
        }
    }

    // MARK: Commands

    private func execute(_ command: UInt8) {
        guard control & 4 == 0 else { return }
        // EXECUTE DEVICE DIAGNOSTIC is for both drives, whichever is selected.
        if command == 0x90, !isEmpty {
            softReset()
            setInterrupt(true)
            return
        }
        guard let drive else { return }
        generation += 1
        transfer = .none
        waiting = nil
        setInterrupt(false)
        status = ATAStatus.idle
        error = 0
        var file = taskFile
        file.command = command
        let operation = drive.decode(&file)
        switch operation {
        case .identify:
            let buffer = PIOBuffer(byteCount: ATADrive.sectorSize)
            buffer.bytes.copyBytes(from: drive.identity(cable: .parallel))
            offer(buffer, byteCount: ATADrive.sectorSize, blockBytes: ATADrive.sectorSize, rest: .empty)
        case .read(let extent, .programmed(let blockSectors)):
            load(extent, blockBytes: blockSectors * ATADrive.sectorSize)
        case .write(let extent, .programmed(let blockSectors), let isForced):
            request(extent, blockSectors: blockSectors, isForced: isForced)
        case .read(let extent, .directMemory): startDMA(.read(extent))
        case .write(let extent, .directMemory, let isForced): startDMA(.write(extent, isForced: isForced))
        case .trim(let blockCount): startDMA(.trim(blockCount: blockCount))
        case .flush:
            status = ATAStatus.busy
            drive.flush(completion: completion { [unowned self] isDone in finish(isDone: isDone) })
        case .done:
            setTaskFile(file)
            finish(isDone: true)
        // Queues are for serial cables.
        case .read, .write, .readErrorLog: fail(ATAError.aborted)
        case .failed(let error): fail(error)
        }
    }

    /// Drops what ends after a newer command or a reset.
    private func completion(_ body: @escaping (_ isDone: Bool) -> Void) -> (Bool) -> Void {
        let started = generation
        return { [weak self] isDone in
            guard let self, generation == started else { return }
            body(isDone)
        }
    }

    private func fail(_ bits: UInt8) {
        transfer = .none
        error = bits
        status = ATAStatus.idle | ATAStatus.error
        setInterrupt(true)
    }

    private func finish(isDone: Bool) {
        guard isDone else { return fail(ATAError.uncorrectable) }
        transfer = .none
        status = ATAStatus.idle
        setInterrupt(true)
    }

    // MARK: Data register

    /// Reads the next sectors from storage, and offers them block by block.
    private func load(_ extent: ATAExtent, blockBytes: Int) {
        guard let drive else { return }
        status = ATAStatus.busy
        let chunkSectors =
            max(PIOBuffer.chunkSectors / (blockBytes / ATADrive.sectorSize), 1)
            * (blockBytes / ATADrive.sectorSize)
        let now = ATAExtent(sector: extent.sector, count: min(extent.count, chunkSectors))
        let rest = ATAExtent(sector: extent.sector + UInt64(now.count), count: extent.count - now.count)
        let buffer = PIOBuffer(byteCount: now.byteCount)
        drive.read(
            now, into: [buffer.bytes],
            completion: completion { [unowned self] isDone in
                guard isDone else { return fail(ATAError.uncorrectable) }
                offer(buffer, byteCount: now.byteCount, blockBytes: blockBytes, rest: rest)
            })
    }

    private func offer(_ buffer: PIOBuffer, byteCount: Int, blockBytes: Int, rest: ATAExtent) {
        transfer = .toHost(buffer: buffer, position: 0, end: byteCount, blockBytes: blockBytes, rest: rest)
        status = ATAStatus.idle | ATAStatus.dataRequest
        setInterrupt(true)
    }

    private func readData(size: Int) -> UInt64 {
        guard case .toHost(let buffer, var position, let end, let blockBytes, let rest) = transfer else { return 0 }
        let count = min(size, end - position)
        var value: UInt64 = 0
        for index in 0..<count { value |= UInt64(buffer.bytes[position + index]) << UInt64(8 * index) }
        position += count
        transfer = .toHost(buffer: buffer, position: position, end: end, blockBytes: blockBytes, rest: rest)
        if position == end {
            transfer = .none
            if rest.count > 0 {
                load(rest, blockBytes: blockBytes)
            } else {
                status = ATAStatus.idle
            }
        } else if position / blockBytes != (position - count) / blockBytes {
            // The next block is there already.
            setInterrupt(true)
        }
        return value
    }

    /// Asks for the next block.
    private func request(_ extent: ATAExtent, blockSectors: Int, isForced: Bool) {
        let count = min(extent.count, blockSectors) * ATADrive.sectorSize
        transfer = .fromHost(
            buffer: PIOBuffer(byteCount: count), position: 0, end: count, blockSectors: blockSectors, rest: extent,
            isForced: isForced)
        status = ATAStatus.idle | ATAStatus.dataRequest
    }

    private func writeData(_ value: UInt64, size: Int) {
        guard case .fromHost(let buffer, var position, let end, let blockSectors, let rest, let isForced) = transfer,
            let drive
        else { return }
        let count = min(size, end - position)
        for index in 0..<count {
            buffer.bytes[position + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
        }
        position += count
        guard position == end else {
            transfer = .fromHost(
                buffer: buffer, position: position, end: end, blockSectors: blockSectors, rest: rest,
                isForced: isForced)
            return
        }
        transfer = .none
        status = ATAStatus.busy
        let now = ATAExtent(sector: rest.sector, count: end / ATADrive.sectorSize)
        let later = ATAExtent(sector: rest.sector + UInt64(now.count), count: rest.count - now.count)
        drive.write(
            now, from: [UnsafeRawBufferPointer(buffer.bytes)], isForced: isForced,
            completion: completion { [unowned self] isDone in
                guard isDone, later.count > 0 else {
                    withExtendedLifetime(buffer) { finish(isDone: isDone) }
                    return
                }
                request(later, blockSectors: blockSectors, isForced: isForced)
                setInterrupt(true)
            })
    }

    // MARK: DMA

    private func startDMA(_ command: DMACommand) {
        status = ATAStatus.idle | ATAStatus.dataRequest
        waiting = command
        busMasterChanged()
    }

    /// The bus master was started or stopped, or there is a command for it.
    func busMasterChanged() {
        guard busMaster.isStarted, let command = waiting, let drive else { return }
        waiting = nil
        status = ATAStatus.busy
        guard mayUseMemory(),
            let (list, isTableUsedUp) = busMaster.scatterList(
                byteCount: command.byteCount, in: memory), list.byteCount == command.byteCount
        else {
            busMaster.finish(isTableUsedUp: true, hasFailed: true)
            return fail(ATAError.aborted)
        }
        let done = completion { [unowned self] isDone in
            busMaster.finish(isTableUsedUp: isTableUsedUp, hasFailed: false)
            finish(isDone: isDone)
        }
        switch command {
        case .read(let extent):
            list.noteWrites(in: memory)
            drive.read(extent, into: list.pieces) { [memory] isDone in
                list.noteWrites(in: memory)
                done(isDone)
            }
        case .write(let extent, let isForced):
            drive.write(extent, from: list.readable, isForced: isForced, completion: done)
        case .trim: drive.trim(list.gather(command.byteCount), completion: done)
        }
    }
}
