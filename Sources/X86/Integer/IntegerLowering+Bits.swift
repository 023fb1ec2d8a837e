extension IntegerLowering {
    static func bits(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        switch i.operation {
        case .bt, .bts, .btr, .btc: bit(i, &b)
        case .bsf:
            scan(
                i, &b,
                bySize(
                    Int(i.operands.1.size), { scanRegister(ScanForward.self, UInt8.self, $0, $1) },
                    { scanRegister(ScanForward.self, UInt16.self, $0, $1) },
                    { scanRegister(ScanForward.self, UInt32.self, $0, $1) },
                    { scanRegister(ScanForward.self, UInt64.self, $0, $1) }),
                bySize(
                    Int(i.operands.1.size), { scanMemory(ScanForward.self, UInt8.self, $0, $1) },
                    { scanMemory(ScanForward.self, UInt16.self, $0, $1) },
                    { scanMemory(ScanForward.self, UInt32.self, $0, $1) },
                    { scanMemory(ScanForward.self, UInt64.self, $0, $1) }))
        case .bsr:
            scan(
                i, &b,
                bySize(
                    Int(i.operands.1.size), { scanRegister(ScanReverse.self, UInt8.self, $0, $1) },
                    { scanRegister(ScanReverse.self, UInt16.self, $0, $1) },
                    { scanRegister(ScanReverse.self, UInt32.self, $0, $1) },
                    { scanRegister(ScanReverse.self, UInt64.self, $0, $1) }),
                bySize(
                    Int(i.operands.1.size), { scanMemory(ScanReverse.self, UInt8.self, $0, $1) },
                    { scanMemory(ScanReverse.self, UInt16.self, $0, $1) },
                    { scanMemory(ScanReverse.self, UInt32.self, $0, $1) },
                    { scanMemory(ScanReverse.self, UInt64.self, $0, $1) }))
        case .popcnt:
            scan(
                i, &b,
                bySize(
                    Int(i.operands.1.size), { scanRegister(CountOnes.self, UInt8.self, $0, $1) },
                    { scanRegister(CountOnes.self, UInt16.self, $0, $1) },
                    { scanRegister(CountOnes.self, UInt32.self, $0, $1) },
                    { scanRegister(CountOnes.self, UInt64.self, $0, $1) }),
                bySize(
                    Int(i.operands.1.size), { scanMemory(CountOnes.self, UInt8.self, $0, $1) },
                    { scanMemory(CountOnes.self, UInt16.self, $0, $1) },
                    { scanMemory(CountOnes.self, UInt32.self, $0, $1) },
                    { scanMemory(CountOnes.self, UInt64.self, $0, $1) }))
        case .crc32:
            scan(
                i, &b,
                bySize(
                    Int(i.operands.1.size), { crcRegister(UInt8.self, $0, $1) }, { crcRegister(UInt16.self, $0, $1) },
                    { crcRegister(UInt32.self, $0, $1) }, { crcRegister(UInt64.self, $0, $1) }),
                bySize(
                    Int(i.operands.1.size), { crcMemory(UInt8.self, $0, $1) }, { crcMemory(UInt16.self, $0, $1) },
                    { crcMemory(UInt32.self, $0, $1) }, { crcMemory(UInt64.self, $0, $1) }))
        default: false
        }
    }

    private static func scan(
        _ i: Instruction, _ b: inout BlockBuilder, _ register: @escaping Handler, _ memory: @escaping Handler
    ) -> Bool {
        emitSource(i, &b, register: register, memory: memory)
    }

    private static func bit(_ i: Instruction, _ b: inout BlockBuilder) -> Bool {
        let size = Int(i.operands.0.size)
        let (register, memory, locked) = BitHandlers.handlers(i.operation, size)
        let isNumbered = i.operands.1.kind == .immediate
        let source = isNumbered ? 0 : b.registerOffset(i.operands.1)
        var i = i
        if i.operands.0.kind == .memory, !isNumbered {
            // The bit lies anywhere: its word's offset is computed first.
            var first = b.offsetDraft(
                bySize(
                    size, { bitOffset(UInt16.self, $0, $1) }, { bitOffset(UInt16.self, $0, $1) },
                    { bitOffset(UInt32.self, $0, $1) }, { bitOffset(UInt64.self, $0, $1) }), i)
            first.source = source
            b.emit(first)
            i.memory.base = MemoryOperand.value
            i.memory.index = MemoryOperand.absent
            i.memory.displacement = 0
        }
        let immediate = i.immediate
        return emit(i.operands.0, i, &b, register: register, memory: i.isLocked ? locked : memory) {
            $0.source = source
            $0.immediate = immediate
            $0.extra = isNumbered ? 0 : 1
        }
    }
}

