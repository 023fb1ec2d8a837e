extension CPU {
    /// The flags of MUL and IMUL: CF and OF alike; the others, which are undefined, follow from the low half.
    @inline(__always)
    func setProductFlags<W: MachineWord>(_ low: W, overflow: Bool) {
        result = Int64(truncatingIfNeeded: W.SignedWord(truncatingIfNeeded: low))
        carries = overflow ? 1 << 31 : 0
    }

    /// The accumulator and its upper half: AX; DX:AX; EDX:EAX; RDX:RAX.
    @inline(__always)
    func setWideAccumulator<W: MachineWord>(high: W, low: W) {
        if W.bitWidth == 8 {
            set(StateLayout.registers, UInt16(truncatingIfNeeded: high) << 8 | UInt16(truncatingIfNeeded: low))
        } else {
            setRegister(RegisterNumber.rax.offset, low)
            setRegister(RegisterNumber.rdx.offset, high)
        }
    }

    @inline(__always)
    func wideAccumulator<W: MachineWord>(_: W.Type) -> (high: W, low: W) {
        if W.bitWidth == 8 { return (register(1, W.self), register(0, W.self)) }
        return (register(RegisterNumber.rdx.offset, W.self), register(RegisterNumber.rax.offset, W.self))
    }
}

/// MUL, IMUL, DIV, IDIV with one operand: the accumulator is the other.
protocol AccumulatorOperation {
    /// False: #DE.
    static func apply<W: MachineWord>(_ cpu: CPU, _ operand: W) -> Bool
}

enum Multiply: AccumulatorOperation {
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ operand: W) -> Bool {
        let product = cpu.register(0, W.self).multipliedFullWidth(by: operand)
        let low = W(truncatingIfNeeded: product.low)
        cpu.setWideAccumulator(high: product.high, low: low)
        cpu.setProductFlags(low, overflow: product.high != 0)
        return true
    }
}

enum MultiplySigned: AccumulatorOperation {
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ operand: W) -> Bool {
        let a = W.SignedWord(truncatingIfNeeded: cpu.register(0, W.self))
        let product = a.multipliedFullWidth(by: W.SignedWord(truncatingIfNeeded: operand))
        let low = W(truncatingIfNeeded: product.low)
        cpu.setWideAccumulator(high: W(truncatingIfNeeded: product.high), low: low)
        let extended = W.SignedWord(truncatingIfNeeded: low) >> (W.bitWidth - 1)
        cpu.setProductFlags(low, overflow: product.high != extended)
        return true
    }
}

enum Divide: AccumulatorOperation {
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ operand: W) -> Bool {
        let (high, low) = cpu.wideAccumulator(W.self)
        guard high < operand else { return false }
        if W.bitWidth == 64, high == 0 {
            // The usual case, without a division of 128 bits.
            cpu.setWideAccumulator(high: low % operand, low: low / operand)
        } else {
            let (quotient, remainder) = divide(high, low, by: operand)
            cpu.setWideAccumulator(high: remainder, low: quotient)
        }
        return true
    }
}

enum DivideSigned: AccumulatorOperation {
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ operand: W) -> Bool {
        var (high, low) = cpu.wideAccumulator(W.self)
        let sign = W(1) << (W.bitWidth - 1)
        let isNegative = high & sign != 0
        let isDivisorNegative = operand & sign != 0
        if isNegative {
            low = 0 &- low
            high = ~high &+ (low == 0 ? 1 : 0)
        }
        let divisor = isDivisorNegative ? 0 &- operand : operand
        guard high < divisor else { return false }
        var (quotient, remainder) = divide(high, low, by: divisor)
        if isNegative != isDivisorNegative {
            guard quotient <= sign else { return false }
            quotient = 0 &- quotient
        } else {
            guard quotient < sign else { return false }
        }
        if isNegative { remainder = 0 &- remainder }
        cpu.setWideAccumulator(high: remainder, low: quotient)
        return true
    }
}

/// `high` is less than `divisor`: the quotient fits.
@inline(__always)
private func divide<W: MachineWord>(_ high: W, _ low: W, by divisor: W) -> (W, W) {
    if W.bitWidth == 64 {
        let result = divisor.dividingFullWidth((high, W.Magnitude(truncatingIfNeeded: low)))
        return (result.quotient, result.remainder)
    }
    let dividend = UInt64(truncatingIfNeeded: high) << UInt64(W.bitWidth) | UInt64(truncatingIfNeeded: low)
    let by = UInt64(truncatingIfNeeded: divisor)
    return (W(truncatingIfNeeded: dividend / by), W(truncatingIfNeeded: dividend % by))
}

@inline(__always)
func accumulatorRegister<O: AccumulatorOperation, W: MachineWord>(
    _: O.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    guard O.apply(cpu, cpu.register(op.source, W.self)) else { return cpu.fault(.divideError) }
    return op.next
}

@inline(__always)
func accumulatorMemory<O: AccumulatorOperation, W: MachineWord>(
    _: O.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    guard let operand = cpu.load(op.linearAddress(cpu), W.self) else { return nil }
    guard O.apply(cpu, operand) else { return cpu.fault(.divideError) }
    return op.next
}

/// IMUL with two operands.
enum MultiplyTruncated: BinaryOperation {
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ a: W, _ b: W) -> W {
        let a = W.SignedWord(truncatingIfNeeded: a)
        let (product, overflow) = a.multipliedReportingOverflow(by: W.SignedWord(truncatingIfNeeded: b))
        let result = W(truncatingIfNeeded: product)
        cpu.setProductFlags(result, overflow: overflow)
        return result
    }
}

/// IMUL with three: a register, and an immediate.
@inline(__always)
func multiplyRegisterImmediate<W: MachineWord>(
    _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    let product = MultiplyTruncated.apply(
        cpu, cpu.register(op.source, W.self), W(truncatingIfNeeded: op.immediate))
    cpu.setRegister(op.destination, product)
    return op.next
}

@inline(__always)
func multiplyMemoryImmediate<W: MachineWord>(
    _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    guard let operand = cpu.load(op.linearAddress(cpu), W.self) else { return nil }
    cpu.setRegister(op.destination, MultiplyTruncated.apply(cpu, operand, W(truncatingIfNeeded: op.immediate)))
    return op.next
}
