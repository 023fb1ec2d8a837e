/// Shifts and rotates: a value and a count in, already cut to 5 or 6 bits and not zero; result and flags out.
///
/// OF is defined for a count of 1; for others it is what the same formula gives, as on most processors.
protocol ShiftOperation {
    static func apply<W: MachineWord>(_ cpu: CPU, _ value: W, _ count: Int) -> W
}

extension CPU {
    /// CF and OF, where the other flags stay: rotates.
    @inline(__always)
    func setCarryAndOverflow(_ carry: Bool, _ overflow: Bool) {
        carries = carries & 0x3fff_ffff | (carry ? 1 << 31 : 0) | (carry != overflow ? 1 << 30 : 0)
    }

    /// All flags of a shift; AF is clear.
    @inline(__always)
    func setShiftFlags<W: MachineWord>(_ result: W, carry: Bool, overflow: Bool) {
        self.result = Int64(truncatingIfNeeded: W.SignedWord(truncatingIfNeeded: result))
        carries = (carry ? 1 << 31 : 0) | (carry != overflow ? 1 << 30 : 0)
    }
}

enum ShiftLeft: ShiftOperation {
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ value: W, _ count: Int) -> W {
        let result = value << count
        let carry = count <= W.bitWidth && (value >> (W.bitWidth - count)) & 1 != 0
        cpu.setShiftFlags(result, carry: carry, overflow: (result >> (W.bitWidth - 1) != 0) != carry)
        return result
    }
}

enum ShiftRight: ShiftOperation {
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ value: W, _ count: Int) -> W {
        let result = value >> count
        let carry = (value >> (count - 1)) & 1 != 0
        // The two top bits of the result differ where the shift moved the sign.
        let overflow = (result ^ result << 1) >> (W.bitWidth - 1) != 0
        cpu.setShiftFlags(result, carry: carry, overflow: overflow)
        return result
    }
}

enum ShiftArithmetic: ShiftOperation {
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ value: W, _ count: Int) -> W {
        let signed = W.SignedWord(truncatingIfNeeded: value)
        let result = W(truncatingIfNeeded: signed >> count)
        cpu.setShiftFlags(result, carry: (signed >> (count - 1)) & 1 != 0, overflow: false)
        return result
    }
}

enum RotateLeft: ShiftOperation {
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ value: W, _ count: Int) -> W {
        let count = count & (W.bitWidth - 1)
        let result = value << count | value >> (W.bitWidth - count)
        let carry = result & 1 != 0
        cpu.setCarryAndOverflow(carry, (result >> (W.bitWidth - 1) != 0) != carry)
        return result
    }
}

enum RotateRight: ShiftOperation {
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ value: W, _ count: Int) -> W {
        let count = count & (W.bitWidth - 1)
        let result = value >> count | value << (W.bitWidth - count)
        let carry = result >> (W.bitWidth - 1) != 0
        cpu.setCarryAndOverflow(carry, (result ^ result << 1) >> (W.bitWidth - 1) != 0)
        return result
    }
}

/// Through the carry: a rotation of one bit more than the operand has.
enum RotateLeftThroughCarry: ShiftOperation {
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ value: W, _ count: Int) -> W {
        let count = W.bitWidth < 32 ? count % (W.bitWidth + 1) : count
        guard count != 0 else {
            // Nothing moves; OF is what the formula gives, as on the real CPU.
            cpu.setCarryAndOverflow(cpu.carry, (value >> (W.bitWidth - 1) != 0) != cpu.carry)
            return value
        }
        let carryIn: W = cpu.carry ? 1 : 0
        let result = value << count | carryIn << (count - 1) | value >> (W.bitWidth + 1 - count)
        let carry = (value >> (W.bitWidth - count)) & 1 != 0
        cpu.setCarryAndOverflow(carry, (result >> (W.bitWidth - 1) != 0) != carry)
        return result
    }
}

enum RotateRightThroughCarry: ShiftOperation {
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ value: W, _ count: Int) -> W {
        let count = W.bitWidth < 32 ? count % (W.bitWidth + 1) : count
        guard count != 0 else {
            cpu.setCarryAndOverflow(cpu.carry, (value ^ value << 1) >> (W.bitWidth - 1) != 0)
            return value
        }
        let carryIn: W = cpu.carry ? 1 : 0
        let result = value >> count | carryIn << (W.bitWidth - count) | value << (W.bitWidth + 1 - count)
        let carry = (value >> (count - 1)) & 1 != 0
        cpu.setCarryAndOverflow(carry, (result ^ result << 1) >> (W.bitWidth - 1) != 0)
        return result
    }
}

/// A count from an immediate (`extra`, already cut and not zero).
@inline(__always)
func shiftRegister<O: ShiftOperation, W: MachineWord>(
    _: O.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    cpu.setRegister(op.destination, O.apply(cpu, cpu.register(op.destination, W.self), Int(op.extra)))
    return op.next
}

@inline(__always)
func shiftMemory<O: ShiftOperation, W: MachineWord>(
    _: O.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    guard cpu.modify(op.linearAddress(cpu), W.self, { O.apply(cpu, $0, Int(op.extra)) }) else { return nil }
    return op.next
}

/// A count from CL. A count of zero changes nothing, but clears the upper half of a 32-bit register.
@inline(__always)
func shiftRegisterByCL<O: ShiftOperation, W: MachineWord>(
    _: O.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    let count = cpu.shiftCount(W.self)
    let value = cpu.register(op.destination, W.self)
    cpu.setRegister(op.destination, count == 0 ? value : O.apply(cpu, value, count))
    return op.next
}

@inline(__always)
func shiftMemoryByCL<O: ShiftOperation, W: MachineWord>(
    _: O.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    let count = cpu.shiftCount(W.self)
    guard cpu.modify(op.linearAddress(cpu), W.self, { count == 0 ? $0 : O.apply(cpu, $0, count) }) else { return nil }
    return op.next
}

extension CPU {
    @inline(__always)
    func shiftCount<W: MachineWord>(_: W.Type) -> Int {
        Int(register(RegisterNumber.rcx.offset, UInt8.self)) & (W.bitWidth == 64 ? 63 : 31)
    }
}

extension RegisterNumber {
    /// The register's byte offset in the state.
    @inline(__always) var offset: Int { Int(rawValue) * 8 }
}
