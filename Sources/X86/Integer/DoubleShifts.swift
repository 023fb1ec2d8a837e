/// SHLD and SHRD: bits shifted out of one operand's place come from another. Counts beyond 16 of 16-bit operands are
/// undefined by Intel's manual; here the operands go round, as on the processors that there are.
protocol DoubleShiftOperation {
    static func apply<W: MachineWord>(_ cpu: CPU, _ value: W, _ source: W, _ count: Int) -> W
}

enum DoubleShiftLeft: DoubleShiftOperation {
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ value: W, _ source: W, _ count: Int) -> W {
        let result: W
        let carry: Bool
        if W.bitWidth == 16, count > 16 {
            // value : source : value
            result = source << (count - 16) | value >> (32 - count)
            carry = (source >> (32 - count)) & 1 != 0
        } else {
            result = value << count | source >> (W.bitWidth - count)
            carry = (value >> (W.bitWidth - count)) & 1 != 0
        }
        cpu.setShiftFlags(result, carry: carry, overflow: (value ^ result) >> (W.bitWidth - 1) != 0)
        return result
    }
}

enum DoubleShiftRight: DoubleShiftOperation {
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ value: W, _ source: W, _ count: Int) -> W {
        let result: W
        let carry: Bool
        if W.bitWidth == 16, count > 16 {
            result = source >> (count - 16) | value << (32 - count)
            carry = (source >> (count - 17)) & 1 != 0
        } else {
            result = value >> count | source << (W.bitWidth - count)
            carry = (value >> (count - 1)) & 1 != 0
        }
        cpu.setShiftFlags(result, carry: carry, overflow: (value ^ result) >> (W.bitWidth - 1) != 0)
        return result
    }
}

/// The count is `extra` (cut, not zero), or CL where `extra` is 0xff.
@inline(__always)
private func count<W: MachineWord>(_ cpu: CPU, _ op: Op, _: W.Type) -> Int {
    op.extra == 0xff ? cpu.shiftCount(W.self) : Int(op.extra)
}

@inline(__always)
func doubleShiftRegister<O: DoubleShiftOperation, W: MachineWord>(
    _: O.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    let count = count(cpu, op, W.self)
    let value = cpu.register(op.destination, W.self)
    let source = cpu.register(op.source, W.self)
    cpu.setRegister(op.destination, count == 0 ? value : O.apply(cpu, value, source, count))
    return op.next
}

@inline(__always)
func doubleShiftMemory<O: DoubleShiftOperation, W: MachineWord>(
    _: O.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    let count = count(cpu, op, W.self)
    let source = cpu.register(op.source, W.self)
    let done = cpu.modify(op.linearAddress(cpu), W.self) { count == 0 ? $0 : O.apply(cpu, $0, source, count) }
    return done ? op.next : nil
}
