// MOV and its relatives. None of them changes flags.

@inline(__always)
func moveRegister<W: MachineWord>(
    _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    cpu.setRegister(op.destination, cpu.register(op.source, W.self))
    return op.next
}

@inline(__always)
func moveImmediate<W: MachineWord>(
    _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    cpu.setRegister(op.destination, W(truncatingIfNeeded: op.immediate))
    return op.next
}

@inline(__always)
func moveLoad<W: MachineWord>(
    _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    guard let value = cpu.load(op.linearAddress(cpu), W.self) else { return nil }
    cpu.setRegister(op.destination, value)
    return op.next
}

@inline(__always)
func moveStore<W: MachineWord>(
    _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    return cpu.store(op.linearAddress(cpu), cpu.register(op.source, W.self)) ? op.next : nil
}

@inline(__always)
func moveStoreImmediate<W: MachineWord>(
    _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    return cpu.store(op.linearAddress(cpu), W(truncatingIfNeeded: op.immediate)) ? op.next : nil
}

/// MOVZX: `N` is the narrow operand. MOVSX and MOVSXD: `N` is a signed type.
@inline(__always)
func extendRegister<N: FixedWidthInteger & BitwiseCopyable, W: MachineWord>(
    _: N.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    cpu.setRegister(op.destination, W(truncatingIfNeeded: cpu.get(op.source, as: N.self)))
    return op.next
}

@inline(__always)
func extendMemory<N: FixedWidthInteger & BitwiseCopyable, W: MachineWord>(
    _: N.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    guard let value = cpu.load(op.linearAddress(cpu), N.self) else { return nil }
    cpu.setRegister(op.destination, W(truncatingIfNeeded: value))
    return op.next
}

@inline(__always)
func loadSwapped<W: MachineWord>(
    _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    guard let value = cpu.load(op.linearAddress(cpu), W.self) else { return nil }
    cpu.setRegister(op.destination, value.byteSwapped)
    return op.next
}

@inline(__always)
func storeSwapped<W: MachineWord>(
    _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    return cpu.store(op.linearAddress(cpu), cpu.register(op.source, W.self).byteSwapped) ? op.next : nil
}

@inline(__always)
func effectiveAddress<W: MachineWord>(
    _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    cpu.setRegister(op.destination, W(truncatingIfNeeded: op.linearAddress(cpu)))
    return op.next
}

/// CMOVcc. A 32-bit destination loses its upper half either way.
@inline(__always)
func moveIfRegister<W: MachineWord>(
    _: W.Type, _ condition: UInt8, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    let source = cpu.register(op.source, W.self)
    cpu.setRegister(op.destination, cpu.condition(condition) ? source : cpu.register(op.destination, W.self))
    return op.next
}

/// The load happens, and faults, whatever the condition (`extra`) says.
@inline(__always)
func moveIfMemory<W: MachineWord>(
    _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    guard let source = cpu.load(op.linearAddress(cpu), W.self) else { return nil }
    cpu.setRegister(op.destination, cpu.condition(op.extra) ? source : cpu.register(op.destination, W.self))
    return op.next
}

@inline(__always)
func setIf(
    _ condition: UInt8, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    cpu.setRegister(op.destination, cpu.condition(condition) ? UInt8(1) : 0)
    return op.next
}

