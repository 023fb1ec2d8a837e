// A comparison, or other arithmetic, and the conditional jump behind it, as one operation: the flags are left as ever, but
// the jump goes by the operands themselves. Jumps within the page only.
//
// With register operands, the operation's displacement and immediate are the jump's; an immediate operand lies in
// `extra16`, sign-extended. With memory operands, the jump's own operation stays behind that of the comparison, which takes its
// target from there.

/// Two-operand arithmetic that knows conditions without flags.
protocol ConditionalOperation: BinaryOperation {
    /// Whether `condition` holds after the operation on `a` and `b` with this result. Not for overflow and parity.
    static func holds<W: MachineWord>(_ condition: UInt8, _ a: W, _ b: W, _ result: W) -> Bool
}

extension Subtract: ConditionalOperation {
    @inline(__always)
    static func holds<W: MachineWord>(_ condition: UInt8, _ a: W, _ b: W, _ result: W) -> Bool {
        let (signedA, signedB) = (W.SignedWord(truncatingIfNeeded: a), W.SignedWord(truncatingIfNeeded: b))
        let holds =
            switch condition >> 1 {
            case 1: a < b
            case 2: a == b
            case 3: a <= b
            case 4: W.SignedWord(truncatingIfNeeded: result) < 0
            case 6: signedA < signedB
            default: signedA <= signedB
            }
        return holds != (condition & 1 != 0)
    }
}

extension Compare: ConditionalOperation {
    @inline(__always)
    static func holds<W: MachineWord>(_ condition: UInt8, _ a: W, _ b: W, _ result: W) -> Bool {
        Subtract.holds(condition, a, b, result)
    }
}

/// CF and OF are clear.
extension And: ConditionalOperation {
    @inline(__always)
    static func holds<W: MachineWord>(_ condition: UInt8, _ a: W, _ b: W, _ result: W) -> Bool {
        let signed = W.SignedWord(truncatingIfNeeded: result)
        let holds =
            switch condition >> 1 {
            case 1: false
            case 2, 3: result == 0
            case 4, 6: signed < 0
            default: signed <= 0
            }
        return holds != (condition & 1 != 0)
    }
}

extension Test: ConditionalOperation {
    @inline(__always)
    static func holds<W: MachineWord>(_ condition: UInt8, _ a: W, _ b: W, _ result: W) -> Bool {
        And.holds(condition, a, b, result)
    }
}

/// Carry, zero and sign only.
extension Add: ConditionalOperation {
    @inline(__always)
    static func holds<W: MachineWord>(_ condition: UInt8, _ a: W, _ b: W, _ result: W) -> Bool {
        let holds =
            switch condition >> 1 {
            case 1: result < a
            case 2: result == 0
            default: W.SignedWord(truncatingIfNeeded: result) < 0
            }
        return holds != (condition & 1 != 0)
    }
}

@inline(__always)
func registerRegisterJump<O: ConditionalOperation, W: MachineWord>(
    _: O.Type, _: W.Type, _ condition: UInt8, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    return arithmeticJump(O.self, condition, cpu, op, cpu.register(op.source, W.self))
}

@inline(__always)
func registerImmediateJump<O: ConditionalOperation, W: MachineWord>(
    _: O.Type, _: W.Type, _ condition: UInt8, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    return arithmeticJump(O.self, condition, cpu, op, W(truncatingIfNeeded: Int16(bitPattern: op.extra16)))
}

@inline(__always)
private func arithmeticJump<O: ConditionalOperation, W: MachineWord>(
    _: O.Type, _ condition: UInt8, _ cpu: CPU, _ op: Op, _ b: W
) -> UnsafeRawPointer? {
    let a = cpu.register(op.destination, W.self)
    let result = O.apply(cpu, a, b)
    if O.storesResult { cpu.setRegister(op.destination, result) }
    return O.holds(condition, a, b, result) ? cpu.jump(op) : op.next
}

/// INC and DEC: zero and sign only.
@inline(__always)
func unaryJump<O: UnaryOperation, W: MachineWord>(
    _: O.Type, _: W.Type, _ condition: UInt8, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    let result = O.apply(cpu, cpu.register(op.destination, W.self))
    cpu.setRegister(op.destination, result)
    let holds = condition >> 1 == 2 ? result == 0 : W.SignedWord(truncatingIfNeeded: result) < 0
    return holds != (condition & 1 != 0) ? cpu.jump(op) : op.next
}

@inline(__always)
func registerMemoryJump<O: ConditionalOperation, W: MachineWord>(
    _: O.Type, _: W.Type, _ condition: UInt8, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    guard let b = cpu.load(op.linearAddress(cpu), W.self) else { return nil }
    return comparisonJump(O.self, condition, cpu, op, cpu.register(op.destination, W.self), b)
}

@inline(__always)
func memoryRegisterJump<O: ConditionalOperation, W: MachineWord>(
    _: O.Type, _: W.Type, _ condition: UInt8, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    guard let a = cpu.load(op.linearAddress(cpu), W.self) else { return nil }
    return comparisonJump(O.self, condition, cpu, op, a, cpu.register(op.source, W.self))
}

@inline(__always)
func memoryImmediateJump<O: ConditionalOperation, W: MachineWord>(
    _: O.Type, _: W.Type, _ condition: UInt8, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    guard let a = cpu.load(op.linearAddress(cpu), W.self) else { return nil }
    return comparisonJump(O.self, condition, cpu, op, a, W(truncatingIfNeeded: op.immediate))
}

/// CMP and TEST: the jump's operation is the next.
@inline(__always)
private func comparisonJump<O: ConditionalOperation, W: MachineWord>(
    _: O.Type, _ condition: UInt8, _ cpu: CPU, _ op: Op, _ a: W, _ b: W
) -> UnsafeRawPointer? {
    let result = O.apply(cpu, a, b)
    let jump = Op(op.next)
    return O.holds(condition, a, b, result) ? cpu.jump(jump) : jump.next
}
