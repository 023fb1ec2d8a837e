// Jumps between blocks. A block stays within a page, and a direct jump within the page is linked: its operation holds the
// target's first operation. All other jumps look at the jump cache: 4,096 entries of 32 bytes, by RIP:
//
//    0  RIP        8  first operation of the block there
//   16  `codeBase` for it      24  `StateLayout.blockKey` that it was found under
//
// A change of translations raises the generation in `blockKey`, so no entry matches any more.

extension CPU {
    public static let jumpCacheEntryCount = 4096

    @inlinable @inline(__always)
    func jumpCacheEntry(_ rip: UInt64) -> UnsafeMutableRawPointer {
        get(StateLayout.jumpCache, as: UnsafeMutableRawPointer.self)
            + Int((rip ^ rip >> 12) & UInt64(CPU.jumpCacheEntryCount - 1)) * 32
    }

    /// Counts the instructions of the block that a jump leaves.
    @inlinable @inline(__always)
    func countInstructions(_ op: Op) {
        set(
            StateLayout.instructionCount,
            get(StateLayout.instructionCount, as: UInt64.self) &+ UInt64(op.count))
    }

    /// A direct jump is taken whose target lies in the same page, `op.displacement` from `codeBase`.
    @inlinable @inline(__always)
    public func jump(_ op: Op) -> UnsafeRawPointer? {
        countInstructions(op)
        if _fastPath(get(StateLayout.requests, as: UInt32.self) == 0), let target = op.target { return target }
        return leaveForTarget(op)
    }

    /// A jump is taken to `rip`, anywhere (already cut to the operand's size).
    @inlinable @inline(__always)
    public func jump(to rip: UInt64, _ op: Op) -> UnsafeRawPointer? {
        countInstructions(op)
        let entry = jumpCacheEntry(rip)
        if _fastPath(
            entry.load(as: UInt64.self) == rip
                && entry.load(fromByteOffset: 24, as: UInt64.self) == get(StateLayout.blockKey, as: UInt64.self)
                && get(StateLayout.requests, as: UInt32.self) == 0)
        {
            set(StateLayout.codeBase, entry.load(fromByteOffset: 16, as: UInt64.self))
            return entry.load(fromByteOffset: 8, as: UnsafeRawPointer.self)
        }
        return leave(.lookUp, at: rip)
    }

    /// The target of a direct jump is not linked yet, or somebody asked for something.
    @usableFromInline @inline(never)
    func leaveForTarget(_ op: Op) -> UnsafeRawPointer? {
        let rip = get(StateLayout.codeBase, as: UInt64.self) &+ UInt64(bitPattern: Int64(op.displacement))
        guard get(StateLayout.requests, as: UInt32.self) == 0 else { return leave(.request, at: rip) }
        let entry = jumpCacheEntry(rip)
        if entry.load(as: UInt64.self) == rip,
            entry.load(fromByteOffset: 24, as: UInt64.self) == get(StateLayout.blockKey, as: UInt64.self)
        {
            let first = entry.load(fromByteOffset: 8, as: UnsafeRawPointer.self)
            if !Op(first).reachesIntoNextPage {
                UnsafeMutableRawPointer(mutating: op.raw)
                    .storeBytes(of: first, toByteOffset: 8, as: UnsafeRawPointer.self)
            }
            return first
        }
        set(StateLayout.linkSite, UInt64(UInt(bitPattern: op.raw)))
        return leave(.lookUp, at: rip)
    }
}

extension Op {
    /// The instruction lies in two pages: what is in the second may change without this one, so nothing is linked to it.
    var reachesIntoNextPage: Bool { Int(offset) + Int(length) > 4096 }
}

/// Operations that the block builder itself makes.
enum BlockOperation {
    /// The end of a block without a jump: go on behind it, in the same page.
    static let continueInPage: Handler = { state, op in
        CPU(state).jump(Op(op))
    }
    /// The end of a block at the end of its page.
    static let continueElsewhere: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        return cpu.jump(
            to: cpu.get(StateLayout.codeBase, as: UInt64.self) &+ UInt64(bitPattern: Int64(op.displacement)), op)
    }
    /// The first operation of a block that was dropped: whoever still jumps here looks for the code anew.
    static let dropped: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        cpu.set(StateLayout.linkSite, UInt64(UInt(bitPattern: op.raw)) | 1)
        return cpu.leave(.lookUp, at: op.rip(cpu))
    }
    /// The first operation of a dropped block that was decoded again.
    static let forwarded: Handler = { _, op in Op(op).target }
    /// No instruction: #UD.
    static let undefined: Handler = { state, _ in CPU(state).fault(.invalidOpcode) }
    /// An instruction longer than 15 bytes: #GP(0).
    static let tooLong: Handler = { state, _ in CPU(state).fault(.generalProtection) }
}
