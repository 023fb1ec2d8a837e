/// Makes operations of the system's instructions.
enum SystemLowering {
    /// - Returns: false: the instruction belongs to another family.
    static func lower(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        plain(i, &b) || transfers(i, &b) || segments(i, &b) || registers(i, &b) || ports(i, &b)
    }

    private static func emit(
        _ handler: @escaping Handler, _ b: inout BlockBuilder, ends: Bool = false,
        _ change: (inout OpDraft) -> Void = { _ in }
    ) -> Bool {
        var draft = OpDraft(handler)
        change(&draft)
        b.emit(draft)
        if ends { b.end() }
        return true
    }

    /// An operation that holds interrupts back for one instruction: `extra16` says that the block ends before that one.
    private static func shadowing(
        _ handler: @escaping Handler, _ b: inout BlockBuilder, _ change: (inout OpDraft) -> Void = { _ in }
    ) -> Bool {
        let isLast = b.peek() == nil
        return emit(handler, &b) {
            $0.extra16 = isLast ? 1 : 0
            change(&$0)
        }
    }

    private static func undefined(_ b: inout BlockBuilder) -> Bool { emit(SystemHandler.undefined, &b, ends: true) }

    /// Instructions without operands, or whose operands do not matter.
    private static func plain(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        switch i.operation {
        case .cli: emit(SystemHandler.clearInterrupts, &b)
        case .sti: shadowing(SystemHandler.setInterrupts, &b)
        case .hlt: emit(SystemHandler.halt, &b, ends: true)
        case .clts: emit(SystemHandler.clearTaskSwitched, &b)
        case .invd, .wbinvd: emit(SystemHandler.invalidateCaches, &b)
        case .clac: emit(SystemHandler.clearAccess, &b)
        case .stac: emit(SystemHandler.setAccess, &b)
        case .rdmsr: emit(SystemHandler.readModelSpecific, &b)
        case .wrmsr: emit(SystemHandler.writeModelSpecific, &b)
        case .rdtsc: emit(SystemHandler.readTimeStamp, &b)
        case .rdtscp: emit(SystemHandler.readTimeStampAndProcessor, &b)
        case .rdpmc: emit(SystemHandler.generalProtection, &b, ends: true)
        case .cpuid: emit(SystemHandler.identify, &b)
        case .swapgs: emit(SystemHandler.swapGS, &b)
        case .vmcall, .vmmcall: emit(SystemHandler.hypercall, &b)
        // What CPUID does not offer.
        case .monitor, .mwait, .rsm, .xgetbv, .xsetbv, .xsave, .xrstor, .xsaveopt, .xsavec, .xsaves, .xrstors, .rdrand,
            .rdseed, .rdpid, .ud0, .ud1, .ud2:
            undefined(&b)
        default: false
        }
    }

    private static func transfers(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        let size = i.operandSize
        switch i.operation {
        case .int:
            return emit(SystemHandler.interrupt, &b, ends: true) { $0.extra = UInt8(truncatingIfNeeded: i.immediate) }
        case .int3: return emit(SystemHandler.breakpoint, &b, ends: true)
        case .int1: return emit(SystemHandler.debugTrap, &b, ends: true)
        case .into: return emit(SystemHandler.interruptOnOverflow, &b)
        case .iret: return emit(SystemHandler.interruptReturn, &b, ends: true) { $0.extra = size }
        case .syscall: return emit(SystemHandler.systemCall, &b, ends: true)
        case .sysret: return emit(SystemHandler.systemReturn, &b, ends: true) { $0.extra = size }
        case .sysenter: return emit(SystemHandler.systemEnter, &b, ends: true)
        case .sysexit: return emit(SystemHandler.systemExit, &b, ends: true) { $0.extra = size }
        case .returnFar:
            return emit(SystemHandler.returnFar, &b, ends: true) {
                $0.extra = size
                $0.immediate = i.operands.0.kind == .none ? 0 : i.immediate & 0xffff
            }
        case .jumpFar, .callFar:
            let isCall = i.operation == .callFar
            var draft: OpDraft
            if i.operands.0.kind == .memory {
                draft = b.memoryDraft(isCall ? SystemHandler.callFarMemory : SystemHandler.jumpFarMemory, i)
            } else {
                draft = OpDraft(isCall ? SystemHandler.callFar : SystemHandler.jumpFar)
                draft.immediate = i.immediate
                draft.extra16 = UInt16(truncatingIfNeeded: i.immediate2)
            }
            draft.extra = size
            b.emit(draft)
            b.end()
            return true
        default: return false
        }
    }

