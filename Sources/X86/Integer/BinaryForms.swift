// The forms of operands of two-operand instructions. A handler is a closure that names operation, width and form:
//
//     let handler: Handler = { registerRegister(Add.self, UInt32.self, $0, $1) }

@inline(__always)
func registerRegister<O: BinaryOperation, W: MachineWord>(
    _: O.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    let result = O.apply(cpu, cpu.register(op.destination, W.self), cpu.register(op.source, W.self))
    if O.storesResult { cpu.setRegister(op.destination, result) }
    return op.next
}

@inline(__always)
func registerImmediate<O: BinaryOperation, W: MachineWord>(
    _: O.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    let result = O.apply(cpu, cpu.register(op.destination, W.self), W(truncatingIfNeeded: op.immediate))
    if O.storesResult { cpu.setRegister(op.destination, result) }
    return op.next
}

@inline(__always)
func registerMemory<O: BinaryOperation, W: MachineWord>(
    _: O.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    guard let operand = cpu.load(op.linearAddress(cpu), W.self) else { return nil }
    let result = O.apply(cpu, cpu.register(op.destination, W.self), operand)
    if O.storesResult { cpu.setRegister(op.destination, result) }
    return op.next
}

@inline(__always)
func memoryRegister<O: BinaryOperation, W: MachineWord>(
    _: O.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    return memory(O.self, W.self, cpu, op, cpu.register(op.source, W.self))
}

@inline(__always)
func memoryImmediate<O: BinaryOperation, W: MachineWord>(
    _: O.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    return memory(O.self, W.self, cpu, op, W(truncatingIfNeeded: op.immediate))
}

@inline(__always)
private func memory<O: BinaryOperation, W: MachineWord>(
    _: O.Type, _: W.Type, _ cpu: CPU, _ op: Op, _ operand: W
) -> UnsafeRawPointer? {
    if O.storesResult {
        guard cpu.modify(op.linearAddress(cpu), W.self, { O.apply(cpu, $0, operand) }) else { return nil }
    } else {
        guard let old = cpu.load(op.linearAddress(cpu), W.self) else { return nil }
        _ = O.apply(cpu, old, operand)
    }
    return op.next
}

/// LOCK: memory and a register.
@inline(__always)
func lockedRegister<O: BinaryOperation, W: AtomicWord>(
    _: O.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    let operand = cpu.register(op.source, W.self)
    guard cpu.modifyLocked(op.linearAddress(cpu), W.self, { O.apply(cpu, $0, operand) }) else { return nil }
    return op.next
}

/// LOCK: memory and an immediate.
@inline(__always)
func lockedImmediate<O: BinaryOperation, W: AtomicWord>(
    _: O.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    let operand = W(truncatingIfNeeded: op.immediate)
    guard cpu.modifyLocked(op.linearAddress(cpu), W.self, { O.apply(cpu, $0, operand) }) else { return nil }
    return op.next
}