extension MemoryOperand {
    /// As a base: what an operation before left in `StateLayout.value`.
    static let value = UInt8(StateLayout.value / 8)
}

/// BT, BTS, BTR, BTC: register, memory, locked memory.
private enum BitHandlers {
    static func handlers(_ operation: Operation, _ size: Int) -> (Handler, Handler, Handler) {
        switch operation {
        case .bt:
            (
                bySize(
                    size, { bitRegister(BitTest.self, UInt16.self, $0, $1) },
                    { bitRegister(BitTest.self, UInt16.self, $0, $1) },
                    { bitRegister(BitTest.self, UInt32.self, $0, $1) },
                    { bitRegister(BitTest.self, UInt64.self, $0, $1) }),
                bySize(
                    size, { bitMemory(BitTest.self, UInt16.self, $0, $1) },
                    { bitMemory(BitTest.self, UInt16.self, $0, $1) }, { bitMemory(BitTest.self, UInt32.self, $0, $1) },
                    { bitMemory(BitTest.self, UInt64.self, $0, $1) }),
                bySize(
                    size, { bitLocked(BitTest.self, UInt16.self, $0, $1) },
                    { bitLocked(BitTest.self, UInt16.self, $0, $1) }, { bitLocked(BitTest.self, UInt32.self, $0, $1) },
                    { bitLocked(BitTest.self, UInt64.self, $0, $1) })
            )
        case .bts:
            (
                bySize(
                    size, { bitRegister(BitSet.self, UInt16.self, $0, $1) },
                    { bitRegister(BitSet.self, UInt16.self, $0, $1) },
                    { bitRegister(BitSet.self, UInt32.self, $0, $1) }, { bitRegister(BitSet.self, UInt64.self, $0, $1) }
                ),
                bySize(
                    size, { bitMemory(BitSet.self, UInt16.self, $0, $1) },
                    { bitMemory(BitSet.self, UInt16.self, $0, $1) }, { bitMemory(BitSet.self, UInt32.self, $0, $1) },
                    { bitMemory(BitSet.self, UInt64.self, $0, $1) }),
                bySize(
                    size, { bitLocked(BitSet.self, UInt16.self, $0, $1) },
                    { bitLocked(BitSet.self, UInt16.self, $0, $1) }, { bitLocked(BitSet.self, UInt32.self, $0, $1) },
                    { bitLocked(BitSet.self, UInt64.self, $0, $1) })
            )
        case .btr:
            (
                bySize(
                    size, { bitRegister(BitReset.self, UInt16.self, $0, $1) },
                    { bitRegister(BitReset.self, UInt16.self, $0, $1) },
                    { bitRegister(BitReset.self, UInt32.self, $0, $1) },
                    { bitRegister(BitReset.self, UInt64.self, $0, $1) }),
                bySize(
                    size, { bitMemory(BitReset.self, UInt16.self, $0, $1) },
                    { bitMemory(BitReset.self, UInt16.self, $0, $1) },
                    { bitMemory(BitReset.self, UInt32.self, $0, $1) }, { bitMemory(BitReset.self, UInt64.self, $0, $1) }
                ),
                bySize(
                    size, { bitLocked(BitReset.self, UInt16.self, $0, $1) },
                    { bitLocked(BitReset.self, UInt16.self, $0, $1) },
                    { bitLocked(BitReset.self, UInt32.self, $0, $1) }, { bitLocked(BitReset.self, UInt64.self, $0, $1) }
                )
            )
        default:
            (
                bySize(
                    size, { bitRegister(BitComplement.self, UInt16.self, $0, $1) },
                    { bitRegister(BitComplement.self, UInt16.self, $0, $1) },
                    { bitRegister(BitComplement.self, UInt32.self, $0, $1) },
                    { bitRegister(BitComplement.self, UInt64.self, $0, $1) }),
                bySize(
                    size, { bitMemory(BitComplement.self, UInt16.self, $0, $1) },
                    { bitMemory(BitComplement.self, UInt16.self, $0, $1) },
                    { bitMemory(BitComplement.self, UInt32.self, $0, $1) },
                    { bitMemory(BitComplement.self, UInt64.self, $0, $1) }),
                bySize(
                    size, { bitLocked(BitComplement.self, UInt16.self, $0, $1) },
                    { bitLocked(BitComplement.self, UInt16.self, $0, $1) },
                    { bitLocked(BitComplement.self, UInt32.self, $0, $1) },
                    { bitLocked(BitComplement.self, UInt64.self, $0, $1) })
            )
        }
    }
}
