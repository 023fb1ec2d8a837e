extension IntegerLowering {
    /// One of six handlers by the sizes of stack pointer and operand, in bytes: 8 and 8, 8 and 2, 4 and 4, 4 and 2, 2 and 4, 2 and 2.
    static func byStack(
        _ i: Instruction, _ b: BlockBuilder, _ h88: @escaping Handler, _ h82: @escaping Handler,
        _ h44: @escaping Handler, _ h42: @escaping Handler, _ h24: @escaping Handler, _ h22: @escaping Handler
    ) -> Handler {
        switch (b.stackSize, i.operandSize) {
        case (8, 2): h82
        case (8, _): h88
        case (4, 2): h42
        case (4, _): h44
        case (_, 2): h22
        default: h24
        }
    }

    static func stack(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        switch i.operation {
        case .push: return push(i, &b)
        case .pop: return pop(i, &b)
        case .pusha:
            return emit(
                byStack(
                    i, b, { pushAll(Stack32.self, UInt32.self, $0, $1) },
                    { pushAll(Stack32.self, UInt16.self, $0, $1) },
                    { pushAll(Stack32.self, UInt32.self, $0, $1) },
                    { pushAll(Stack32.self, UInt16.self, $0, $1) },
                    { pushAll(Stack16.self, UInt32.self, $0, $1) },
                    { pushAll(Stack16.self, UInt16.self, $0, $1) }), &b)
        case .popa:
            return emit(
                byStack(
                    i, b, { popAll(Stack32.self, UInt32.self, $0, $1) },
                    { popAll(Stack32.self, UInt16.self, $0, $1) },
                    { popAll(Stack32.self, UInt32.self, $0, $1) },
                    { popAll(Stack32.self, UInt16.self, $0, $1) },
                    { popAll(Stack16.self, UInt32.self, $0, $1) },
                    { popAll(Stack16.self, UInt16.self, $0, $1) }), &b)
        case .pushf:
            return emit(
                byStack(
                    i, b, { pushFlags(Stack64.self, UInt64.self, $0, $1) },
                    { pushFlags(Stack64.self, UInt16.self, $0, $1) },
                    { pushFlags(Stack32.self, UInt32.self, $0, $1) },
                    { pushFlags(Stack32.self, UInt16.self, $0, $1) },
                    { pushFlags(Stack16.self, UInt32.self, $0, $1) },
                    { pushFlags(Stack16.self, UInt16.self, $0, $1) }), &b)
        case .popf:
            return emit(
                byStack(
                    i, b, { popFlags(Stack64.self, UInt64.self, $0, $1) },
                    { popFlags(Stack64.self, UInt16.self, $0, $1) },
                    { popFlags(Stack32.self, UInt32.self, $0, $1) },
                    { popFlags(Stack32.self, UInt16.self, $0, $1) },
                    { popFlags(Stack16.self, UInt32.self, $0, $1) },
                    { popFlags(Stack16.self, UInt16.self, $0, $1) }), &b)
        case .enter:
            var draft = OpDraft(
                byStack(
                    i, b, { enterFrame(Stack64.self, UInt64.self, $0, $1) },
                    { enterFrame(Stack64.self, UInt16.self, $0, $1) },
                    { enterFrame(Stack32.self, UInt32.self, $0, $1) },
                    { enterFrame(Stack32.self, UInt16.self, $0, $1) },
                    { enterFrame(Stack16.self, UInt32.self, $0, $1) },
                    { enterFrame(Stack16.self, UInt16.self, $0, $1) }))
            draft.immediate = i.immediate
            draft.extra = UInt8(truncatingIfNeeded: i.immediate2 & 31)
            b.emit(draft)
            return true
        case .leave:
            return emit(
                byStack(
                    i, b, { leaveFrame(Stack64.self, UInt64.self, $0, $1) },
                    { leaveFrame(Stack64.self, UInt16.self, $0, $1) },
                    { leaveFrame(Stack32.self, UInt32.self, $0, $1) },
                    { leaveFrame(Stack32.self, UInt16.self, $0, $1) },
                    { leaveFrame(Stack16.self, UInt32.self, $0, $1) },
                    { leaveFrame(Stack16.self, UInt16.self, $0, $1) }), &b)
        default: return false
        }
    }

    private static func push(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        switch i.operands.0.kind {
        case .general:
            var draft = OpDraft(
                byStack(
                    i, b, { pushRegister(Stack64.self, UInt64.self, $0, $1) },
                    { pushRegister(Stack64.self, UInt16.self, $0, $1) },
                    { pushRegister(Stack32.self, UInt32.self, $0, $1) },
                    { pushRegister(Stack32.self, UInt16.self, $0, $1) },
                    { pushRegister(Stack16.self, UInt32.self, $0, $1) },
                    { pushRegister(Stack16.self, UInt16.self, $0, $1) }))
            draft.source = b.registerOffset(i.operands.0)
            b.emit(draft)
        case .immediate:
            var draft = OpDraft(
                byStack(
                    i, b, { pushImmediate(Stack64.self, UInt64.self, $0, $1) },
                    { pushImmediate(Stack64.self, UInt16.self, $0, $1) },
                    { pushImmediate(Stack32.self, UInt32.self, $0, $1) },
                    { pushImmediate(Stack32.self, UInt16.self, $0, $1) },
                    { pushImmediate(Stack16.self, UInt32.self, $0, $1) },
                    { pushImmediate(Stack16.self, UInt16.self, $0, $1) }))
            draft.immediate = i.immediate
            b.emit(draft)
        case .memory:
            b.emit(
                b.memoryDraft(
                    byStack(
                        i, b, { pushMemory(Stack64.self, UInt64.self, $0, $1) },
                        { pushMemory(Stack64.self, UInt16.self, $0, $1) },
                        { pushMemory(Stack32.self, UInt32.self, $0, $1) },
                        { pushMemory(Stack32.self, UInt16.self, $0, $1) },
                        { pushMemory(Stack16.self, UInt32.self, $0, $1) },
                        { pushMemory(Stack16.self, UInt16.self, $0, $1) }), i))
        default: return false
        }
        return true
    }

    private static func pop(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        switch i.operands.0.kind {
        case .general:
            var draft = OpDraft(
                byStack(
                    i, b, { popRegister(Stack64.self, UInt64.self, $0, $1) },
                    { popRegister(Stack64.self, UInt16.self, $0, $1) },
                    { popRegister(Stack32.self, UInt32.self, $0, $1) },
                    { popRegister(Stack32.self, UInt16.self, $0, $1) },
                    { popRegister(Stack16.self, UInt32.self, $0, $1) },
                    { popRegister(Stack16.self, UInt16.self, $0, $1) }))
            draft.destination = b.registerOffset(i.operands.0)
            b.emit(draft)
        case .memory:
            // An address by the stack pointer is one by the pointer that POP leaves.
            var i = i
            if i.memory.base == RegisterNumber.rsp.rawValue { i.memory.displacement += Int64(i.operandSize) }
            b.emit(
                b.memoryDraft(
                    byStack(
                        i, b, { popMemory(Stack64.self, UInt64.self, $0, $1) },
                        { popMemory(Stack64.self, UInt16.self, $0, $1) },
                        { popMemory(Stack32.self, UInt32.self, $0, $1) },
                        { popMemory(Stack32.self, UInt16.self, $0, $1) },
                        { popMemory(Stack16.self, UInt32.self, $0, $1) },
                        { popMemory(Stack16.self, UInt16.self, $0, $1) }), i))
        default: return false
        }
        return true
    }
}
