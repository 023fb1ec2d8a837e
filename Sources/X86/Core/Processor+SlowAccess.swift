import Board
import CX86

/// The slow path of a load: see `CPU.load`. What was found lies at `StateLayout.loaded`.
@usableFromInline @inline(never)
func loadSlowly(_ cpu: CPU, _ address: UInt64, _ byteCount: Int) -> Bool {
    cpu.processor.load(address, byteCount)
}

/// The slow path of a store: see `CPU.store`.
@usableFromInline @inline(never)
func storeSlowly(_ cpu: CPU, _ address: UInt64, _ bytes: UnsafeRawBufferPointer) -> Bool {
    cpu.processor.store(address, bytes)
}

extension CPU {
    /// The slow half of `pointerForModify`: RAM for `byteCount` bytes at a linear address, checked for writing, decoded code
    /// of it dropped; `finishModify` is owed once it has changed. Nil with an exception recorded: the fault. Nil
    /// otherwise (`isFault` false): the operand lies in a device, at least a part of it: use `load` and `store`.
    @inline(never)
    public func pointerForModifySlowly(_ address: UInt64, _ byteCount: Int, isFault: inout Bool)
        -> UnsafeMutableRawPointer?
    {
        processor.pointerForModify(address, byteCount, isFault: &isFault)
    }

    /// What `pointerForModifySlowly` found last was changed.
    func finishModify(_ byteCount: Int) { processor.finishModify(byteCount) }
}

extension Processor {
    /// Addresses that are not canonical are a general-protection fault; `deliverException` makes it a stack fault where
    /// the stack is meant.
    private func isCanonical(_ address: UInt64, _ byteCount: Int) -> Bool {
        guard cpu.get(StateLayout.efer, as: UInt64.self) & ControlBit.longModeActive != 0 else { return true }
        let last = address &+ UInt64(byteCount - 1)
        if Processor.isCanonical(address), Processor.isCanonical(last) { return true }
        refusedAddress = address
        _ = cpu.fault(.generalProtection)
        return false
    }

    var inForce: TranslationBuffer {
        let raw: UnsafeRawPointer = cpu.get(StateLayout.tlb)
        return translations.first { UnsafeRawPointer($0.raw) == raw } ?? translations[1]
    }

    /// The rights of user mode are in force.
    private func isUser(_ buffer: TranslationBuffer) -> Bool {
        buffer.raw == translations[0].raw || buffer.raw == translations[3].raw
    }

    /// CR0.AM and RFLAGS.AC in user mode: operands must be aligned to their size.
    /// - Returns: false: #AC is recorded.
    private func isAligned(_ linear: UInt64, _ byteCount: Int) -> Bool {
        guard cpu.get(StateLayout.tlb, as: UnsafeRawPointer.self) == UnsafeRawPointer(translations[3].raw) else {
            return true
        }
        let alignment: UInt64 =
            switch byteCount {
            case 2, 6: 2
            case 4: 4
            case 8, 10: 8
            default: 1
            }
        if linear & (alignment - 1) == 0 { return true }
        _ = cpu.fault(.alignmentCheck)
        return false
    }

    /// Translates, and fills the buffer in force where the page is RAM.
    /// - Returns: nil: the fault is recorded.
    func translate(_ linear: UInt64, _ access: AccessKind) -> UInt64? {
        let buffer = inForce
        statistics.translationMisses += 1
        guard
            let translation = walk(
                linear, access, isUser: isUser(buffer),
                ignoresSMAP: buffer.raw == translations[2].raw)
        else { return nil }
        if translation.isLarge {
            let half = Int(linear >> 63)
            let page = linear & ~0x3fff_ffff
            let range = page...(page | 0x3fff_ffff)
            if let old = largePages[half] {
                largePages[half] = min(old.lowerBound, range.lowerBound)...max(old.upperBound, range.upperBound)
            } else {
                largePages[half] = range
            }
        }
        let physicalPage = translation.physical & ~0xfff
        guard let (host, flagPage, isReadOnly) = memory.find(physicalPage), physicalPage != localAPICPage else {
            return translation.physical
        }
        let page = linear & ~0xfff
        if buffer.wouldLoseWritable(page) { noteLostTranslations() }
        let flags = memory.flags[flagPage]
        let isWatched =
            buffer.raw == translations[3].raw || breakpoints.hasData && breakpoints.watchesData(page: page)
        buffer.enter(
            page, physical: physicalPage, host: host, isReadable: !isWatched,
            isWritable: !isWatched && translation.isWritable && translation.isDirty && !isReadOnly
                && flags & (PageFlags.code | PageFlags.isLogged) == 0,
            isExecutable: translation.isExecutable)
        return translation.physical
    }

