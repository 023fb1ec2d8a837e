/// Turns decoded instructions into operations. The families' lowerings call it: `emit` for each operation of an instruction;
/// `end` after one that leaves the block always.
public struct BlockBuilder {
    /// Most instructions of a block.
    public static let instructionLimit = 64
    /// Most operations of one instruction, with those for addresses.
    public static let operationsPerInstruction = 8
    static let byteLimit = (instructionLimit * operationsPerInstruction + 1) * Op.byteCount

    public let key: BlockKey
    /// Where the operations go.
    let start: UnsafeMutableRawPointer
    private(set) var byteCount = 0
    /// The instruction at hand: where it starts in its page, and how many there are in the block with it.
    private(set) var offset: UInt16 = 0
    private(set) var length: UInt8 = 0
    private(set) var instructionCount = 0
    private(set) var hasEnded = false
    /// The code from `codeOffset` of the page on, for `peek`.
    private let code: UnsafeRawBufferPointer
    private let codeOffset: Int

    /// - Parameters:
    ///   - code: bytes of the page (or the two pages that the first instruction lies in).
    ///   - codeOffset: where `code` starts in its page.
    ///   - start: room for `byteLimit` bytes.
    init(key: BlockKey, code: UnsafeRawBufferPointer, codeOffset: Int, start: UnsafeMutableRawPointer) {
        self.key = key
        self.code = code
        self.codeOffset = codeOffset
        self.start = start
    }

    public var mode: CodeMode { key.mode }
    /// Bytes of the stack pointer: 2, 4 or 8.
    public var stackSize: Int { key.stackSize }
    /// Where the next instruction starts, from `codeBase`; at the end of the page this is 4,096 or more.
    public var nextOffset: Int32 { Int32(offset) + Int32(length) }
    /// The mask that a new RIP is cut to after adding: by the operand's size and the mode.
    public func ripMask(_ i: Instruction) -> UInt64 {
        switch (mode, i.operandSize) {
        case (.bits64, _): .max
        case (_, 2): 0xffff
        default: 0xffff_ffff
        }
    }

    /// Decodes the instruction at `position` of the code.
    private func decode(at position: Int) throws(DecodeError) -> Instruction {
        try Decoder.decode(UnsafeRawBufferPointer(rebasing: code[position...]), mode: key.mode)
    }

    /// The instruction behind the one at hand, if it lies in the same page and the block has room: to fuse both.
    public mutating func peek() -> Instruction? {
        let position = Int(nextOffset) - codeOffset
        guard instructionCount < min(limit, BlockBuilder.instructionLimit - 1), position < code.count,
            Int(nextOffset) < 4096
        else { return nil }
        guard let next = try? decode(at: position), Int(nextOffset) + Int(next.length) <= 4096 else { return nil }
        return next
    }

    /// The next instruction is part of what was emitted last: it is skipped, and counted. Call before emitting.
    public mutating func fuse(_ next: Instruction) {
        fusedLength = next.length
        instructionCount += 1
    }
    private var fusedLength: UInt8 = 0
    /// Most instructions of this block: with a limit of one, nothing is fused.
    private var limit = BlockBuilder.instructionLimit

    /// Adds an operation of the instruction at hand.
    public mutating func emit(_ draft: OpDraft) {
        precondition(byteCount + Op.byteCount <= BlockBuilder.byteLimit)
        var draft = draft
        draft.offset = offset
        draft.length = length
        draft.count = UInt8(truncatingIfNeeded: instructionCount)
        draft.store(to: start + byteCount)
        byteCount += Op.byteCount
    }

    /// The block ends with the operation that was emitted last: it jumps, faults or leaves always.
    public mutating func end() { hasEnded = true }

    /// The byte offset in the state of a register operand of 1 to 8 bytes (AH to BH too).
    public func registerOffset(_ operand: Operand) -> UInt8 {
        operand.kind == .highByte ? operand.number * 8 + 1 : operand.number * 8
    }

    /// A draft whose base, index, scale and displacement name the instruction's memory operand: an address operation
    /// goes before it where the operand is not a 64-bit address in a flat segment.
    /// - Parameter size: bytes that are accessed, for the segment's limit.
    public mutating func memoryDraft(_ handler: @escaping Handler, _ i: Instruction, size: Int? = nil) -> OpDraft {
        var draft = OpDraft(handler)
        let direct = address(of: i.memory, into: &draft)
        if mode == .bits64, i.addressSize == 8, i.memory.segment < 4, direct { return draft }
        var first = addressDraft(addressHandler(i), i.memory)
        first.extra = i.memory.segment
        first.immediate = i.addressSize == 2 ? 0xffff : i.addressSize == 4 ? 0xffff_ffff : .max
        first.extra16 = UInt16(truncatingIfNeeded: size ?? operandByteCount(i))
        emit(first)
        draft = OpDraft(handler)
        draft.base = UInt8(StateLayout.address)
        return draft
    }

