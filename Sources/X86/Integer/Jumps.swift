// Near jumps, calls and returns. A direct jump within its page is linked (`CPU.jump`); one that leaves the page, and all
// indirect ones, ask the jump cache. `displacement` is the target minus `codeBase`; outside of 64-bit mode `extra16` tells how
// RIP is cut: see `JumpWidth`.

/// How many bits of RIP a jump sets: `extra16` of its operation.
enum JumpWidth {
    static let bits64: UInt16 = 0
    static let bits32: UInt16 = 1
    static let bits16: UInt16 = 2
}

extension CPU {
    @inline(__always)
    func cut(_ rip: UInt64, _ op: Op) -> UInt64 {
        if _fastPath(op.extra16 == JumpWidth.bits64) { return rip }
        return op.extra16 == JumpWidth.bits32 ? rip & 0xffff_ffff : rip & 0xffff
    }

    /// A direct jump out of the page is taken.
    @inline(__always)
    func jumpElsewhere(_ op: Op) -> UnsafeRawPointer? {
        jump(to: cut(get(StateLayout.codeBase, as: UInt64.self) &+ UInt64(bitPattern: Int64(op.displacement)), op), op)
    }
}

@inline(__always)
func jumpIf(
    _ condition: UInt8, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    return cpu.condition(condition) ? cpu.jump(op) : op.next
}

enum Jump {
    static let near: Handler = { state, op in CPU(state).jump(Op(op)) }
    static let elsewhere: Handler = { state, op in CPU(state).jumpElsewhere(Op(op)) }

    /// Conditional, out of the page: `extra` is the condition.
    static let ifElsewhere: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        return cpu.condition(op.extra) ? cpu.jumpElsewhere(op) : op.next
    }

    /// Conditional, within the page, by condition.
    static let ifNear: [Handler] = [
        { jumpIf(0, $0, $1) }, { jumpIf(1, $0, $1) }, { jumpIf(2, $0, $1) }, { jumpIf(3, $0, $1) },
        { jumpIf(4, $0, $1) }, { jumpIf(5, $0, $1) }, { jumpIf(6, $0, $1) }, { jumpIf(7, $0, $1) },
        { jumpIf(8, $0, $1) }, { jumpIf(9, $0, $1) }, { jumpIf(10, $0, $1) }, { jumpIf(11, $0, $1) },
        { jumpIf(12, $0, $1) }, { jumpIf(13, $0, $1) }, { jumpIf(14, $0, $1) }, { jumpIf(15, $0, $1) },
    ]

    /// LOOP (`extra` 0), LOOPE (1), LOOPNE (2), JCXZ (3): the count's mask is the immediate. The target is asked of the jump
    /// cache, since the immediate is taken.
    static let loop: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        let mask = op.immediate
        if op.extra == 3 { return cpu[.rcx] & mask == 0 ? cpu.jumpElsewhere(op) : op.next }
        let count = (cpu[.rcx] &- 1) & mask
        // ECX as a count clears the upper half of RCX, CX leaves the rest.
        cpu[.rcx] = mask == 0xffff ? cpu[.rcx] & ~mask | count : count
        let goesOn = count != 0 && (op.extra == 0 || cpu.zero == (op.extra == 1))
        return goesOn ? cpu.jumpElsewhere(op) : op.next
    }
}

@inline(__always)
func jumpRegister<W: MachineWord>(
    _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    return cpu.jump(to: UInt64(truncatingIfNeeded: cpu.register(op.source, W.self)), op)
}

@inline(__always)
func jumpMemory<W: MachineWord>(
    _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    guard let target = cpu.load(op.linearAddress(cpu), W.self) else { return nil }
    return cpu.jump(to: UInt64(truncatingIfNeeded: target), op)
}

@inline(__always)
func callNear<S: StackPointer, W: MachineWord>(
    _: S.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    return S.push(cpu, W(truncatingIfNeeded: op.nextRIP(cpu))) ? cpu.jump(op) : nil
}

@inline(__always)
func callElsewhere<S: StackPointer, W: MachineWord>(
    _: S.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    return S.push(cpu, W(truncatingIfNeeded: op.nextRIP(cpu))) ? cpu.jumpElsewhere(op) : nil
}

@inline(__always)
func callRegister<S: StackPointer, W: MachineWord>(
    _: S.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    let target = UInt64(truncatingIfNeeded: cpu.register(op.source, W.self))
    return S.push(cpu, W(truncatingIfNeeded: op.nextRIP(cpu))) ? cpu.jump(to: target, op) : nil
}

@inline(__always)
func callMemory<S: StackPointer, W: MachineWord>(
    _: S.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    guard let target = cpu.load(op.linearAddress(cpu), W.self) else { return nil }
    guard S.push(cpu, W(truncatingIfNeeded: op.nextRIP(cpu))) else { return nil }
    return cpu.jump(to: UInt64(truncatingIfNeeded: target), op)
}

/// RET: `immediate` bytes more are dropped.
@inline(__always)
func returnNear<S: StackPointer, W: MachineWord>(
    _: S.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    guard let target = S.peek(cpu, W.self) else { return nil }
    S.drop(cpu, MemoryLayout<W>.size &+ Int(truncatingIfNeeded: op.immediate))
    return cpu.jump(to: UInt64(truncatingIfNeeded: target), op)
}
