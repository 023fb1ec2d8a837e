import CX86

/// From decoded x87 instructions to operations: each runs as one instruction of the host, by its code.
enum X87Lowering {
    static func lower(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        if let code = plain(i.operation) { return emitStack(X87Form.stack, code.first, code.second, &b) }
        return lowerArithmetic(i, &b) || lowerStack(i, &b) || lowerLoadStore(i, &b) || lowerControl(i, &b)
    }

    private static func emitStack(
        _ handler: @escaping Handler, _ first: UInt8, _ second: UInt8, _ b: inout BlockBuilder
    ) -> Bool {
        var draft = OpDraft(handler)
        draft.immediate = UInt64(UInt(bitPattern: cx86_x87_code(first, second)))
        b.emit(draft)
        return true
    }

    /// A memory operand of the instruction `first` /`digit`.
    private static func emitMemory(
        _ handler: @escaping Handler, _ first: UInt8, _ digit: UInt8, _ i: Instruction, _ b: inout BlockBuilder,
        size: Int? = nil, extra: UInt8 = 0
    ) -> Bool {
        var draft = b.memoryDraft(handler, i, size: size)
        draft.immediate = UInt64(UInt(bitPattern: cx86_x87_code(first, digit << 3)))
        draft.extra = extra
        b.emit(draft)
        return true
    }

    private static func load(_ size: UInt16) -> Handler? {
        switch size {
        case 2: X87Form.load2
        case 4: X87Form.load4
        case 8: X87Form.load8
        case 10: X87Form.load10
        default: nil
        }
    }

    private static func store(_ size: UInt16) -> Handler? {
        switch size {
        case 2: X87Form.store2
        case 4: X87Form.store4
        case 8: X87Form.store8
        case 10: X87Form.store10
        default: nil
        }
    }

    /// Instructions without operands.
    private static func plain(_ operation: Operation) -> (first: UInt8, second: UInt8)? {
        switch operation {
        case .fnop: (0xd9, 0xd0)
        case .fchs: (0xd9, 0xe0)
        case .fabs: (0xd9, 0xe1)
        case .ftst: (0xd9, 0xe4)
        case .fxam: (0xd9, 0xe5)
        case .fld1: (0xd9, 0xe8)
        case .fldl2t: (0xd9, 0xe9)
        case .fldl2e: (0xd9, 0xea)
        case .fldpi: (0xd9, 0xeb)
        case .fldlg2: (0xd9, 0xec)
        case .fldln2: (0xd9, 0xed)
        case .fldz: (0xd9, 0xee)
        case .f2xm1: (0xd9, 0xf0)
        case .fyl2x: (0xd9, 0xf1)
        case .fptan: (0xd9, 0xf2)
        case .fpatan: (0xd9, 0xf3)
        case .fxtract: (0xd9, 0xf4)
        case .fprem1: (0xd9, 0xf5)
        case .fdecstp: (0xd9, 0xf6)
        case .fincstp: (0xd9, 0xf7)
        case .fprem: (0xd9, 0xf8)
        case .fyl2xp1: (0xd9, 0xf9)
        case .fsqrt: (0xd9, 0xfa)
        case .fsincos: (0xd9, 0xfb)
        case .frndint: (0xd9, 0xfc)
        case .fscale: (0xd9, 0xfd)
        case .fsin: (0xd9, 0xfe)
        case .fcos: (0xd9, 0xff)
        case .fucompp: (0xda, 0xe9)
        case .fcompp: (0xde, 0xd9)
        default: nil
        }
    }

    /// FADD … FDIVR and FCOM, with their kin: the digit of the instruction, and what it is one of.
    private static func lowerArithmetic(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        enum Kind { case real, popping, integer }
        let (digit, kind): (UInt8, Kind)
        switch i.operation {
        case .fadd: (digit, kind) = (0, .real)
        case .fmul: (digit, kind) = (1, .real)
        case .fcom: (digit, kind) = (2, .real)
        case .fcomp: (digit, kind) = (3, .real)
        case .fsub: (digit, kind) = (4, .real)
        case .fsubr: (digit, kind) = (5, .real)
        case .fdiv: (digit, kind) = (6, .real)
        case .fdivr: (digit, kind) = (7, .real)
        case .faddp: (digit, kind) = (0, .popping)
        case .fmulp: (digit, kind) = (1, .popping)
        case .fsubp: (digit, kind) = (4, .popping)
        case .fsubrp: (digit, kind) = (5, .popping)
        case .fdivp: (digit, kind) = (6, .popping)
        case .fdivrp: (digit, kind) = (7, .popping)
        case .fiadd: (digit, kind) = (0, .integer)
        case .fimul: (digit, kind) = (1, .integer)
        case .ficom: (digit, kind) = (2, .integer)
        case .ficomp: (digit, kind) = (3, .integer)
        case .fisub: (digit, kind) = (4, .integer)
        case .fisubr: (digit, kind) = (5, .integer)
        case .fidiv: (digit, kind) = (6, .integer)
        case .fidivr: (digit, kind) = (7, .integer)
        default: return false
        }
        let operand = i.operands.0
        if operand.kind == .memory {
            guard let handler = load(operand.size) else { return false }
            let first: UInt8 =
                kind == .integer ? (operand.size == 2 ? 0xde : 0xda) : (operand.size == 4 ? 0xd8 : 0xdc)
            return emitMemory(handler, first, digit, i, &b)
        }
        // Where ST(i) is the destination, subtraction and division have changed places with their reverses.
        let turned = digit >= 4 ? digit ^ 1 : digit
        if kind == .popping { return emitStack(X87Form.stack, 0xde, 0xc0 + turned * 8 + operand.number, &b) }
        if digit == 2 || digit == 3 { return emitStack(X87Form.stack, 0xd8, 0xc0 + digit * 8 + operand.number, &b) }
        if operand.number == 0 {
            return emitStack(X87Form.stack, 0xd8, 0xc0 + digit * 8 + i.operands.1.number, &b)
        }
        return emitStack(X87Form.stack, 0xdc, 0xc0 + turned * 8 + operand.number, &b)
    }

