import CX86

extension VectorLowering {
    /// Instructions with operands of their own kind.
    static func lowerSpecial(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        let (destination, source) = (i.operands.0, i.operands.1)
        switch i.operation {
        case .pmovmskb where source.kind == .mmx:
            return emitRegisters(MaskForm.generalMMX, destination, source, &b)
        case .pmovmskb:
            return emitRegisters(InlineForm.byteMask, destination, source, &b)
        case .movmskps:
            return emitRegisters(MaskForm.generalXMM, destination, source, &b) {
                $0.setFunction(cx86_movmskps as cx86_mask)
            }
        case .movmskpd:
            return emitRegisters(MaskForm.generalXMM, destination, source, &b) {
                $0.setFunction(cx86_movmskpd as cx86_mask)
            }
        case .ptest:
            return emit(registers: TestForm.xmmXMM, memory: { _ in TestForm.xmmMemory }, i, &b)
        case .palignr, .pshufw:
            return lowerShuffle(i, &b)
        case .dpps, .dppd:
            let immediate = UInt8(truncatingIfNeeded: i.immediate)
            return emit(registers: DotProductForm.xmmXMM, memory: { _ in DotProductForm.xmmMemory }, i, &b) {
                $0.setFunction(i.operation == .dpps ? cx86_dpps(immediate) : cx86_dppd(immediate))
                $0.extra = immediate
                $0.extra16 = i.operation == .dpps ? 4 : 8
            }
        case .cvtsi2ss:
            return lowerFloating(source.size == 8 ? cx86_cvtsi2ssq : cx86_cvtsi2ssl, .none, i, &b)
        case .cvtsi2sd:
            return lowerFloating(source.size == 8 ? cx86_cvtsi2sdq : cx86_cvtsi2sdl, .none, i, &b)
        case .cvtpi2ps:
            return lowerFloating(cx86_cvtpi2ps, .none, i, &b)
        case .cvtpi2pd:
            return lowerFloating(cx86_cvtpi2pd, .none, i, &b)
        case .maskmovdqu, .maskmovq:
            var i = i
            i.memory.base = RegisterNumber.rdi.rawValue
            let handler = i.operation == .maskmovq ? MaskedStore.mmx : MaskedStore.xmm
            var draft = b.memoryDraft(handler, i, size: i.operation == .maskmovq ? 8 : 16)
            draft.destination = destination.number * 16
            draft.source = source.number * 16
            b.emit(draft)
            return true
        case .ldmxcsr:
            return emitLoad(ControlForm.load, .none, i, &b)
        case .stmxcsr:
            return emitStore(ControlForm.store, .none, i, &b)
        case .emms:
            b.emit(OpDraft(MMXMove.empty))
            return true
        case .fxsave, .fxrstor:
            var draft = b.memoryDraft(i.operation == .fxsave ? FXSave.save : FXSave.restore, i, size: 512)
            draft.extra = (i.operandSize == 8 ? FXSave.isWide : 0) | (b.mode == .bits64 ? FXSave.isLong : 0)
            b.emit(draft)
            return true
        default:
            return false
        }
    }

    /// PALIGNR and PSHUFW: on MM registers too, or only.
    private static func lowerShuffle(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        let immediate = UInt8(truncatingIfNeeded: i.immediate)
        let isMMX = i.operands.0.kind == .mmx
        let function: cx86_packed =
            i.operation == .pshufw
            ? cx86_mmx_pshufw(immediate) : isMMX ? cx86_mmx_palignr(immediate) : cx86_xmm_palignr(immediate)
        return emit(
            registers: isMMX ? PackedForm.mmxMMX : PackedForm.xmmXMM,
            memory: { _ in isMMX ? PackedForm.mmxMemory8 : PackedForm.xmmMemory16 }, i, &b
        ) { $0.setFunction(function) }
    }
}