    /// An operation with one operand of 16 bits, as `SegmentHandler.operand` reads it.
    private static func wordOperand(
        _ handler: @escaping Handler, _ operand: Operand, _ i: Instruction, _ b: inout BlockBuilder,
        _ change: (inout OpDraft) -> Void = { _ in }
    ) -> Bool {
        var draft: OpDraft
        if operand.kind == .memory {
            draft = b.memoryDraft(handler, i, size: 2)
            draft.extra16 = 1
        } else {
            draft = OpDraft(handler)
            draft.source = b.registerOffset(operand)
        }
        change(&draft)
        b.emit(draft)
        return true
    }

    private static func segments(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        let (first, second) = (i.operands.0, i.operands.1)
        switch i.operation {
        case .mov where first.kind == .segment:
            guard first.number < 6, first.number != 1 else { return undefined(&b) }
            let isMemory = second.kind == .memory
            var draft =
                isMemory
                ? b.memoryDraft(SegmentHandler.moveFromMemory, i, size: 2) : OpDraft(SegmentHandler.moveFromRegister)
            if !isMemory { draft.source = b.registerOffset(second) }
            draft.extra = first.number
            draft.extra16 = first.number == 2 && b.peek() == nil ? 1 : 0
            b.emit(draft)
            return true
        case .mov where second.kind == .segment:
            guard second.number < 6 else { return undefined(&b) }
            var draft: OpDraft
            if first.kind == .memory {
                draft = b.memoryDraft(SegmentHandler.moveToMemory, i, size: 2)
            } else {
                draft = OpDraft(i.operandSize == 2 ? SegmentHandler.moveToRegister16 : SegmentHandler.moveToRegister32)
                draft.destination = b.registerOffset(first)
            }
            draft.extra = second.number
            b.emit(draft)
            return true
        case .push where first.kind == .segment:
            return emit(SegmentHandler.push, &b) {
                $0.extra = first.number
                $0.source = i.operandSize
            }
        case .pop where first.kind == .segment:
            guard first.number != 1 else { return undefined(&b) }
            return shadowing(SegmentHandler.pop, &b) {
                $0.extra = first.number
                $0.source = i.operandSize
            }
        case .lds, .les, .lss, .lfs, .lgs:
            let number: UInt8 =
                switch i.operation {
                case .les: 0
                case .lss: 2
                case .lds: 3
                case .lfs: 4
                default: 5
                }
            let handler =
                switch i.operandSize {
                case 2: SegmentHandler.loadPointer16
                case 4: SegmentHandler.loadPointer32
                default: SegmentHandler.loadPointer64
                }
            var draft = b.memoryDraft(handler, i, size: Int(i.operandSize) + 2)
            draft.destination = b.registerOffset(first)
            draft.extra = number
            draft.extra16 = number == 2 && b.peek() == nil ? 1 : 0
            b.emit(draft)
            return true
        case .lar, .lsl:
            return wordOperand(
                i.operation == .lar ? SegmentHandler.accessRights : SegmentHandler.limit, second, i, &b
            ) {
                $0.destination = first.number * 8
                $0.extra = i.operandSize
            }
        case .verr: return wordOperand(SegmentHandler.verifyRead, first, i, &b)
        case .verw: return wordOperand(SegmentHandler.verifyWrite, first, i, &b)
        case .arpl:
            return wordOperand(SegmentHandler.adjustPrivilege, first, i, &b) {
                $0.destination = second.number * 8
            }
        case .lldt: return wordOperand(SegmentHandler.loadLocalTable, first, i, &b)
        case .ltr: return wordOperand(SegmentHandler.loadTask, first, i, &b)
        case .lgdt, .lidt, .sgdt, .sidt:
            let isLoad = i.operation == .lgdt || i.operation == .lidt
            let isGlobal = i.operation == .lgdt || i.operation == .sgdt
            let size = b.mode == .bits64 ? 8 : i.operandSize
            var draft = b.memoryDraft(
                isLoad ? SegmentHandler.loadTable : SegmentHandler.storeTable, i, size: size == 8 ? 10 : 6)
            draft.extra = size
            draft.extra16 = UInt16(isGlobal ? StateLayout.globalDescriptors : StateLayout.interruptDescriptors)
            b.emit(draft)
            return true
        case .sldt, .str, .smsw:
            var draft: OpDraft
            if first.kind == .memory {
                draft = b.memoryDraft(SegmentHandler.storeSystemRegister, i, size: 2)
            } else {
                draft = OpDraft(SegmentHandler.storeSystemRegister)
                draft.destination = b.registerOffset(first)
                draft.extra = i.operandSize
            }
            draft.immediate = i.operation == .sldt ? 0 : i.operation == .str ? 1 : 2
            b.emit(draft)
            return true
        default: return false
        }
    }

