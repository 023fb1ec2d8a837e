// The decimal adjustments (Intel SDM volume 2), and BOUND. None of them is an instruction of 64-bit mode.

enum Decimal {
    static let adjustAfterAddition: Handler = { state, op in
        let cpu = CPU(state)
        let old = cpu.register(0, UInt8.self)
        var (al, carry, auxiliary) = (old, cpu.carry, cpu.auxiliary)
        if old & 15 > 9 || auxiliary {
            al = al &+ 6
            auxiliary = true
        }
        if old > 0x99 || carry {
            al = al &+ 0x60
            carry = true
        }
        set(cpu, al, carry, auxiliary)
        return Op(op).next
    }

    static let adjustAfterSubtraction: Handler = { state, op in
        let cpu = CPU(state)
        let old = cpu.register(0, UInt8.self)
        let oldCarry = cpu.carry
        var (al, carry, auxiliary) = (old, false, cpu.auxiliary)
        if old & 15 > 9 || auxiliary {
            carry = oldCarry || al < 6
            al = al &- 6
            auxiliary = true
        }
        if old > 0x99 || oldCarry {
            al = al &- 0x60
            carry = true
        }
        set(cpu, al, carry, auxiliary)
        return Op(op).next
    }

    static let asciiAdjustAfterAddition: Handler = { state, op in
        let cpu = CPU(state)
        var ax = cpu.register(0, UInt16.self)
        let adjusts = ax & 15 > 9 || cpu.auxiliary
        if adjusts { ax = ax &+ 0x106 }
        ax &= 0xff0f
        cpu.setRegister(0, ax)
        setASCII(cpu, UInt8(truncatingIfNeeded: ax), adjusts)
        return Op(op).next
    }

    static let asciiAdjustAfterSubtraction: Handler = { state, op in
        let cpu = CPU(state)
        var ax = cpu.register(0, UInt16.self)
        let adjusts = ax & 15 > 9 || cpu.auxiliary
        if adjusts { ax = ax &- 0x106 }
        ax &= 0xff0f
        cpu.setRegister(0, ax)
        setASCII(cpu, UInt8(truncatingIfNeeded: ax), adjusts)
        return Op(op).next
    }

    /// AAM: the base is the immediate.
    static let asciiAdjustAfterMultiplication: Handler = { state, op in
        let cpu = CPU(state)
        let base = UInt8(truncatingIfNeeded: Op(op).immediate)
        guard base != 0 else { return cpu.fault(.divideError) }
        let old = cpu.register(0, UInt8.self)
        let al = old % base
        cpu.setRegister(0, UInt16(old / base) << 8 | UInt16(al))
        cpu.setLogicFlags(al)
        return Op(op).next
    }

    static let asciiAdjustBeforeDivision: Handler = { state, op in
        let cpu = CPU(state)
        let base = UInt8(truncatingIfNeeded: Op(op).immediate)
        let al = cpu.register(0, UInt8.self) &+ cpu.register(1, UInt8.self) &* base
        cpu.setRegister(0, UInt16(al))
        cpu.setLogicFlags(al)
        return Op(op).next
    }

    private static func set(_ cpu: CPU, _ al: UInt8, _ carry: Bool, _ auxiliary: Bool) {
        cpu.setRegister(0, al)
        cpu.setLogicFlags(al)
        // OF, which is undefined, is clear.
        cpu.carries = (carry ? 0xc000_0000 : 0) | (auxiliary ? 8 : 0)
    }

    /// CF and AF alike; the undefined others follow from AL.
    private static func setASCII(_ cpu: CPU, _ al: UInt8, _ adjusts: Bool) {
        cpu.setLogicFlags(al)
        cpu.carries = adjusts ? 0xc000_0008 : 0
    }
}

/// BOUND: a signed index in a register against the two words in memory.
@inline(__always)
func checkBounds<W: MachineWord>(
    _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    let address = op.linearAddress(cpu)
    guard let lower = cpu.load(address, W.self), let upper = cpu.load(address &+ UInt64(MemoryLayout<W>.size), W.self)
    else { return nil }
    let index = W.SignedWord(truncatingIfNeeded: cpu.register(op.source, W.self))
    guard index >= W.SignedWord(truncatingIfNeeded: lower), index <= W.SignedWord(truncatingIfNeeded: upper) else {
        return cpu.fault(.boundRange)
    }
    return op.next
}
