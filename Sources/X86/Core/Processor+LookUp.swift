import CX86

/// Code at an address: where its bytes are.
struct CodeLocation {
    var physical: UInt64
    /// The page's number in `PhysicalMemory.flags`.
    var page: Int
    /// The first byte, and those behind it in its page.
    var bytes: UnsafeRawBufferPointer
}

extension Processor {
    /// The block at `StateLayout.rip`, decoded if need be, with `codeBase` set for it.
    /// - Returns: nil: an exception is recorded.
    func lookUp() -> UnsafeRawPointer? {
        statistics.lookUps += 1
        let rip: UInt64 = cpu.get(StateLayout.rip)
        let key = BlockKey(rawValue: cpu.get(StateLayout.blockKey, as: UInt64.self) & BlockKey.mask)
        guard let (linear, codeBase) = codeAddress(rip, key), let code = fetch(linear) else { return nil }
        if blocks.isFull { forgetAllCode() }
        let first: UnsafeMutableRawPointer
        if let found = blocks.find(address: code.physical, key: key), isCurrent(found, linear: linear) {
            first = found
        } else {
            guard let built = build(linear: linear, code: code, key: key) else { return nil }
            first = built
        }
        cpu.set(StateLayout.codeBase, codeBase)
        link(to: first)
        let entry = cpu.jumpCacheEntry(rip)
        entry.storeBytes(of: rip, as: UInt64.self)
        entry.storeBytes(of: UnsafeRawPointer(first), toByteOffset: 8, as: UnsafeRawPointer.self)
        entry.storeBytes(of: codeBase, toByteOffset: 16, as: UInt64.self)
        entry.storeBytes(of: cpu.get(StateLayout.blockKey, as: UInt64.self), toByteOffset: 24, as: UInt64.self)
        return UnsafeRawPointer(first)
    }

    /// The arena is full: everything goes, between two blocks.
    private func forgetAllCode() {
        for page in blocks.reset() { codePages.release(page: page, by: number) }
        crossings.removeAll(keepingCapacity: true)
        forgetJumps()
        cpu.set(StateLayout.linkSite, UInt64(0))
        statistics.blockResets += 1
    }

    /// The jump that was left for want of its target gets it.
    private func link(to first: UnsafeMutableRawPointer) {
        let site: UInt64 = cpu.get(StateLayout.linkSite)
        guard site != 0 else { return }
        cpu.set(StateLayout.linkSite, UInt64(0))
        guard !Op(first).reachesIntoNextPage else { return }
        let op = UnsafeMutableRawPointer(bitPattern: UInt(site & ~1)).unsafelyUnwrapped
        guard op != first else { return }
        op.storeBytes(of: UnsafeRawPointer(first), toByteOffset: 8, as: UnsafeRawPointer.self)
        if site & 1 != 0 { op.storeBytes(of: BlockOperation.forwarded, as: Handler.self) }
    }

    /// The linear address of an instruction, and `codeBase` for its page.
    private func codeAddress(_ rip: UInt64, _ key: BlockKey) -> (linear: UInt64, codeBase: UInt64)? {
        if key.mode == .bits64 {
            guard Int64(bitPattern: rip &<< 16) >> 16 == Int64(bitPattern: rip) else {
                _ = cpu.fault(.generalProtection)
                return nil
            }
            return (rip, rip & ~0xfff)
        }
        let segment = StateLayout.segments + SegmentField.byteCount
        guard rip <= UInt64(cpu.get(segment + SegmentField.limit, as: UInt32.self)) else {
            _ = cpu.fault(.generalProtection)
            return nil
        }
        let base: UInt64 = cpu.get(segment + SegmentField.base)
        let linear = (base &+ rip) & 0xffff_ffff
        return (linear, (linear & ~0xfff) &- base)
    }

    /// Finds the bytes of code at a linear address.
    /// - Returns: nil: an exception is recorded. Code outside of RAM is not run: #GP.
    private func fetch(_ linear: UInt64) -> CodeLocation? {
        guard let physical = inForce.fetch(linear) ?? translate(linear, .fetch) else { return nil }
        guard let (host, page, _) = memory.find(physical) else {
            _ = cpu.fault(.generalProtection)
            return nil
        }
        return CodeLocation(
            physical: physical, page: page,
            bytes: UnsafeRawBufferPointer(start: host, count: 4096 - Int(physical & 0xfff)))
    }

    /// Whether a block that was found still is what memory holds: of an instruction that reaches into the next page, that page may
    /// be another now.
    private func isCurrent(_ first: UnsafeMutableRawPointer, linear: UInt64) -> Bool {
        guard Op(first).reachesIntoNextPage else { return true }
        let next = (linear & ~0xfff) &+ 0x1000
        guard let known = crossings[UInt(bitPattern: first)],
            let physical = inForce.fetch(next) ?? translate(next, .fetch)
        else {
            return false
        }
        return known == physical
    }