    private static func registers(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        let (first, second) = (i.operands.0, i.operands.1)
        let isLong = b.mode == .bits64
        func move(_ handler: @escaping Handler, _ general: Operand, _ special: Operand) -> Bool {
            emit(handler, &b) {
                $0.destination = general.number * 8
                $0.extra = special.number
                $0.extra16 = isLong ? 8 : 4
            }
        }
        switch i.operation {
        case .mov where second.kind == .control: return move(SystemHandler.moveFromControl, first, second)
        case .mov where first.kind == .control: return move(SystemHandler.moveToControl, second, first)
        case .mov where second.kind == .debug: return move(SystemHandler.moveFromDebug, first, second)
        case .mov where first.kind == .debug: return move(SystemHandler.moveToDebug, second, first)
        case .lmsw: return wordOperand(SystemHandler.loadMachineStatus, first, i, &b)
        case .clflush:
            // Memory is always what it is; the address is checked as a load's.
            b.emit(b.memoryDraft(SystemHandler.touch, i, size: 1))
            return true
        case .invlpg:
            b.emit(b.memoryDraft(SystemHandler.invalidatePage, i, size: 1))
            return true
        case .invpcid:
            var draft = b.memoryDraft(SystemHandler.invalidateContext, i, size: 16)
            draft.destination = b.registerOffset(first)
            b.emit(draft)
            return true
        case .rdfsbase, .rdgsbase, .wrfsbase, .wrgsbase:
            let isWide = i.operandSize == 8
            let isRead = i.operation == .rdfsbase || i.operation == .rdgsbase
            let handler =
                isRead
                ? (isWide ? SystemHandler.readBase64 : SystemHandler.readBase32)
                : (isWide ? SystemHandler.writeBase64 : SystemHandler.writeBase32)
            return emit(handler, &b) {
                $0.destination = first.number * 8
                $0.extra = i.operation == .rdfsbase || i.operation == .wrfsbase ? 4 : 5
            }
        default: return false
        }
    }

    private static func ports(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        let (first, second) = (i.operands.0, i.operands.1)
        switch i.operation {
        case .in, .out:
            let isInput = i.operation == .in
            let port = isInput ? second : first
            let size = UInt8(truncatingIfNeeded: isInput ? first.size : second.size)
            let handler =
                port.kind == .immediate
                ? (isInput ? SystemHandler.inImmediate : SystemHandler.outImmediate)
                : (isInput ? SystemHandler.inRegister : SystemHandler.outRegister)
            return emit(handler, &b) {
                $0.extra = size
                $0.extra16 = UInt16(truncatingIfNeeded: i.immediate & 0xff)
            }
        case .ins, .outs:
            return emit(SystemHandler.moveString, &b) {
                $0.extra = i.operandSize
                $0.extra16 = (i.operation == .ins ? 1 : 0) | (i.isRepeat || i.isRepeatNotEqual ? 2 : 0)
                $0.source = i.memory.segment
                $0.immediate = i.addressSize == 2 ? 0xffff : i.addressSize == 4 ? 0xffff_ffff : .max
            }
        default: return false
        }
    }
}
