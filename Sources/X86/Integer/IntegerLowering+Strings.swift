extension IntegerLowering {
    static func strings(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        let size = Int(i.operandSize)
        let handler: Handler
        switch i.operation {
        case .movs:
            handler = bySize(
                size, { moveString(UInt8.self, $0, $1) }, { moveString(UInt16.self, $0, $1) },
                { moveString(UInt32.self, $0, $1) }, { moveString(UInt64.self, $0, $1) })
        case .stos:
            handler = bySize(
                size, { storeString(UInt8.self, $0, $1) }, { storeString(UInt16.self, $0, $1) },
                { storeString(UInt32.self, $0, $1) }, { storeString(UInt64.self, $0, $1) })
        case .lods:
            handler = bySize(
                size, { loadString(UInt8.self, $0, $1) }, { loadString(UInt16.self, $0, $1) },
                { loadString(UInt32.self, $0, $1) }, { loadString(UInt64.self, $0, $1) })
        case .cmps:
            handler = bySize(
                size, { compareStrings(UInt8.self, $0, $1) }, { compareStrings(UInt16.self, $0, $1) },
                { compareStrings(UInt32.self, $0, $1) }, { compareStrings(UInt64.self, $0, $1) })
        case .scas:
            handler = bySize(
                size, { scanString(UInt8.self, $0, $1) }, { scanString(UInt16.self, $0, $1) },
                { scanString(UInt32.self, $0, $1) }, { scanString(UInt64.self, $0, $1) })
        default: return false
        }
        var draft = OpDraft(handler)
        draft.immediate = i.addressMask
        draft.source = i.memory.segment
        draft.extra =
            (i.isRepeat || i.isRepeatNotEqual ? StringOptions.repeats : 0)
            | (i.isRepeatNotEqual ? StringOptions.whileDifferent : 0) | (b.mode == .bits64 ? StringOptions.is64Bit : 0)
        b.emit(draft)
        return true
    }

    static func flags(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        switch i.operation {
        case .clc: return emit(FlagInstruction.clearCarry, &b)
        case .stc: return emit(FlagInstruction.setCarry, &b)
        case .cmc: return emit(FlagInstruction.complementCarry, &b)
        case .cld: return emit(FlagInstruction.clearDirection, &b)
        case .std: return emit(FlagInstruction.setDirection, &b)
        case .lahf: return emit(FlagInstruction.loadAH, &b)
        case .sahf: return emit(FlagInstruction.storeAH, &b)
        case .salc: return emit(FlagInstruction.setALFromCarry, &b)
        case .daa: return emit(Decimal.adjustAfterAddition, &b)
        case .das: return emit(Decimal.adjustAfterSubtraction, &b)
        case .aaa: return emit(Decimal.asciiAdjustAfterAddition, &b)
        case .aas: return emit(Decimal.asciiAdjustAfterSubtraction, &b)
        case .aam, .aad:
            var draft = OpDraft(
                i.operation == .aam ? Decimal.asciiAdjustAfterMultiplication : Decimal.asciiAdjustBeforeDivision)
            draft.immediate = i.immediate
            b.emit(draft)
            return true
        case .pause: return emit(FlagInstruction.pause, &b)
        case .mfence: return emit(FlagInstruction.fence, &b)
        // Loads and stores are seen in order as it is; hints are no work at all.
        case .lfence, .sfence, .nop, .endbr32, .endbr64, .prefetchnta, .prefetcht0, .prefetcht1, .prefetcht2,
            .prefetch, .prefetchw, .prefetchwt1:
            return true
        default: return false
        }
    }
}
