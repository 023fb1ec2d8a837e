/// Makes operations of the integer instructions of user mode.
enum IntegerLowering {
    /// - Returns: false: the instruction belongs to another family.
    static func lower(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        arithmetic(i, &b) || bits(i, &b) || data(i, &b) || stack(i, &b) || control(i, &b) || strings(i, &b)
            || flags(i, &b)
    }

    /// A draft without operands of its own.
    static func emit(_ handler: @escaping Handler, _ b: inout BlockBuilder) -> Bool {
        b.emit(OpDraft(handler))
        return true
    }

    /// An operation whose first operand is a register or memory, `change` fills in the rest.
    static func emit(
        _ operand: Operand, _ i: Instruction, _ b: inout BlockBuilder, register: @autoclosure () -> Handler,
        memory: @autoclosure () -> Handler, _ change: (inout OpDraft) -> Void = { _ in }
    ) -> Bool {
        var draft: OpDraft
        if operand.kind == .memory {
            draft = b.memoryDraft(memory(), i)
        } else {
            draft = OpDraft(register())
            draft.destination = b.registerOffset(operand)
        }
        change(&draft)
        b.emit(draft)
        return true
    }

    /// The same for the second operand, where the first is a register.
    static func emitSource(
        _ i: Instruction, _ b: inout BlockBuilder, register: @autoclosure () -> Handler,
        memory: @autoclosure () -> Handler, _ change: (inout OpDraft) -> Void = { _ in }
    ) -> Bool {
        var draft: OpDraft
        if i.operands.1.kind == .memory {
            draft = b.memoryDraft(memory(), i)
        } else {
            draft = OpDraft(register())
            draft.source = b.registerOffset(i.operands.1)
        }
        draft.destination = b.registerOffset(i.operands.0)
        change(&draft)
        b.emit(draft)
        return true
    }
}

extension Operand {
    var isRegister: Bool { kind == .general || kind == .highByte }
    var isRegisterOrMemory: Bool { isRegister || kind == .memory }
}
