/// INC, DEC, NEG, NOT: one operand in and out.
protocol UnaryOperation {
    static func apply<W: MachineWord>(_ cpu: CPU, _ a: W) -> W
}

enum Increment: UnaryOperation {
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ a: W) -> W {
        let result = a &+ 1
        cpu.setFlagsKeepingCarry(result, chain: a & ~result)
        return result
    }
}

enum Decrement: UnaryOperation {
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ a: W) -> W {
        let result = a &- 1
        cpu.setFlagsKeepingCarry(result, chain: ~a & result)
        return result
    }
}

enum Negate: UnaryOperation {
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ a: W) -> W {
        let result = 0 &- a
        cpu.setArithmeticFlags(result, chain: a | result)
        return result
    }
}

/// Changes no flags.
enum Complement: UnaryOperation {
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ a: W) -> W { ~a }
}

extension CPU {
    /// The flags of INC and DEC: those of an addition, but CF stays. `chain`: the carry out of each bit.
    @inline(__always)
    func setFlagsKeepingCarry<W: MachineWord>(_ result: W, chain: W) {
        let before = carries & 0x8000_0000
        setArithmeticFlags(result, chain: chain)
        // OF is the difference of the two top carries: with the old carry in place of the upper, the lower follows.
        let overflow = (carries ^ carries &<< 1) & 0x8000_0000
        carries = before | (before ^ overflow) &>> 1 | carries & 8
    }
}

@inline(__always)
func unaryRegister<O: UnaryOperation, W: MachineWord>(
    _: O.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    cpu.setRegister(op.destination, O.apply(cpu, cpu.register(op.destination, W.self)))
    return op.next
}

@inline(__always)
func unaryMemory<O: UnaryOperation, W: MachineWord>(
    _: O.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    guard cpu.modify(op.linearAddress(cpu), W.self, { O.apply(cpu, $0) }) else { return nil }
    return op.next
}

@inline(__always)
func unaryLocked<O: UnaryOperation, W: AtomicWord>(
    _: O.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    guard cpu.modifyLocked(op.linearAddress(cpu), W.self, { O.apply(cpu, $0) }) else { return nil }
    return op.next
}

/// A shift by nothing: memory is written with what it holds.
enum Same: UnaryOperation {
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ a: W) -> W { a }
}