    /// Loads up to 64 bytes from a linear address to `StateLayout.loaded`… those beyond 16 go on in the scratch behind it.
    func load(_ linear: UInt64, _ byteCount: Int) -> Bool {
        guard isCanonical(linear, byteCount) else { return false }
        let target = cpu.raw + StateLayout.loaded
        let inFirst = min(byteCount, 4096 - Int(linear & 0xfff))
        guard let first = translate(linear, .read) else { return false }
        if inFirst == byteCount {
            guard mayAccess(linear, byteCount, isWrite: false) else { return false }
            read(physical: first, into: target, byteCount)
            return true
        }
        guard let second = translate(wrap(linear &+ UInt64(inFirst)), .read),
            mayAccess(linear, byteCount, isWrite: false)
        else { return false }
        read(physical: first, into: target, inFirst)
        read(physical: second, into: target + inFirst, byteCount - inFirst)
        return true
    }

    /// What is asked of an access that the page tables allow: alignment, breakpoints.
    /// - Returns: false: an exit is recorded.
    private func mayAccess(_ linear: UInt64, _ byteCount: Int, isWrite: Bool) -> Bool {
        isAligned(linear, byteCount) && (!breakpoints.hasData || noteAccess(linear, byteCount, isWrite: isWrite))
    }

    /// Linear addresses outside of long mode have 32 bits.
    private func wrap(_ linear: UInt64) -> UInt64 {
        cpu.get(StateLayout.efer, as: UInt64.self) & ControlBit.longModeActive != 0 ? linear : linear & 0xffff_ffff
    }

    func store(_ linear: UInt64, _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard isCanonical(linear, bytes.count) else { return false }
        let inFirst = min(bytes.count, 4096 - Int(linear & 0xfff))
        guard let first = translate(linear, .write) else { return false }
        if inFirst == bytes.count {
            guard mayAccess(linear, inFirst, isWrite: true), prepareWrite(physical: first, inFirst) else {
                return false
            }
            write(physical: first, bytes)
            finishWrite(physical: first, inFirst)
            return true
        }
        guard let second = translate(wrap(linear &+ UInt64(inFirst)), .write),
            mayAccess(linear, bytes.count, isWrite: true)
        else { return false }
        guard prepareWrite(physical: first, inFirst), prepareWrite(physical: second, bytes.count - inFirst) else {
            return false
        }
        write(physical: first, UnsafeRawBufferPointer(rebasing: bytes[..<inFirst]))
        write(physical: second, UnsafeRawBufferPointer(rebasing: bytes[inFirst...]))
        finishWrite(physical: first, inFirst)
        finishWrite(physical: second, bytes.count - inFirst)
        return true
    }

    func pointerForModify(_ linear: UInt64, _ byteCount: Int, isFault: inout Bool) -> UnsafeMutableRawPointer? {
        isFault = true
        guard isCanonical(linear, byteCount) else { return nil }
        guard let first = translate(linear, .write) else { return nil }
        let inFirst = min(byteCount, 4096 - Int(linear & 0xfff))
        var second: UInt64?
        if inFirst < byteCount {
            guard let next = translate(wrap(linear &+ UInt64(inFirst)), .write) else { return nil }
            second = next
        }
        guard let host = hostForModify(first, second) else {
            isFault = false
            return nil
        }
        guard mayAccess(linear, byteCount, isWrite: true), prepareWrite(physical: first, inFirst) else { return nil }
        if let second, !prepareWrite(physical: second, byteCount - inFirst) { return nil }
        isFault = false
        modified = (first, second)
        return host
    }

    /// RAM from a physical address on, and behind its page the page at `second`. For operands that lie across both: where
    /// they are one piece, the host's locked instructions are one step for other processors there as well.
    private func hostForModify(_ first: UInt64, _ second: UInt64?) -> UnsafeMutableRawPointer? {
        guard let host = writableHost(first) else { return nil }
        guard let second else { return host }
        guard let next = writableHost(second) else { return nil }
        let offset = Int(first & 0xfff)
        let page = host - offset
        if page + 4096 == next { return host }
        return pagesSideBySide?(page, next).map { $0 + offset }
    }

    private func writableHost(_ physical: UInt64) -> UnsafeMutableRawPointer? {
        guard let (host, _, isReadOnly) = memory.find(physical), !isReadOnly, physical & ~0xfff != localAPICPage else {
            return nil
        }
        return host
    }

    /// What `pointerForModify` found last was changed.
    func finishModify(_ byteCount: Int) {
        guard let second = modified.second else { return finishWrite(physical: modified.first, byteCount) }
        let inFirst = 4096 - Int(modified.first & 0xfff)
        finishWrite(physical: modified.first, inFirst)
        finishWrite(physical: second, byteCount - inFirst)
    }

