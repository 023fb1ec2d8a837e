extension IntegerLowering {
    static func arithmetic(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        if fused(i, &b) { return true }
        return switch i.operation {
        case .add, .or, .adc, .sbb, .and, .sub, .xor, .cmp, .test: binary(i, &b)
        case .inc, .dec, .neg, .not: unary(i, &b)
        case .rol, .ror, .rcl, .rcr, .shl, .shr, .sar: shift(i, &b)
        case .shld, .shrd: doubleShift(i, &b)
        case .mul, .div, .idiv: accumulator(i, &b)
        case .imul: i.operandCount == 1 ? accumulator(i, &b) : multiply(i, &b)
        default: false
        }
    }

    private static func binary(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        let (first, second) = (i.operands.0, i.operands.1)
        let size = Int(first.size)
        let handler: Handler? =
            switch (first.kind, second.kind, i.isLocked) {
            case (.memory, .immediate, true): BinaryHandlers.lockedImmediateHandler(i.operation, size)
            case (.memory, .immediate, false): BinaryHandlers.memoryImmediateHandler(i.operation, size)
            case (.memory, _, true): BinaryHandlers.lockedRegisterHandler(i.operation, size)
            case (.memory, _, false): BinaryHandlers.memoryRegisterHandler(i.operation, size)
            case (_, .memory, _): BinaryHandlers.registerMemoryHandler(i.operation, size)
            case (_, .immediate, _): BinaryHandlers.registerImmediateHandler(i.operation, size)
            default: BinaryHandlers.registerRegisterHandler(i.operation, size)
            }
        guard let handler = fusedWithMemory(i, &b) ?? handler else { return false }
        var draft =
            first.kind == .memory || second.kind == .memory ? b.memoryDraft(handler, i) : OpDraft(handler)
        if first.isRegister { draft.destination = b.registerOffset(first) }
        if second.isRegister { draft.source = b.registerOffset(second) }
        draft.immediate = i.immediate
        b.emit(draft)
        return true
    }

    private static func unary(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        let size = Int(i.operands.0.size)
        let (register, memory, locked) =
            switch i.operation {
            case .inc: UnaryHandlers.increment(size)
            case .dec: UnaryHandlers.decrement(size)
            case .neg: UnaryHandlers.negate(size)
            default: UnaryHandlers.complement(size)
            }
        return emit(i.operands.0, i, &b, register: register, memory: i.isLocked ? locked : memory)
    }

    private static func shift(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        let size = Int(i.operands.0.size)
        let isByCL = i.operands.1.kind == .general
        let count = UInt8(truncatingIfNeeded: i.immediate) & (size == 8 ? 63 : 31)
        if !isByCL, count == 0 {
            // Nothing changes, but that the operand is read and written, and a 32-bit register's upper half cleared.
            return emit(
                i.operands.0, i, &b,
                register: bySize(
                    size, { moveRegister(UInt8.self, $0, $1) }, { moveRegister(UInt16.self, $0, $1) },
                    { moveRegister(UInt32.self, $0, $1) }, { moveRegister(UInt64.self, $0, $1) }),
                memory: bySize(
                    size, { unaryMemory(Same.self, UInt8.self, $0, $1) },
                    { unaryMemory(Same.self, UInt16.self, $0, $1) }, { unaryMemory(Same.self, UInt32.self, $0, $1) },
                    { unaryMemory(Same.self, UInt64.self, $0, $1) })
            ) { $0.source = $0.destination }
        }
        let handlers = ShiftHandlers.handlers(i.operation, size)
        return emit(
            i.operands.0, i, &b, register: isByCL ? handlers.registerByCL : handlers.register,
            memory: isByCL ? handlers.memoryByCL : handlers.memory
        ) { $0.extra = count }
    }

    private static func doubleShift(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        let size = Int(i.operands.0.size)
        let isByCL = i.operands.2.kind == .general
        let count = UInt8(truncatingIfNeeded: i.immediate) & (size == 8 ? 63 : 31)
        let source = b.registerOffset(i.operands.1)
        let (register, memory) = DoubleShiftHandlers.handlers(i.operation, size)
        return emit(i.operands.0, i, &b, register: register, memory: memory) {
            $0.source = source
            $0.extra = isByCL ? 0xff : count
        }
    }

    private static func accumulator(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        let (register, memory) = AccumulatorHandlers.handlers(i.operation, Int(i.operands.0.size))
        return emit(i.operands.0, i, &b, register: register, memory: memory) { $0.source = $0.destination }
    }

    private static func multiply(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        let size = Int(i.operands.0.size)
        if i.operandCount == 2 {
            return emitSource(
                i, &b,
                register: bySize(
                    size, { registerRegister(MultiplyTruncated.self, UInt8.self, $0, $1) },
                    { registerRegister(MultiplyTruncated.self, UInt16.self, $0, $1) },
                    { registerRegister(MultiplyTruncated.self, UInt32.self, $0, $1) },
                    { registerRegister(MultiplyTruncated.self, UInt64.self, $0, $1) }),
                memory: bySize(
                    size, { registerMemory(MultiplyTruncated.self, UInt8.self, $0, $1) },
                    { registerMemory(MultiplyTruncated.self, UInt16.self, $0, $1) },
                    { registerMemory(MultiplyTruncated.self, UInt32.self, $0, $1) },
                    { registerMemory(MultiplyTruncated.self, UInt64.self, $0, $1) }))
        }
        let immediate = i.immediate
        return emitSource(
            i, &b,
            register: bySize(
                size, { multiplyRegisterImmediate(UInt8.self, $0, $1) },
                { multiplyRegisterImmediate(UInt16.self, $0, $1) }, { multiplyRegisterImmediate(UInt32.self, $0, $1) },
                { multiplyRegisterImmediate(UInt64.self, $0, $1) }),
            memory: bySize(
                size, { multiplyMemoryImmediate(UInt8.self, $0, $1) }, { multiplyMemoryImmediate(UInt16.self, $0, $1) },
                { multiplyMemoryImmediate(UInt32.self, $0, $1) }, { multiplyMemoryImmediate(UInt64.self, $0, $1) })
        ) { $0.immediate = immediate }
    }
}
