extension VectorLowering {
    /// Instructions that only move whole registers or halves.
    static func lowerMove(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        switch i.operation {
        case .movaps, .movapd, .movdqa, .movntps, .movntpd, .movntdq, .movntdqa:
            return lowerMove(
                i, &b, load: XMMMove.loadAligned, store: XMMMove.storeAligned, register: XMMMove.registerRegister)
        case .movups, .movupd, .movdqu, .lddqu:
            return lowerMove(
                i, &b, load: XMMMove.loadUnaligned, store: XMMMove.storeUnaligned,
                register: XMMMove.registerRegister)
        case .movss:
            return lowerMove(i, &b, load: XMMMove.load4, store: XMMMove.store4, register: XMMMove.merge4)
        case .movsd:
            return lowerMove(i, &b, load: XMMMove.load8, store: XMMMove.storeLow, register: XMMMove.merge8)
        case .movlps, .movlpd, .movhlps:
            return lowerMove(i, &b, load: XMMMove.loadLow, store: XMMMove.storeLow, register: XMMMove.highToLow)
        case .movhps, .movhpd, .movlhps:
            return lowerMove(i, &b, load: XMMMove.loadHigh, store: XMMMove.storeHigh, register: XMMMove.lowToHigh)
        case .movd, .movq:
            return lowerMoveDouble(i, &b)
        case .movntq:
            return emitStore(MMXMove.store8, i.operands.1, i, &b)
        case .movq2dq:
            return emitRegisters(XMMMove.fromMMX, i.operands.0, i.operands.1, &b)
        case .movdq2q:
            return emitRegisters(MMXMove.fromXMM, i.operands.0, i.operands.1, &b)
        default:
            return false
        }
    }

    private static func lowerMove(
        _ i: Instruction, _ b: inout BlockBuilder, load: @escaping Handler, store: @escaping Handler,
        register: @escaping Handler
    ) -> Bool {
        if i.operands.0.kind == .memory { return emitStore(store, i.operands.1, i, &b) }
        if i.operands.1.kind == .memory { return emitLoad(load, i.operands.0, i, &b) }
        return emitRegisters(register, i.operands.0, i.operands.1, &b)
    }

    /// MOVD, MOVQ: between vector registers, general ones and memory.
    private static func lowerMoveDouble(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        let (destination, source) = (i.operands.0, i.operands.1)
        let isWide = i.operation == .movq
        switch (destination.kind, source.kind) {
        case (.xmm, .xmm): return emitRegisters(XMMMove.extend8, destination, source, &b)
        case (.xmm, .memory): return emitLoad(isWide ? XMMMove.load8 : XMMMove.load4, destination, i, &b)
        case (.memory, .xmm): return emitStore(isWide ? XMMMove.storeLow : XMMMove.store4, source, i, &b)
        case (.xmm, .general):
            return emitRegisters(isWide ? XMMMove.fromGeneral8 : XMMMove.fromGeneral4, destination, source, &b)
        case (.general, .xmm):
            return emitRegisters(isWide ? XMMMove.toGeneral8 : XMMMove.toGeneral4, destination, source, &b)
        case (.mmx, .mmx): return emitRegisters(MMXMove.registerRegister, destination, source, &b)
        case (.mmx, .memory): return emitLoad(isWide ? MMXMove.load8 : MMXMove.load4, destination, i, &b)
        case (.memory, .mmx): return emitStore(isWide ? MMXMove.store8 : MMXMove.store4, source, i, &b)
        case (.mmx, .general):
            return emitRegisters(isWide ? MMXMove.fromGeneral8 : MMXMove.fromGeneral4, destination, source, &b)
        case (.general, .mmx):
            return emitRegisters(isWide ? MMXMove.toGeneral8 : MMXMove.toGeneral4, destination, source, &b)
        default: return false
        }
    }

    /// PINSRx, PEXTRx, EXTRACTPS.
    static func lowerElement(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        let immediate = UInt8(truncatingIfNeeded: i.immediate)
        let (destination, source) = (i.operands.0, i.operands.1)
        let isMMX = destination.kind == .mmx || source.kind == .mmx
        let size: UInt8
        let isInsertion: Bool
        switch i.operation {
        case .pinsrb: (size, isInsertion) = (1, true)
        case .pinsrw: (size, isInsertion) = (2, true)
        case .pinsrd: (size, isInsertion) = (4, true)
        case .pinsrq: (size, isInsertion) = (8, true)
        case .pextrb: (size, isInsertion) = (1, false)
        case .pextrw: (size, isInsertion) = (2, false)
        case .pextrd, .extractps: (size, isInsertion) = (4, false)
        case .pextrq: (size, isInsertion) = (8, false)
        default: return false
        }
        let position = immediate & ((isMMX ? 8 : 16) / size - 1) * size
        let width = size.trailingZeroBitCount
        if isInsertion {
            guard source.kind == .memory else {
                let handlers = [
                    InsertForm.xmmGeneral1, InsertForm.xmmGeneral2, InsertForm.xmmGeneral4, InsertForm.xmmGeneral8,
                ]
                let handler = isMMX ? InsertForm.mmxGeneral : handlers[width]
                return emitRegisters(handler, destination, source, &b) { $0.extra = position }
            }
            let handlers = [
                InsertForm.xmmMemory1, InsertForm.xmmMemory2, InsertForm.xmmMemory4, InsertForm.xmmMemory8,
            ]
            return emitLoad(isMMX ? InsertForm.mmxMemory : handlers[width], destination, i, &b) { $0.extra = position }
        }
        guard destination.kind == .memory else {
            let handlers = [
                ExtractForm.generalXMM1, ExtractForm.generalXMM2, ExtractForm.generalXMM4, ExtractForm.generalXMM8,
            ]
            let handler = isMMX ? ExtractForm.generalMMX : handlers[width]
            return emitRegisters(handler, destination, source, &b) { $0.extra = position }
        }
        let handlers = [
            ExtractForm.memoryXMM1, ExtractForm.memoryXMM2, ExtractForm.memoryXMM4, ExtractForm.memoryXMM8,
        ]
        return emitStore(handlers[width], source, i, &b) { $0.extra = position }
    }
}