/// SETcc and CMOVcc of registers, by condition.
enum ConditionalMove {
    /// SETcc to memory: `extra` is the condition.
    static let setMemory: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        return cpu.store(op.linearAddress(cpu), cpu.condition(op.extra) ? UInt8(1) : 0) ? op.next : nil
    }

    static let set: [Handler] = [
        { setIf(0, $0, $1) }, { setIf(1, $0, $1) }, { setIf(2, $0, $1) }, { setIf(3, $0, $1) }, { setIf(4, $0, $1) },
        { setIf(5, $0, $1) }, { setIf(6, $0, $1) }, { setIf(7, $0, $1) }, { setIf(8, $0, $1) }, { setIf(9, $0, $1) },
        { setIf(10, $0, $1) }, { setIf(11, $0, $1) }, { setIf(12, $0, $1) }, { setIf(13, $0, $1) },
        { setIf(14, $0, $1) }, { setIf(15, $0, $1) },
    ]
    static let move16: [Handler] = [
        { moveIfRegister(UInt16.self, 0, $0, $1) }, { moveIfRegister(UInt16.self, 1, $0, $1) },
        { moveIfRegister(UInt16.self, 2, $0, $1) }, { moveIfRegister(UInt16.self, 3, $0, $1) },
        { moveIfRegister(UInt16.self, 4, $0, $1) }, { moveIfRegister(UInt16.self, 5, $0, $1) },
        { moveIfRegister(UInt16.self, 6, $0, $1) }, { moveIfRegister(UInt16.self, 7, $0, $1) },
        { moveIfRegister(UInt16.self, 8, $0, $1) }, { moveIfRegister(UInt16.self, 9, $0, $1) },
        { moveIfRegister(UInt16.self, 10, $0, $1) }, { moveIfRegister(UInt16.self, 11, $0, $1) },
        { moveIfRegister(UInt16.self, 12, $0, $1) }, { moveIfRegister(UInt16.self, 13, $0, $1) },
        { moveIfRegister(UInt16.self, 14, $0, $1) }, { moveIfRegister(UInt16.self, 15, $0, $1) },
    ]
    static let move32: [Handler] = [
        { moveIfRegister(UInt32.self, 0, $0, $1) }, { moveIfRegister(UInt32.self, 1, $0, $1) },
        { moveIfRegister(UInt32.self, 2, $0, $1) }, { moveIfRegister(UInt32.self, 3, $0, $1) },
        { moveIfRegister(UInt32.self, 4, $0, $1) }, { moveIfRegister(UInt32.self, 5, $0, $1) },
        { moveIfRegister(UInt32.self, 6, $0, $1) }, { moveIfRegister(UInt32.self, 7, $0, $1) },
        { moveIfRegister(UInt32.self, 8, $0, $1) }, { moveIfRegister(UInt32.self, 9, $0, $1) },
        { moveIfRegister(UInt32.self, 10, $0, $1) }, { moveIfRegister(UInt32.self, 11, $0, $1) },
        { moveIfRegister(UInt32.self, 12, $0, $1) }, { moveIfRegister(UInt32.self, 13, $0, $1) },
        { moveIfRegister(UInt32.self, 14, $0, $1) }, { moveIfRegister(UInt32.self, 15, $0, $1) },
    ]
    static let move64: [Handler] = [
        { moveIfRegister(UInt64.self, 0, $0, $1) }, { moveIfRegister(UInt64.self, 1, $0, $1) },
        { moveIfRegister(UInt64.self, 2, $0, $1) }, { moveIfRegister(UInt64.self, 3, $0, $1) },
        { moveIfRegister(UInt64.self, 4, $0, $1) }, { moveIfRegister(UInt64.self, 5, $0, $1) },
        { moveIfRegister(UInt64.self, 6, $0, $1) }, { moveIfRegister(UInt64.self, 7, $0, $1) },
        { moveIfRegister(UInt64.self, 8, $0, $1) }, { moveIfRegister(UInt64.self, 9, $0, $1) },
        { moveIfRegister(UInt64.self, 10, $0, $1) }, { moveIfRegister(UInt64.self, 11, $0, $1) },
        { moveIfRegister(UInt64.self, 12, $0, $1) }, { moveIfRegister(UInt64.self, 13, $0, $1) },
        { moveIfRegister(UInt64.self, 14, $0, $1) }, { moveIfRegister(UInt64.self, 15, $0, $1) },
    ]

    static func move(_ size: Int, _ condition: UInt8) -> Handler {
        (size == 2 ? move16 : size == 4 ? move32 : move64)[Int(condition)]
    }
}

/// BSWAP; of 16 bits, which the manual leaves undefined: zero, as on the processors that there are.
@inline(__always)
func swapBytes<W: MachineWord>(
    _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    cpu.setRegister(op.destination, W.bitWidth == 16 ? 0 : cpu.register(op.destination, W.self).byteSwapped)
    return op.next
}

/// CBW, CWDE, CDQE: `N` is the lower half.
@inline(__always)
func extendAccumulator<N: FixedWidthInteger & BitwiseCopyable, W: MachineWord>(
    _: N.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    cpu.setRegister(0, W(truncatingIfNeeded: cpu.get(0, as: N.self)))
    return op.next
}

/// CWD, CDQ, CQO.
@inline(__always)
func spreadSign<W: MachineWord>(
    _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    let sign = W.SignedWord(truncatingIfNeeded: cpu.register(0, W.self)) >> (W.bitWidth - 1)
    cpu.setRegister(RegisterNumber.rdx.offset, W(truncatingIfNeeded: sign))
    return op.next
}