    /// Instructions on ST(i) that have no form in memory.
    private static func lowerStack(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        func emit(_ first: UInt8, _ second: UInt8) -> Bool {
            emitStack(X87Form.stack, first, second + i.operands.0.number, &b)
        }
        func emitMove(_ first: UInt8, _ second: UInt8) -> Bool {
            emitStack(X87Form.conditional, first, second + i.operands.1.number, &b)
        }
        func emitCompare(_ first: UInt8, _ second: UInt8) -> Bool {
            emitStack(X87Form.compare, first, second + i.operands.1.number, &b)
        }
        switch i.operation {
        case .fxch: return emit(0xd9, 0xc8)
        case .ffree: return emit(0xdd, 0xc0)
        case .ffreep: return emit(0xdf, 0xc0)
        case .fucom: return emit(0xdd, 0xe0)
        case .fucomp: return emit(0xdd, 0xe8)
        case .fcmovb: return emitMove(0xda, 0xc0)
        case .fcmove: return emitMove(0xda, 0xc8)
        case .fcmovbe: return emitMove(0xda, 0xd0)
        case .fcmovu: return emitMove(0xda, 0xd8)
        case .fcmovnb: return emitMove(0xdb, 0xc0)
        case .fcmovne: return emitMove(0xdb, 0xc8)
        case .fcmovnbe: return emitMove(0xdb, 0xd0)
        case .fcmovnu: return emitMove(0xdb, 0xd8)
        case .fucomi: return emitCompare(0xdb, 0xe8)
        case .fcomi: return emitCompare(0xdb, 0xf0)
        case .fucomip: return emitCompare(0xdf, 0xe8)
        case .fcomip: return emitCompare(0xdf, 0xf0)
        default: return false
        }
    }

    private static func lowerLoadStore(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        let operand = i.operands.0
        if operand.kind == .x87 {
            switch i.operation {
            case .fld: return emitStack(X87Form.stack, 0xd9, 0xc0 + operand.number, &b)
            case .fst: return emitStack(X87Form.stack, 0xdd, 0xd0 + operand.number, &b)
            case .fstp: return emitStack(X87Form.stack, 0xdd, 0xd8 + operand.number, &b)
            default: return false
            }
        }
        let code: (first: UInt8, digit: UInt8)
        var isLoad = false
        switch (i.operation, operand.size) {
        case (.fld, 4): (code, isLoad) = ((0xd9, 0), true)
        case (.fld, 8): (code, isLoad) = ((0xdd, 0), true)
        case (.fld, 10): (code, isLoad) = ((0xdb, 5), true)
        case (.fild, 2): (code, isLoad) = ((0xdf, 0), true)
        case (.fild, 4): (code, isLoad) = ((0xdb, 0), true)
        case (.fild, 8): (code, isLoad) = ((0xdf, 5), true)
        case (.fbld, _): (code, isLoad) = ((0xdf, 4), true)
        case (.fst, 4): code = (0xd9, 2)
        case (.fst, 8): code = (0xdd, 2)
        case (.fstp, 4): code = (0xd9, 3)
        case (.fstp, 8): code = (0xdd, 3)
        case (.fstp, 10): code = (0xdb, 7)
        case (.fist, 2): code = (0xdf, 2)
        case (.fist, 4): code = (0xdb, 2)
        case (.fistp, 2): code = (0xdf, 3)
        case (.fistp, 4): code = (0xdb, 3)
        case (.fistp, 8): code = (0xdf, 7)
        case (.fisttp, 2): code = (0xdf, 1)
        case (.fisttp, 4): code = (0xdb, 1)
        case (.fisttp, 8): code = (0xdd, 1)
        case (.fbstp, _): code = (0xdf, 6)
        default: return false
        }
        guard let handler = isLoad ? load(operand.size) : store(operand.size) else { return false }
        return emitMemory(handler, code.first, code.digit, i, &b)
    }

    private static func lowerControl(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        let isMemory = i.operands.0.kind == .memory
        let format =
            (i.operandSize == 2 ? X87Environment.isNarrow : 0) | (b.key.isProtected ? 0 : X87Environment.isReal)
        switch i.operation {
        case .fldcw:
            return emitMemory(X87Form.loadControl, 0xd9, 5, i, &b)
        case .fnstcw:
            return emitMemory(X87Form.storeControl, 0xd9, 7, i, &b)
        case .fnstsw where isMemory:
            return emitMemory(X87Form.storeStatus, 0xdd, 7, i, &b)
        case .fnstsw:
            b.emit(OpDraft(X87Form.storeStatusAX))
        case .fwait:
            b.emit(OpDraft(X87Form.wait))
        case .fnclex:
            b.emit(OpDraft(X87Form.clear))
        case .fninit:
            b.emit(OpDraft(X87Form.initialize))
        case .fldenv:
            return emitMemory(X87Environment.loadEnvironment, 0xd9, 4, i, &b, extra: format)
        case .fnstenv:
            return emitMemory(X87Environment.storeEnvironment, 0xd9, 6, i, &b, extra: format)
        case .frstor:
            return emitMemory(X87Environment.restore, 0xdd, 4, i, &b, extra: format)
        case .fnsave:
            return emitMemory(X87Environment.save, 0xdd, 6, i, &b, extra: format)
        default:
            return false
        }
        return true
    }
}