    /// Decodes the block at `code`.
    /// - Returns: nil: an exception is recorded.
    private func build(linear: UInt64, code: CodeLocation, key: BlockKey) -> UnsafeMutableRawPointer? {
        hold(page: code.page)
        let offset = Int(code.physical & 0xfff)
        let room = blocks.room()
        var builder = BlockBuilder(key: key, code: code.bytes, codeOffset: offset, start: room)
        let count = builder.build(limit: BlockBuilder.instructionLimit)
        statistics.blocksBuilt += 1
        if count > 0, count <= code.bytes.count {
            blocks.commit(
                address: code.physical, key: key, page: code.page,
                lines: BlockCache.lines(offset: offset, count: count),
                first: room, byteCount: builder.byteCount)
            return room
        }
        // The instruction reaches into the next page.
        guard let (bytes, second) = joined(linear: linear, code: code) else { return nil }
        hold(page: second.page)
        let length = bytes.withUnsafeBytes { joined in
            builder = BlockBuilder(key: key, code: joined, codeOffset: offset, start: room)
            return builder.build(limit: 1)
        }
        blocks.commit(
            address: code.physical, key: key, page: code.page,
            lines: BlockCache.lines(offset: offset, count: code.bytes.count), first: room, byteCount: builder.byteCount)
        blocks.note(
            page: second.page, lines: BlockCache.lines(offset: 0, count: length - code.bytes.count), first: room,
            tableKey: BlockCache.tableKey(address: code.physical, key: key))
        crossings[UInt(bitPattern: room)] = second.physical
        return room
    }

    /// The bytes up to the page's end and up to 15 of the next page.
    private func joined(linear: UInt64, code: CodeLocation) -> (bytes: [UInt8], second: CodeLocation)? {
        guard let second = fetch((linear & ~0xfff) &+ 0x1000) else { return nil }
        return (Array(code.bytes) + Array(second.bytes.prefix(15)), second)
    }

    /// From now on, stores to the page tell of it.
    private func hold(page: Int) {
        guard blocks.lines(page: page) == 0 else { return }
        codePages.hold(page: page, by: number)
        _ = protect(page: page)
    }

    /// The instruction at `rip` has gone to an address that is not canonical. A near jump, call or return faults itself, with the
    /// stack pointer as it was (Intel SDM volume 2, CALL, JMP, RET): what it did is undone here, so that jumps need not look. What
    /// a call stored below the stack pointer stays. Anything else faults at the address it went to.
    func refuseTarget(from rip: UInt64) {
        guard is64Bit, Processor.isCanonical(rip), let code = fetch(rip) else { return }
        var instruction = try? Decoder.decode(code.bytes, mode: .bits64)
        if instruction == nil, let (bytes, _) = joined(linear: rip, code: code) {
            instruction = bytes.withUnsafeBytes { try? Decoder.decode($0, mode: .bits64) }
        }
        guard let instruction else { return }
        let size: UInt64 = instruction.operandSize == 2 ? 2 : 8
        switch instruction.operation {
        case .jumpNear, .jcc, .jcxz: break
        case .callNear: cpu[.rsp] &+= size
        case .returnNear: cpu[.rsp] &-= size &+ (instruction.operandCount == 0 ? 0 : instruction.immediate)
        case .loop, .loope, .loopne: cpu[.rcx] = (cpu[.rcx] &+ 1) & instruction.addressMask
        default: return
        }
        _ = cpu.fault(.generalProtection)
        cpu.set(StateLayout.rip, rip)
    }

    // MARK: - One instruction alone

    /// Runs the instruction at `StateLayout.rip` from a block of its own that nobody keeps: for traps, for the instruction behind STI,
    /// and for instructions that write to the page they lie in.
    func runAlone() {
        let rip: UInt64 = cpu.get(StateLayout.rip)
        let key = BlockKey(rawValue: cpu.get(StateLayout.blockKey, as: UInt64.self) & BlockKey.mask)
        cpu.set(StateLayout.linkSite, UInt64(0))
        guard let (linear, codeBase) = codeAddress(rip, key), let code = fetch(linear) else { return }
        var builder = BlockBuilder(key: key, code: code.bytes, codeOffset: Int(linear & 0xfff), start: alone)
        let count = builder.build(limit: 1)
        if count == 0 || count > code.bytes.count {
            guard let (bytes, _) = joined(linear: linear, code: code) else { return }
            bytes.withUnsafeBytes { joined in
                builder = BlockBuilder(key: key, code: joined, codeOffset: Int(linear & 0xfff), start: alone)
                _ = builder.build(limit: 1)
            }
        }
        cpu.set(StateLayout.codeBase, codeBase)
        isAlone = true
        request(Request.alone)
        var next: UnsafeRawPointer? = UnsafeRawPointer(alone)
        while let op = next { next = op.load(as: Handler.self)(cpu.raw, op) }
        _ = cx86_fetch_and32(cpu.raw + StateLayout.requests, ~Request.alone)
        isAlone = false
        cpu.set(StateLayout.linkSite, UInt64(0))
        if exit == .exception {
            cpu.set(StateLayout.rip, rip)
        } else if !Processor.isCanonical(cpu.get(StateLayout.rip)) {
            refuseTarget(from: rip)
        }
    }
}
