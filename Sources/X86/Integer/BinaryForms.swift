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
