extension IntegerLowering {
    /// Arithmetic on registers and the conditional jump behind it, as one operation.
    /// - Returns: false: it has to be two.
    static func fused(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        let (first, second) = (i.operands.0, i.operands.1)
        guard first.isRegister, second.isRegister || second.kind == .immediate || second.kind == .none else {
            return false
        }
        switch i.operation {
        case .cmp, .test, .sub, .and, .add, .inc, .dec: break
        default: return false
        }
        var immediate: Int16 = 0
        if second.kind == .immediate {
            guard let small = Int16(exactly: Int64(bitPattern: i.immediate)) else { return false }
            immediate = small
        }
        guard let next = b.peek(), next.operation == .jcc,
            let handler = FusedHandlers.handler(
                i.operation, isImmediate: second.kind == .immediate, Int(first.size), next.condition)
        else { return false }
        let target = b.nextOffset &+ Int32(next.length) &+ Int32(truncatingIfNeeded: next.immediate)
        guard 0..<4096 ~= target else { return false }
        b.fuse(next)
        var draft = OpDraft(handler)
        draft.destination = b.registerOffset(first)
        if second.isRegister { draft.source = b.registerOffset(second) }
        draft.extra16 = UInt16(bitPattern: immediate)
        draft.displacement = target
        b.emit(draft)
        return true
    }

    /// The handler of a comparison with memory that looks at the conditional jump behind it itself.
    /// - Returns: nil: there is no such jump, or no such handler.
    static func fusedWithMemory(_ i: Instruction, _ b: inout BlockBuilder) -> Handler? {
        guard i.operation == .cmp || i.operation == .test,
            i.operands.0.kind == .memory || i.operands.1.kind == .memory, let next = b.peek(), next.operation == .jcc
        else { return nil }
        let target = b.nextOffset &+ Int32(next.length) &+ Int32(truncatingIfNeeded: next.immediate)
        return 0..<4096 ~= target ? FusedMemoryHandlers.handler(i, next.condition) : nil
    }
}
