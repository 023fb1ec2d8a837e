import CX86

/// From decoded instructions of MMX and SSE to operations; x87's are `X87Lowering`'s.
enum VectorLowering {
    /// - Returns: false: not an instruction of this family; or operands that it cannot have.
    static func lower(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        if let instruction = VectorInstruction.find(i.operation) { return lower(instruction, i, &b) }
        return lowerMove(i, &b) || lowerElement(i, &b) || lowerSpecial(i, &b) || X87Lowering.lower(i, &b)
    }

    // MARK: - Building blocks

    /// Emits an operation on two registers.
    static func emitRegisters(
        _ handler: @escaping Handler, _ destination: Operand, _ source: Operand, _ b: inout BlockBuilder,
        _ change: (inout OpDraft) -> Void = { _ in }
    ) -> Bool {
        var draft = OpDraft(handler)
        draft.destination = offset(destination, b)
        draft.source = offset(source, b)
        change(&draft)
        b.emit(draft)
        return true
    }

    /// Emits an operation whose source is in memory.
    static func emitLoad(
        _ handler: @escaping Handler, _ destination: Operand, _ i: Instruction, _ b: inout BlockBuilder,
        _ change: (inout OpDraft) -> Void = { _ in }
    ) -> Bool {
        var draft = b.memoryDraft(handler, i)
        draft.destination = offset(destination, b)
        change(&draft)
        b.emit(draft)
        return true
    }

    /// Emits an operation that stores to memory.
    static func emitStore(
        _ handler: @escaping Handler, _ source: Operand, _ i: Instruction, _ b: inout BlockBuilder,
        _ change: (inout OpDraft) -> Void = { _ in }
    ) -> Bool {
        var draft = b.memoryDraft(handler, i)
        draft.source = offset(source, b)
        change(&draft)
        b.emit(draft)
        return true
    }

    /// Emits `registers` or, where the source is in memory, what `memory` has for its size.
    static func emit(
        registers: @escaping Handler, memory: (Int) -> Handler?, _ i: Instruction, _ b: inout BlockBuilder,
        _ change: (inout OpDraft) -> Void = { _ in }
    ) -> Bool {
        let (destination, source) = (i.operands.0, i.operands.1)
        guard source.kind == .memory else { return emitRegisters(registers, destination, source, &b, change) }
        guard let handler = memory(Int(source.size)) else { return false }
        return emitLoad(handler, destination, i, &b, change)
    }

    private static func offset(_ operand: Operand, _ b: BlockBuilder) -> UInt8 {
        switch operand.kind {
        case .xmm, .mmx: operand.number * 16
        case .general, .highByte: b.registerOffset(operand)
        default: 0
        }
    }

    // MARK: - Instructions of a pattern

    private static func lower(
        _ instruction: VectorInstruction, _ i: Instruction, _ b: inout BlockBuilder
    ) -> Bool {
        switch instruction {
        case .packed(let xmm, let mmx):
            guard i.operands.0.kind == .mmx else { return lowerPacked(xmm, i, &b) }
            guard let mmx else { return false }
            return lowerMMX(mmx, i, &b)
        case .packedImmediate(let function):
            return lowerPackedImmediate(function, i, &b)
        case .floating(let function, let late):
            return lowerFloating(function, late, i, &b)
        case .floatingImmediate(let function):
            return lowerFloating(function(UInt8(truncatingIfNeeded: i.immediate)), .none, i, &b)
        case .toGeneral(let narrow, let wide):
            let isWide = i.operands.0.size == 8
            return emit(
                registers: ToGeneralForm.xmm,
                memory: { $0 == 4 ? ToGeneralForm.memory4 : ToGeneralForm.memory8 }, i, &b
            ) {
                $0.setFunction(isWide ? wide : narrow)
                $0.extra = isWide ? 1 : 0
            }
        case .toMMX(let function):
            return emit(
                registers: ToMMXForm.mmxXMM,
                memory: { $0 == 16 ? ToMMXForm.mmxMemory16 : ToMMXForm.mmxMemory8 }, i, &b
            ) { $0.setFunction(function) }
        case .compare(let function):
            return emit(
                registers: CompareForm.xmm, memory: { $0 == 4 ? CompareForm.memory4 : CompareForm.memory8 }, i, &b
            ) { $0.setFunction(function) }
        case .blend(let function):
            return emit(registers: BlendForm.xmmXMM, memory: { _ in BlendForm.xmmMemory }, i, &b) {
                $0.setFunction(function)
            }
        case .string(let function, let storesMask):
            return emit(registers: StringForm.xmmXMM, memory: { _ in StringForm.xmmMemory }, i, &b) {
                $0.setFunction(function(UInt8(truncatingIfNeeded: i.immediate)))
                $0.extra =
                    (storesMask ? StringForm.storesMask : 0) | (i.operandSize == 8 ? StringForm.hasWideLengths : 0)
            }
        }
    }

