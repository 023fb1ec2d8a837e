import Board

// The command list (AHCI 1.3.1, 4.2.2, 4.2.3 and 5.3).
extension AHCIPort {
    /// A command header and the start of its table, copied from the guest's memory.
    private struct Entry {
        var slot: Int
        var header: UInt64
        var tableAddress: UInt64
        var frame: [UInt8]

        var isWrite: Bool { header & 1 << 6 != 0 }
        var regionCount: Int { Int(header >> 16 & 0xffff) }

        var file: ATATaskFile {
            ATATaskFile(
                command: frame[2], device: frame[7], features: UInt16(frame[3]) | UInt16(frame[11]) << 8,
                count: UInt16(frame[12]) | UInt16(frame[13]) << 8,
                lba: UInt64(frame[4]) | UInt64(frame[5]) << 8 | UInt64(frame[6]) << 16 | UInt64(frame[8]) << 24
                    | UInt64(frame[9]) << 32 | UInt64(frame[10]) << 40)
        }
    }

    /// Starts what is issued, as far as the disk takes commands.
    func processCommands() {
        // Each round starts a command or is the last one.
        for _ in 0..<32 {
            let waiting = issued & ~running
            guard command.contains(.start), !isHalted, waiting != 0, let drive,
                taskStatus & (ATAStatus.busy | ATAStatus.dataRequest) == 0 || isResetFrame(waiting)
            else { return }
            let slot = nextSlot(of: waiting)
            currentSlot = slot
            guard mayUseMemory(), let entry = entry(slot) else { return failBus() }
            execute(entry, on: drive)
        }
    }

    /// The first slot at or after the current one.
    private func nextSlot(of waiting: UInt32) -> Int {
        let later = waiting & (.max << UInt32(currentSlot))
        return (later != 0 ? later : waiting).trailingZeroBitCount
    }

    /// A busy disk takes nothing but the frame that ends its reset.
    private func isResetFrame(_ waiting: UInt32) -> Bool {
        guard running == 0, let entry = entry(nextSlot(of: waiting)) else { return false }
        return entry.frame[1] & 0x80 == 0
    }

    private func entry(_ slot: Int) -> Entry? {
        let address = listAddress &+ UInt64(32 * slot)
        guard let header = try? memory.load(UInt64.self, at: address),
            let table = try? memory.load(UInt64.self, at: address &+ 8),
            let frame = try? memory.bytes(at: table & ~0x7f, count: 20), frame[0] == 0x27
        else { return nil }
        return Entry(slot: slot, header: header, tableAddress: table & ~0x7f, frame: frame)
    }

    private func execute(_ entry: Entry, on drive: ATADrive) {
        guard entry.frame[1] & 0x80 != 0 else {
            // A control frame is done when it is sent.
            issued &= ~(1 << UInt32(entry.slot))
            control(entry.frame[15])
            return
        }
        var file = entry.file
        let operation = drive.decode(&file)
        running |= 1 << UInt32(entry.slot)
        switch operation {
        case .identify: give(drive.identity(cable: .serial), entry, file, isProgrammed: true)
        case .readErrorLog: give(errorLog(), entry, file, isProgrammed: true)
        case .read(let extent, let transfer):
            guard let list = list(entry, byteCount: extent.byteCount) else { return failBus() }
            let end = accept(entry, file, transfer, byteCount: extent.byteCount)
            list.noteWrites(in: memory)
            drive.read(extent, into: list.pieces) { [memory] isDone in
                list.noteWrites(in: memory)
                end(isDone)
            }
        case .write(let extent, let transfer, let isForced):
            guard let list = list(entry, byteCount: extent.byteCount) else { return failBus() }
            let end = accept(entry, file, transfer, byteCount: extent.byteCount)
            drive.write(extent, from: list.readable, isForced: isForced, completion: end)
        case .trim(let blockCount):
            let byteCount = blockCount * ATADrive.sectorSize
            guard let list = list(entry, byteCount: byteCount) else { return failBus() }
            drive.trim(
                list.gather(byteCount), completion: accept(entry, file, .directMemory, byteCount: byteCount))
        case .flush: drive.flush(completion: accept(entry, file, .directMemory, byteCount: 0))
        case .done: finish(entry, file, byteCount: 0, isSetup: false)
        case .failed(let error):
            if file.command == 0x60 || file.command == 0x61 {
                let tag = UInt32(file.count >> 3 & 31)
                issued &= ~(1 << UInt32(entry.slot))
                failQueued(tag: tag, slot: entry.slot, file, error: error)
            } else {
                fail(entry, file, error: error)
            }
        }
    }

    /// The memory of a command's table of physical regions, up to `byteCount` bytes; nil when it is not that much, or not RAM.
    private func list(_ entry: Entry, byteCount: Int) -> ScatterList? {
        var list = ScatterList()
        for index in 0..<entry.regionCount where list.byteCount < byteCount {
            let address = entry.tableAddress &+ 0x80 &+ UInt64(16 * index)
            guard let base = try? memory.load(UInt64.self, at: address),
                let size = try? memory.load(UInt32.self, at: address &+ 12)
            else { return nil }
            let count = min(Int(size & 0x3f_ffff) + 1, byteCount - list.byteCount)
            guard list.append(base & ~1, count: count, in: memory) else { return nil }
        }
        return list.byteCount == byteCount ? list : nil
    }