    /// A draft whose memory operand is the offset in its segment, cut to the address size (LEA, BOUND's registers).
    public mutating func offsetDraft(_ handler: @escaping Handler, _ i: Instruction) -> OpDraft {
        var draft = OpDraft(handler)
        if address(of: i.memory, into: &draft), i.addressSize == 8 { return draft }
        var first = addressDraft(AddressOperation.offsetOnly, i.memory)
        first.immediate = i.addressSize == 2 ? 0xffff : i.addressSize == 4 ? 0xffff_ffff : .max
        emit(first)
        draft = OpDraft(handler)
        draft.base = UInt8(StateLayout.address)
        return draft
    }

    /// A draft with base, index, scale and displacement; in two steps where the displacement needs more than 32 bits: moffs of
    /// 64 bits, or RIP-relative at the edge of 32.
    private mutating func addressDraft(_ handler: @escaping Handler, _ memory: MemoryOperand) -> OpDraft {
        var draft = OpDraft(handler)
        if address(of: memory, into: &draft) { return draft }
        var whole = OpDraft(BlockBuilder.loadImmediateAddress)
        whole.immediate = UInt64(bitPattern: memory.displacement)
        if memory.base == MemoryOperand.instructionPointer { whole.immediate &+= UInt64(nextOffset) }
        whole.base =
            memory.base == MemoryOperand.instructionPointer ? UInt8(StateLayout.codeBase) : UInt8(StateLayout.zero)
        emit(whole)
        draft = OpDraft(handler)
        draft.base = UInt8(StateLayout.address)
        return draft
    }

    private func operandByteCount(_ i: Instruction) -> Int {
        for operand in [i.operands.0, i.operands.1, i.operands.2] where operand.kind == .memory {
            return max(1, Int(operand.size))
        }
        return max(1, Int(i.operandSize))
    }

    private func addressHandler(_ i: Instruction) -> Handler {
        guard mode == .bits64 else { return AddressOperation.checked }
        let hasBase = i.memory.segment >= 4
        switch (i.addressSize, hasBase) {
        case (8, true): return AddressOperation.segment64
        case (8, false): return AddressOperation.flat64
        case (_, true): return AddressOperation.segment64Address32
        case (_, false): return AddressOperation.flat32
        }
    }

    /// Fills in base, index, scale and displacement. False: the displacement needs more than 32 bits.
    private func address(of memory: MemoryOperand, into draft: inout OpDraft) -> Bool {
        var displacement = memory.displacement
        if memory.base == MemoryOperand.instructionPointer {
            draft.base = UInt8(StateLayout.codeBase)
            displacement += Int64(nextOffset)
        } else {
            draft.base = memory.base * 8
        }
        draft.index = memory.index * 8
        draft.scale = memory.scale
        guard let small = Int32(exactly: displacement) else { return false }
        draft.displacement = small
        return true
    }

    private static let loadImmediateAddress: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        cpu.set(StateLayout.address, cpu.get(op.base, as: UInt64.self) &+ op.immediate)
        return op.next
    }

    /// Decodes and lowers instructions until the block ends.
    /// - Parameter limit: 1 for a block of one instruction.
    /// - Returns: how many bytes of code the block covers; 0: not one whole instruction lies in `code`.
    mutating func build(limit: Int) -> Int {
        self.limit = limit
        var position = 0
        while true {
            offset = UInt16(codeOffset + position)
            fusedLength = 0
            do throws(DecodeError) {
                let instruction = try decode(at: position)
                // An instruction that reaches into the next page is a block of its own.
                if position > 0, codeOffset + position + Int(instruction.length) > 4096 {
                    finish(at: position)
                    return position
                }
                length = instruction.length
                instructionCount += 1
                let before = byteCount
                lower(instruction)
                precondition(byteCount - before <= BlockBuilder.operationsPerInstruction * Op.byteCount)
                position += Int(instruction.length) + Int(fusedLength)
            } catch {
                if error == .truncated {
                    if position > 0 { finish(at: position) }
                    return position
                }
                length = 1
                instructionCount += 1
                emit(OpDraft(error == .tooLong ? BlockOperation.tooLong : BlockOperation.undefined))
                hasEnded = true
                position += 1
            }
            if hasEnded { return position }
            if instructionCount >= limit || position >= code.count || codeOffset + position >= 4096 {
                finish(at: position)
                return position
            }
        }
    }

    private mutating func lower(_ instruction: Instruction) {
        if IntegerLowering.lower(instruction, &self) { return }
        if VectorLowering.lower(instruction, &self) { return }
        if SystemLowering.lower(instruction, &self) { return }
        emit(OpDraft(BlockOperation.undefined))
        hasEnded = true
    }

    /// The block ends without a jump: goes on at `position`.
    private mutating func finish(at position: Int) {
        let target = codeOffset + position
        var draft = OpDraft(target < 4096 ? BlockOperation.continueInPage : BlockOperation.continueElsewhere)
        draft.displacement = Int32(target)
        draft.offset = UInt16(truncatingIfNeeded: target)
        draft.length = 0
        draft.count = UInt8(truncatingIfNeeded: instructionCount)
        draft.store(to: start + byteCount)
        byteCount += Op.byteCount
        hasEnded = true
    }
}
