extension IntegerLowering {
    static func control(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        switch i.operation {
        case .jcc:
            let target = target(i, b)
            var draft = OpDraft(target.isNear ? Jump.ifNear[Int(i.condition)] : Jump.ifElsewhere)
            draft.displacement = target.displacement
            draft.extra = i.condition
            draft.extra16 = width(i, b)
            b.emit(draft)
            return true
        case .loop, .loope, .loopne, .jcxz:
            var draft = OpDraft(Jump.loop)
            draft.displacement = target(i, b).displacement
            draft.immediate = i.addressMask
            draft.extra = i.operation == .loop ? 0 : i.operation == .loope ? 1 : i.operation == .loopne ? 2 : 3
            draft.extra16 = width(i, b)
            b.emit(draft)
            return true
        case .jumpNear:
            if i.operands.0.kind == .relative {
                let target = target(i, b)
                var draft = OpDraft(target.isNear ? Jump.near : Jump.elsewhere)
                draft.displacement = target.displacement
                draft.extra16 = width(i, b)
                b.emit(draft)
            } else {
                _ = emit(
                    i.operands.0, i, &b,
                    register: bySize(
                        Int(i.operandSize), { jumpRegister(UInt16.self, $0, $1) },
                        { jumpRegister(UInt16.self, $0, $1) }, { jumpRegister(UInt32.self, $0, $1) },
                        { jumpRegister(UInt64.self, $0, $1) }),
                    memory: bySize(
                        Int(i.operandSize), { jumpMemory(UInt16.self, $0, $1) }, { jumpMemory(UInt16.self, $0, $1) },
                        { jumpMemory(UInt32.self, $0, $1) }, { jumpMemory(UInt64.self, $0, $1) })
                ) { $0.source = $0.destination }
            }
            b.end()
            return true
        case .callNear:
            call(i, &b)
            b.end()
            return true
        case .returnNear:
            var draft = OpDraft(
                byStack(
                    i, b, { returnNear(Stack64.self, UInt64.self, $0, $1) },
                    { returnNear(Stack64.self, UInt16.self, $0, $1) },
                    { returnNear(Stack32.self, UInt32.self, $0, $1) },
                    { returnNear(Stack32.self, UInt16.self, $0, $1) },
                    { returnNear(Stack16.self, UInt32.self, $0, $1) },
                    { returnNear(Stack16.self, UInt16.self, $0, $1) }))
            draft.immediate = i.operandCount == 0 ? 0 : i.immediate
            b.emit(draft)
            b.end()
            return true
        default: return false
        }
    }

    private static func call(_ i: Instruction, _ b: inout BlockBuilder) {
        switch i.operands.0.kind {
        case .relative:
            let target = target(i, b)
            var draft = OpDraft(
                target.isNear
                    ? byStack(
                        i, b, { callNear(Stack64.self, UInt64.self, $0, $1) },
                        { callNear(Stack64.self, UInt16.self, $0, $1) },
                        { callNear(Stack32.self, UInt32.self, $0, $1) },
                        { callNear(Stack32.self, UInt16.self, $0, $1) },
                        { callNear(Stack16.self, UInt32.self, $0, $1) },
                        { callNear(Stack16.self, UInt16.self, $0, $1) })
                    : byStack(
                        i, b, { callElsewhere(Stack64.self, UInt64.self, $0, $1) },
                        { callElsewhere(Stack64.self, UInt16.self, $0, $1) },
                        { callElsewhere(Stack32.self, UInt32.self, $0, $1) },
                        { callElsewhere(Stack32.self, UInt16.self, $0, $1) },
                        { callElsewhere(Stack16.self, UInt32.self, $0, $1) },
                        { callElsewhere(Stack16.self, UInt16.self, $0, $1) }))
            draft.displacement = target.displacement
            draft.extra16 = width(i, b)
            b.emit(draft)
        case .memory:
            b.emit(
                b.memoryDraft(
                    byStack(
                        i, b, { callMemory(Stack64.self, UInt64.self, $0, $1) },
                        { callMemory(Stack64.self, UInt16.self, $0, $1) },
                        { callMemory(Stack32.self, UInt32.self, $0, $1) },
                        { callMemory(Stack32.self, UInt16.self, $0, $1) },
                        { callMemory(Stack16.self, UInt32.self, $0, $1) },
                        { callMemory(Stack16.self, UInt16.self, $0, $1) }), i))
        default:
            var draft = OpDraft(
                byStack(
                    i, b, { callRegister(Stack64.self, UInt64.self, $0, $1) },
                    { callRegister(Stack64.self, UInt16.self, $0, $1) },
                    { callRegister(Stack32.self, UInt32.self, $0, $1) },
                    { callRegister(Stack32.self, UInt16.self, $0, $1) },
                    { callRegister(Stack16.self, UInt32.self, $0, $1) },
                    { callRegister(Stack16.self, UInt16.self, $0, $1) }))
            draft.source = b.registerOffset(i.operands.0)
            b.emit(draft)
        }
    }

    /// A direct jump's target minus `codeBase`, and whether it lies in the same page.
    static func target(_ i: Instruction, _ b: BlockBuilder) -> (displacement: Int32, isNear: Bool) {
        let displacement = b.nextOffset &+ Int32(truncatingIfNeeded: i.immediate)
        // With IP of 16 bits, a jump can wrap; then it is for `JumpWidth` to say where it ends.
        return (displacement, 0..<4096 ~= displacement && b.nextOffset < 4096)
    }

    static func width(_ i: Instruction, _ b: BlockBuilder) -> UInt16 {
        b.mode == .bits64 ? JumpWidth.bits64 : i.operandSize == 2 ? JumpWidth.bits16 : JumpWidth.bits32
    }
}