    // MARK: Ends of commands

    /// The disk has the command. What is to be called when it is done.
    private func accept(
        _ entry: Entry, _ file: ATATaskFile, _ transfer: ATAOperation.Transfer, byteCount: Int
    ) -> (_ isDone: Bool) -> Void {
        let started = generation
        if case .queued(let tag) = transfer {
            // The slot is free for the list at once; the tag stays active.
            issued &= ~(1 << UInt32(entry.slot))
            taskStatus = ATAStatus.idle
            postRegisterFrame(file, interrupts: false)
            return { [weak self] isDone in
                guard let self, generation == started else { return }
                if isDone {
                    finishQueued(tag: UInt32(tag), slot: entry.slot)
                } else {
                    failQueued(tag: UInt32(tag), slot: entry.slot, file, error: ATAError.uncorrectable)
                }
            }
        }
        taskStatus = ATAStatus.busy
        var isProgrammed = false
        if case .programmed = transfer { isProgrammed = true }
        let isSetup = isProgrammed && !entry.isWrite
        return { [weak self] isDone in
            guard let self, generation == started else { return }
            if isDone {
                finish(entry, file, byteCount: byteCount, isSetup: isSetup)
            } else {
                fail(entry, file, error: ATAError.uncorrectable)
            }
            processCommands()
        }
    }

    /// Answers with bytes of the disk's own.
    private func give(_ bytes: [UInt8], _ entry: Entry, _ file: ATATaskFile, isProgrammed: Bool) {
        guard let list = list(entry, byteCount: bytes.count) else { return failBus() }
        let count = list.scatter(bytes, in: memory)
        finish(entry, file, byteCount: count, isSetup: isProgrammed)
    }

    private func finish(_ entry: Entry, _ file: ATATaskFile, byteCount: Int, isSetup: Bool) {
        taskStatus = ATAStatus.idle
        taskError = 0
        running &= ~(1 << UInt32(entry.slot))
        issued &= ~(1 << UInt32(entry.slot))
        // PRDBC of the header.
        try? memory.store(UInt32(truncatingIfNeeded: byteCount), at: listAddress &+ UInt64(32 * entry.slot) &+ 4)
        if isSetup {
            postSetupFrame(file, byteCount: byteCount)
            raise(Interrupt.setupFrame)
        } else {
            postRegisterFrame(file, interrupts: true)
            raise(Interrupt.registerFrame)
        }
    }

    private func fail(_ entry: Entry, _ file: ATATaskFile, error: UInt8) {
        taskStatus = ATAStatus.idle | ATAStatus.error
        taskError = error
        running &= ~(1 << UInt32(entry.slot))
        // The command stays issued, so that software sees which one failed (6.2.2.1).
        isHalted = true
        postRegisterFrame(file, interrupts: true)
        raise(Interrupt.taskFile | Interrupt.registerFrame)
    }

    private func finishQueued(tag: UInt32, slot: Int) {
        running &= ~(1 << UInt32(slot))
        guard !isHalted else { return }
        taskError = 0
        active &= ~(1 << tag)
        postDeviceBits(1 << tag)
        raise(Interrupt.deviceBits)
        processCommands()
    }

    /// A queued command fails: the disk stops its queue, and keeps the cause for its log.
    private func failQueued(tag: UInt32, slot: Int, _ file: ATATaskFile, error: UInt8) {
        running &= ~(1 << UInt32(slot))
        guard !isHalted else { return }
        taskStatus = ATAStatus.idle | ATAStatus.error
        taskError = error
        failedQueued = (UInt8(tag), file, error)
        isHalted = true
        postDeviceBits(0)
        raise(Interrupt.taskFile | Interrupt.deviceBits)
    }

    /// The list or its data are not in memory: the port stops (6.1.2, host bus fatal error).
    private func failBus() {
        isHalted = true
        running &= ~(1 << UInt32(currentSlot))
        raise(Interrupt.hostBusFatal)
    }

    /// Log page 10h (ATA8-ACS, A.7): the queued command that failed.
    private func errorLog() -> [UInt8] {
        var page = [UInt8](repeating: 0, count: 512)
        if let (tag, file, error) = failedQueued {
            page[0] = tag
            page[2] = ATAStatus.idle | ATAStatus.error
            page[3] = error
            for index in 0..<3 {
                page[4 + index] = UInt8(truncatingIfNeeded: file.lba >> UInt64(8 * index))
                page[8 + index] = UInt8(truncatingIfNeeded: file.lba >> UInt64(24 + 8 * index))
            }
            page[7] = file.device
            page[12] = UInt8(truncatingIfNeeded: file.count)
            page[13] = UInt8(file.count >> 8)
        } else {
            page[0] = 0x80
        }
        failedQueued = nil
        page[511] = page[..<511].reduce(0) { $0 &- $1 }
        return page
    }
}