    /// Before a store to RAM: decoded code of this processor's is dropped.
    /// - Returns: false: the instruction must run alone first (`Exit.alone` is recorded).
    func prepareWrite(physical: UInt64, _ byteCount: Int) -> Bool {
        guard let (_, page, _) = memory.find(physical) else { return true }
        guard memory.flags[page] & PageFlags.code != 0 else { return true }
        let lines = BlockCache.lines(offset: Int(physical & 0xfff), count: byteCount)
        if blocks.lines(page: page) & lines != 0 {
            if !isAlone, isRunningPage(page) {
                cpu.set(StateLayout.exit, Exit.alone.rawValue)
                return false
            }
            dropCode(page: page)
        }
        return true
    }

    /// Behind a store to RAM: the other processors hear of it that hold decoded code there, and the log is kept. Behind it,
    /// not before: what others decode, or copy, after they were told must be what was stored. The fence is
    /// for the one who sets a flag right now, and then reads: either the flag is seen here, or the store is seen there.
    func finishWrite(physical: UInt64, _ byteCount: Int) {
        guard let (_, page, _) = memory.find(physical) else { return }
        cx86_fence()
        let flags = memory.flags[page]
        if flags & PageFlags.code != 0 {
            let offset = Int(physical & 0xfff)
            codePages.written(page: page, range: offset..<min(offset + byteCount, 4096), by: number)
        }
        if flags & PageFlags.isLogged != 0 { memory.setFlags(PageFlags.dirty, page: page) }
    }

    /// Whether the code that runs now lies in `page`.
    private func isRunningPage(_ page: Int) -> Bool {
        var linear: UInt64 = cpu.get(StateLayout.codeBase)
        if cpu.get(StateLayout.blockKey, as: UInt64.self) & 3 != UInt64(CodeMode.bits64.rawValue) {
            linear &+= cpu.get(StateLayout.segments + SegmentField.byteCount + SegmentField.base, as: UInt64.self)
            linear &= 0xffff_ffff
        }
        let buffer = inForce
        // An unknown page counts as this one: to run an instruction alone is never wrong.
        guard
            let translation = walk(
                linear, .fetch, isUser: isUser(buffer), ignoresSMAP: true),
            let (_, running, _) = memory.find(translation.physical)
        else { return true }
        return running == page
    }

    /// Forgets the decoded code of a page.
    func dropCode(page: Int) {
        if blocks.drop(page: page) { codePages.release(page: page, by: number) }
    }

    func read(physical: UInt64, into target: UnsafeMutableRawPointer, _ byteCount: Int) {
        if physical & ~0xfff == localAPICPage {
            target.storeBytes(of: readLocalAPIC(offset: physical & 0xfff, size: byteCount), as: UInt64.self)
            return
        }
        if let (host, _, _) = memory.find(physical) {
            target.copyMemory(from: host, byteCount: byteCount)
            return
        }
        // Devices take 1, 2, 4 and 8 bytes, aligned; everything else is cut to pieces.
        var done = 0
        while done < byteCount {
            let address = physical + UInt64(done)
            let size = piece(address, byteCount - done)
            var value = bus.read(address: address, size: size).littleEndian
            withUnsafeBytes(of: &value) { (target + done).copyMemory(from: $0.baseAddress!, byteCount: size) }
            done += size
        }
    }

    func write(physical: UInt64, _ bytes: UnsafeRawBufferPointer) {
        if physical & ~0xfff == localAPICPage {
            var value: UInt64 = 0
            withUnsafeMutableBytes(of: &value) {
                $0.copyBytes(from: UnsafeRawBufferPointer(rebasing: bytes.prefix(8)))
            }
            writeLocalAPIC(offset: physical & 0xfff, size: bytes.count, value: value)
            return
        }
        if let (host, _, isReadOnly) = memory.find(physical) {
            if !isReadOnly { host.copyMemory(from: bytes.baseAddress!, byteCount: bytes.count) }
            return
        }
        var done = 0
        while done < bytes.count {
            let address = physical + UInt64(done)
            let size = piece(address, bytes.count - done)
            var value: UInt64 = 0
            withUnsafeMutableBytes(of: &value) {
                $0.copyBytes(from: UnsafeRawBufferPointer(rebasing: bytes[done..<done + size]))
            }
            bus.write(address: address, size: size, value: UInt64(littleEndian: value))
            done += size
        }
    }

    private func piece(_ address: UInt64, _ left: Int) -> Int {
        for size in [8, 4, 2] where left >= size && address & UInt64(size - 1) == 0 { return size }
        return 1
    }
}
