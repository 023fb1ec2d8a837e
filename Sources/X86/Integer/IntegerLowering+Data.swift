extension IntegerLowering {
    static func data(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        let size = Int(i.operands.0.size)
        switch i.operation {
        case .mov: return move(i, &b)
        case .movzx: return extend(i, &b, isSigned: false)
        case .movsx, .movsxd: return extend(i, &b, isSigned: true)
        case .movnti:
            var draft = b.memoryDraft(
                bySize(
                    size, { moveStore(UInt8.self, $0, $1) }, { moveStore(UInt16.self, $0, $1) },
                    { moveStore(UInt32.self, $0, $1) }, { moveStore(UInt64.self, $0, $1) }), i)
            draft.source = b.registerOffset(i.operands.1)
            b.emit(draft)
            return true
        case .movbe:
            let isStore = i.operands.0.kind == .memory
            var draft = b.memoryDraft(
                isStore
                    ? bySize(
                        size, { storeSwapped(UInt8.self, $0, $1) }, { storeSwapped(UInt16.self, $0, $1) },
                        { storeSwapped(UInt32.self, $0, $1) }, { storeSwapped(UInt64.self, $0, $1) })
                    : bySize(
                        size, { loadSwapped(UInt8.self, $0, $1) }, { loadSwapped(UInt16.self, $0, $1) },
                        { loadSwapped(UInt32.self, $0, $1) }, { loadSwapped(UInt64.self, $0, $1) }), i)
            if isStore {
                draft.source = b.registerOffset(i.operands.1)
            } else {
                draft.destination = b.registerOffset(i.operands.0)
            }
            b.emit(draft)
            return true
        case .lea:
            var draft = b.offsetDraft(
                bySize(
                    size, { effectiveAddress(UInt16.self, $0, $1) }, { effectiveAddress(UInt16.self, $0, $1) },
                    { effectiveAddress(UInt32.self, $0, $1) }, { effectiveAddress(UInt64.self, $0, $1) }), i)
            draft.destination = b.registerOffset(i.operands.0)
            b.emit(draft)
            return true
        case .cmovcc:
            return emitSource(
                i, &b, register: ConditionalMove.move(size, i.condition),
                memory: bySize(
                    size, { moveIfMemory(UInt16.self, $0, $1) }, { moveIfMemory(UInt16.self, $0, $1) },
                    { moveIfMemory(UInt32.self, $0, $1) }, { moveIfMemory(UInt64.self, $0, $1) })
            ) { $0.extra = i.condition }
        case .setcc:
            return emit(
                i.operands.0, i, &b, register: ConditionalMove.set[Int(i.condition)],
                memory: ConditionalMove.setMemory
            ) { $0.extra = i.condition }
        case .bswap:
            return emit(
                i.operands.0, i, &b,
                register: bySize(
                    size, { swapBytes(UInt16.self, $0, $1) }, { swapBytes(UInt16.self, $0, $1) },
                    { swapBytes(UInt32.self, $0, $1) }, { swapBytes(UInt64.self, $0, $1) }),
                memory: ConditionalMove.setMemory)
        case .xchg, .xadd, .cmpxchg: return exchange(i, &b)
        case .cmpxchg8b:
            b.emit(b.memoryDraft(CompareExchangeWide.bytes8, i))
            return true
        case .cmpxchg16b:
            b.emit(b.memoryDraft(CompareExchangeWide.bytes16, i))
            return true
        case .cbw:
            let handlers: [Handler] = [
                { extendAccumulator(Int8.self, UInt16.self, $0, $1) },
                { extendAccumulator(Int16.self, UInt32.self, $0, $1) },
                { extendAccumulator(Int32.self, UInt64.self, $0, $1) },
            ]
            return emit(handlers[i.operandSize.trailingZeroBitCount - 1], &b)
        case .cwd:
            return emit(
                bySize(
                    Int(i.operandSize), { spreadSign(UInt16.self, $0, $1) }, { spreadSign(UInt16.self, $0, $1) },
                    { spreadSign(UInt32.self, $0, $1) }, { spreadSign(UInt64.self, $0, $1) }), &b)
        case .xlat:
            // The offset is computed first: base and index of 8 bits do not fit an operand.
            var first = OpDraft { state, op in
                let (cpu, op) = (CPU(state), Op(op))
                cpu.set(StateLayout.value, (cpu[.rbx] &+ (cpu[.rax] & 0xff)) & op.immediate)
                return op.next
            }
            first.immediate = i.addressMask
            b.emit(first)
            var i = i
            i.memory.base = MemoryOperand.value
            i.memory.index = MemoryOperand.absent
            i.memory.displacement = 0
            b.emit(b.memoryDraft({ moveLoad(UInt8.self, $0, $1) }, i, size: 1))
            return true
        case .bound:
            var draft = b.memoryDraft(
                i.operandSize == 2
                    ? { checkBounds(UInt16.self, $0, $1) } : { checkBounds(UInt32.self, $0, $1) }, i)
            draft.source = b.registerOffset(i.operands.0)
            b.emit(draft)
            return true
        default: return false
        }
    }

    private static func move(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        let (first, second) = (i.operands.0, i.operands.1)
        let size = Int(first.size)
        switch (first.kind, second.kind) {
        case (.memory, .immediate):
            var draft = b.memoryDraft(
                bySize(
                    size, { moveStoreImmediate(UInt8.self, $0, $1) }, { moveStoreImmediate(UInt16.self, $0, $1) },
                    { moveStoreImmediate(UInt32.self, $0, $1) }, { moveStoreImmediate(UInt64.self, $0, $1) }), i)
            draft.immediate = i.immediate
            b.emit(draft)
        case (.memory, .general), (.memory, .highByte):
            var draft = b.memoryDraft(
                bySize(
                    size, { moveStore(UInt8.self, $0, $1) }, { moveStore(UInt16.self, $0, $1) },
                    { moveStore(UInt32.self, $0, $1) }, { moveStore(UInt64.self, $0, $1) }), i)
            draft.source = b.registerOffset(second)
            b.emit(draft)
        case (.general, .memory), (.highByte, .memory):
            var draft = b.memoryDraft(
                bySize(
                    size, { moveLoad(UInt8.self, $0, $1) }, { moveLoad(UInt16.self, $0, $1) },
                    { moveLoad(UInt32.self, $0, $1) }, { moveLoad(UInt64.self, $0, $1) }), i)
            draft.destination = b.registerOffset(first)
            b.emit(draft)
        case (.general, .immediate), (.highByte, .immediate):
            var draft = OpDraft(
                bySize(
                    size, { moveImmediate(UInt8.self, $0, $1) }, { moveImmediate(UInt16.self, $0, $1) },
                    { moveImmediate(UInt32.self, $0, $1) }, { moveImmediate(UInt64.self, $0, $1) }))
            draft.destination = b.registerOffset(first)
            draft.immediate = i.immediate
            b.emit(draft)
        case (.general, .general), (.general, .highByte), (.highByte, .general), (.highByte, .highByte):
            var draft = OpDraft(
                bySize(
                    size, { moveRegister(UInt8.self, $0, $1) }, { moveRegister(UInt16.self, $0, $1) },
                    { moveRegister(UInt32.self, $0, $1) }, { moveRegister(UInt64.self, $0, $1) }))
            draft.destination = b.registerOffset(first)
            draft.source = b.registerOffset(second)
            b.emit(draft)
        default: return false
        }
        return true
    }

    private static func extend(_ i: Instruction, _ b: inout BlockBuilder, isSigned: Bool) -> Bool {
        let size = Int(i.operands.0.size)
        let (register, memory): (Handler, Handler)
        switch (Int(i.operands.1.size), isSigned) {
        case (1, false):
            register = bySize(
                size, { extendRegister(UInt8.self, UInt16.self, $0, $1) },
                { extendRegister(UInt8.self, UInt16.self, $0, $1) },
                { extendRegister(UInt8.self, UInt32.self, $0, $1) }, { extendRegister(UInt8.self, UInt64.self, $0, $1) }
            )
            memory = bySize(
                size, { extendMemory(UInt8.self, UInt16.self, $0, $1) },
                { extendMemory(UInt8.self, UInt16.self, $0, $1) }, { extendMemory(UInt8.self, UInt32.self, $0, $1) },
                { extendMemory(UInt8.self, UInt64.self, $0, $1) })
        case (1, true):
            register = bySize(
                size, { extendRegister(Int8.self, UInt16.self, $0, $1) },
                { extendRegister(Int8.self, UInt16.self, $0, $1) }, { extendRegister(Int8.self, UInt32.self, $0, $1) },
                { extendRegister(Int8.self, UInt64.self, $0, $1) })
            memory = bySize(
                size, { extendMemory(Int8.self, UInt16.self, $0, $1) },
                { extendMemory(Int8.self, UInt16.self, $0, $1) }, { extendMemory(Int8.self, UInt32.self, $0, $1) },
                { extendMemory(Int8.self, UInt64.self, $0, $1) })
        case (2, false):
            register = bySize(
                size, { extendRegister(UInt16.self, UInt16.self, $0, $1) },
                { extendRegister(UInt16.self, UInt16.self, $0, $1) },
                { extendRegister(UInt16.self, UInt32.self, $0, $1) },
                { extendRegister(UInt16.self, UInt64.self, $0, $1) })
            memory = bySize(
                size, { extendMemory(UInt16.self, UInt16.self, $0, $1) },
                { extendMemory(UInt16.self, UInt16.self, $0, $1) }, { extendMemory(UInt16.self, UInt32.self, $0, $1) },
                { extendMemory(UInt16.self, UInt64.self, $0, $1) })
        case (2, true):
            register = bySize(
                size, { extendRegister(Int16.self, UInt16.self, $0, $1) },
                { extendRegister(Int16.self, UInt16.self, $0, $1) },
                { extendRegister(Int16.self, UInt32.self, $0, $1) }, { extendRegister(Int16.self, UInt64.self, $0, $1) }
            )
            memory = bySize(
                size, { extendMemory(Int16.self, UInt16.self, $0, $1) },
                { extendMemory(Int16.self, UInt16.self, $0, $1) }, { extendMemory(Int16.self, UInt32.self, $0, $1) },
                { extendMemory(Int16.self, UInt64.self, $0, $1) })
        default:
            register = bySize(
                size, { extendRegister(Int32.self, UInt16.self, $0, $1) },
                { extendRegister(Int32.self, UInt16.self, $0, $1) },
                { extendRegister(Int32.self, UInt32.self, $0, $1) }, { extendRegister(Int32.self, UInt64.self, $0, $1) }
            )
            memory = bySize(
                size, { extendMemory(Int32.self, UInt16.self, $0, $1) },
                { extendMemory(Int32.self, UInt16.self, $0, $1) }, { extendMemory(Int32.self, UInt32.self, $0, $1) },
                { extendMemory(Int32.self, UInt64.self, $0, $1) })
        }
        return emitSource(i, &b, register: register, memory: memory)
    }

    private static func exchange(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        let size = Int(i.operands.0.size)
        let source = b.registerOffset(i.operands.1)
        let (register, memory): (Handler, Handler)
        switch (i.operation, i.isLocked) {
        case (.xchg, _):
            register = bySize(
                size, { exchangeRegisters(UInt8.self, $0, $1) }, { exchangeRegisters(UInt16.self, $0, $1) },
                { exchangeRegisters(UInt32.self, $0, $1) }, { exchangeRegisters(UInt64.self, $0, $1) })
            memory = bySize(
                size, { exchangeMemory(UInt8.self, $0, $1) }, { exchangeMemory(UInt16.self, $0, $1) },
                { exchangeMemory(UInt32.self, $0, $1) }, { exchangeMemory(UInt64.self, $0, $1) })
        case (.xadd, let isLocked):
            register = bySize(
                size, { exchangeAddRegisters(UInt8.self, $0, $1) }, { exchangeAddRegisters(UInt16.self, $0, $1) },
                { exchangeAddRegisters(UInt32.self, $0, $1) }, { exchangeAddRegisters(UInt64.self, $0, $1) })
            memory =
                isLocked
                ? bySize(
                    size, { exchangeAddMemory(UInt8.self, isLocked: true, $0, $1) },
                    { exchangeAddMemory(UInt16.self, isLocked: true, $0, $1) },
                    { exchangeAddMemory(UInt32.self, isLocked: true, $0, $1) },
                    { exchangeAddMemory(UInt64.self, isLocked: true, $0, $1) })
                : bySize(
                    size, { exchangeAddMemory(UInt8.self, isLocked: false, $0, $1) },
                    { exchangeAddMemory(UInt16.self, isLocked: false, $0, $1) },
                    { exchangeAddMemory(UInt32.self, isLocked: false, $0, $1) },
                    { exchangeAddMemory(UInt64.self, isLocked: false, $0, $1) })
        case (_, let isLocked):
            register = bySize(
                size, { compareExchangeRegisters(UInt8.self, $0, $1) },
                { compareExchangeRegisters(UInt16.self, $0, $1) }, { compareExchangeRegisters(UInt32.self, $0, $1) },
                { compareExchangeRegisters(UInt64.self, $0, $1) })
            memory =
                isLocked
                ? bySize(
                    size, { compareExchangeMemory(UInt8.self, isLocked: true, $0, $1) },
                    { compareExchangeMemory(UInt16.self, isLocked: true, $0, $1) },
                    { compareExchangeMemory(UInt32.self, isLocked: true, $0, $1) },
                    { compareExchangeMemory(UInt64.self, isLocked: true, $0, $1) })
                : bySize(
                    size, { compareExchangeMemory(UInt8.self, isLocked: false, $0, $1) },
                    { compareExchangeMemory(UInt16.self, isLocked: false, $0, $1) },
                    { compareExchangeMemory(UInt32.self, isLocked: false, $0, $1) },
                    { compareExchangeMemory(UInt64.self, isLocked: false, $0, $1) })
        }
        return emit(i.operands.0, i, &b, register: register, memory: memory) { $0.source = source }
    }
}

extension Instruction {
    /// What an offset is cut to.
    var addressMask: UInt64 { addressSize == 2 ? 0xffff : addressSize == 4 ? 0xffff_ffff : .max }
}