    private static func lowerPacked(_ function: cx86_packed, _ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        if i.operands.1.kind == .immediate {
            return emitRegisters(PackedForm.xmmCount, i.operands.0, .none, &b) {
                $0.setFunction(function)
                $0.extra = UInt8(truncatingIfNeeded: i.immediate)
            }
        }
        if let inline = InlineForm.find(i.operation) {
            return emit(registers: inline.xmmXMM, memory: { _ in inline.xmmMemory }, i, &b)
        }
        return emit(
            registers: PackedForm.xmmXMM,
            memory: {
                switch $0 {
                case 16: PackedForm.xmmMemory16
                case 8: PackedForm.xmmMemory8
                case 4: PackedForm.xmmMemory4
                case 2: PackedForm.xmmMemory2
                default: nil
                }
            }, i, &b
        ) { $0.setFunction(function) }
    }

    private static func lowerMMX(_ function: cx86_packed, _ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        if i.operands.1.kind == .immediate {
            return emitRegisters(PackedForm.mmxCount, i.operands.0, .none, &b) {
                $0.setFunction(function)
                $0.extra = UInt8(truncatingIfNeeded: i.immediate)
            }
        }
        return emit(
            registers: PackedForm.mmxMMX,
            memory: { $0 == 8 ? PackedForm.mmxMemory8 : $0 == 4 ? PackedForm.mmxMemory4 : nil }, i, &b
        ) { $0.setFunction(function) }
    }

    private static func lowerPackedImmediate(
        _ function: (UInt8) -> cx86_packed, _ i: Instruction, _ b: inout BlockBuilder
    ) -> Bool {
        var immediate = UInt8(truncatingIfNeeded: i.immediate)
        let destination = i.operands.0
        if i.operands.1.kind == .immediate {
            // PSLLDQ, PSRLDQ: the register alone.
            return emitRegisters(PackedForm.xmmXMM, destination, destination, &b) {
                $0.setFunction(function(immediate))
            }
        }
        // INSERTPS from memory: the one element there is taken, whatever the immediate's upper bits say.
        if i.operation == .insertps, i.operands.1.kind == .memory { immediate &= 0x3f }
        return emit(
            registers: PackedForm.xmmXMM,
            memory: { $0 == 16 ? PackedForm.xmmMemory16 : $0 == 4 ? PackedForm.xmmMemory4Extended : nil }, i, &b
        ) { $0.setFunction(function(immediate)) }
    }

    static func lowerFloating(
        _ function: cx86_floating, _ late: LateExceptions, _ i: Instruction, _ b: inout BlockBuilder
    ) -> Bool {
        let registers =
            switch i.operands.1.kind {
            case .general: FloatingForm.xmmGeneral
            case .mmx: FloatingForm.xmmMMX
            default: FloatingForm.xmmXMM
            }
        return emit(
            registers: registers,
            memory: {
                switch $0 {
                case 16: FloatingForm.xmmMemory16
                case 8: FloatingForm.xmmMemory8
                case 4: FloatingForm.xmmMemory4
                default: nil
                }
            }, i, &b
        ) {
            $0.setFunction(function)
            $0.extra = late.rawValue
        }
    }
}
