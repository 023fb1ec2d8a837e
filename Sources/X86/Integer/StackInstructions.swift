// PUSH, POP and their relatives, by the width of the stack pointer and of the operand. In 64-bit mode the stack segment has
// neither base nor limit.

/// RSP, ESP or SP in use.
protocol StackPointer {
    associatedtype Pointer: MachineWord
    /// The linear address of `byteCount` bytes at an offset in the stack. Nil: a fault is recorded.
    static func address(_ cpu: CPU, _ offset: Pointer, _ byteCount: Int) -> UInt64?
}

extension StackPointer {
    @inline(__always)
    static func pointer(_ cpu: CPU) -> Pointer { cpu.register(RegisterNumber.rsp.offset, Pointer.self) }

    /// SP leaves the upper bits alone; ESP clears them, which outside of 64-bit mode nobody sees.
    @inline(__always)
    static func setPointer(_ cpu: CPU, _ value: Pointer) { cpu.setRegister(RegisterNumber.rsp.offset, value) }

    /// Stores below the pointer, and moves it.
    @inline(__always)
    static func push<W: MachineWord>(_ cpu: CPU, _ value: W) -> Bool {
        let offset = pointer(cpu) &- Pointer(MemoryLayout<W>.size)
        guard let address = address(cpu, offset, MemoryLayout<W>.size) else { return false }
        guard cpu.store(address, value) else {
            return cpu.blameStack()
        }
        setPointer(cpu, offset)
        return true
    }

    /// What lies `offset` bytes above the pointer, which stays.
    @inline(__always)
    static func peek<W: MachineWord>(_ cpu: CPU, _: W.Type, at offset: Pointer = 0) -> W? {
        guard let address = address(cpu, pointer(cpu) &+ offset, MemoryLayout<W>.size) else { return nil }
        guard let value = cpu.load(address, W.self) else {
            _ = cpu.blameStack()
            return nil
        }
        return value
    }

    @inline(__always)
    static func drop(_ cpu: CPU, _ byteCount: Int) {
        setPointer(cpu, pointer(cpu) &+ Pointer(truncatingIfNeeded: byteCount))
    }
}

enum Stack64: StackPointer {
    typealias Pointer = UInt64
    @inline(__always)
    static func address(_ cpu: CPU, _ offset: UInt64, _ byteCount: Int) -> UInt64? { offset }
}

enum Stack32: StackPointer {
    typealias Pointer = UInt32
    @inline(__always)
    static func address(_ cpu: CPU, _ offset: UInt32, _ byteCount: Int) -> UInt64? {
        stackAddress(cpu, UInt64(offset), byteCount)
    }
}

enum Stack16: StackPointer {
    typealias Pointer = UInt16
    @inline(__always)
    static func address(_ cpu: CPU, _ offset: UInt16, _ byteCount: Int) -> UInt64? {
        stackAddress(cpu, UInt64(offset), byteCount)
    }
}

/// The linear address of an offset in SS, checked against the limit.
@inline(never)
private func stackAddress(_ cpu: CPU, _ offset: UInt64, _ byteCount: Int) -> UInt64? {
    guard let address = cpu.segmentAddress(2, offset, byteCount) else {
        _ = cpu.fault(.stackFault)
        return nil
    }
    return address
}

extension CPU {
    /// After a fault: an address that is not canonical is a stack fault where it is the stack's.
    /// - Returns: false.
    @inline(never)
    func blameStack() -> Bool {
        guard get(StateLayout.exit, as: UInt32.self) == Exit.exception.rawValue,
            get(StateLayout.exceptionVector, as: UInt32.self) == UInt32(Vector.generalProtection.rawValue)
        else { return false }
        set(StateLayout.exceptionVector, UInt32(Vector.stackFault.rawValue))
        return false
    }

    /// The linear address of `byteCount` bytes at `offset` of segment `number`, outside of 64-bit mode. Nil: beyond the limit, or a
    /// null segment; nothing is recorded.
    @inline(__always)
    func segmentAddress(_ number: Int, _ offset: UInt64, _ byteCount: Int) -> UInt64? {
        let segment = StateLayout.segments + number * SegmentField.byteCount
        let limit = UInt64(get(segment + SegmentField.limit, as: UInt32.self))
        let attributes = get(segment + SegmentField.attributes, as: UInt16.self)
        let last = offset + UInt64(byteCount) - 1
        let isInside =
            if attributes & 0x1c == 0x14 {
                // Expands down: offsets above the limit.
                offset > limit && last <= (attributes & 0x4000 != 0 ? 0xffff_ffff : 0xffff)
            } else {
                last <= limit
            }
        guard isInside, attributes & 0x80 != 0 else { return nil }
        return (get(segment + SegmentField.base, as: UInt64.self) &+ offset) & 0xffff_ffff
    }
}

@inline(__always)
func pushRegister<S: StackPointer, W: MachineWord>(
    _: S.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    return S.push(cpu, cpu.register(op.source, W.self)) ? op.next : nil
}

@inline(__always)
func pushImmediate<S: StackPointer, W: MachineWord>(
    _: S.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    return S.push(cpu, W(truncatingIfNeeded: op.immediate)) ? op.next : nil
}

@inline(__always)
func pushMemory<S: StackPointer, W: MachineWord>(
    _: S.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    guard let value = cpu.load(op.linearAddress(cpu), W.self), S.push(cpu, value) else { return nil }
    return op.next
}

@inline(__always)
func popRegister<S: StackPointer, W: MachineWord>(
    _: S.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    guard let value = S.peek(cpu, W.self) else { return nil }
    S.drop(cpu, MemoryLayout<W>.size)
    cpu.setRegister(op.destination, value)
    return op.next
}

/// POP to memory, whose address is computed with the pointer that POP leaves: the lowering has seen to it.
@inline(__always)
func popMemory<S: StackPointer, W: MachineWord>(
    _: S.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    guard let value = S.peek(cpu, W.self), cpu.store(op.linearAddress(cpu), value) else { return nil }
    S.drop(cpu, MemoryLayout<W>.size)
    return op.next
}

/// PUSHA: the stack pointer among them is the one of before.
@inline(__always)
func pushAll<S: StackPointer, W: MachineWord>(
    _: S.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    let before = S.pointer(cpu)
    let rsp = cpu[.rsp]
    let value = cpu.register(RegisterNumber.rsp.offset, W.self)
    for number in 0..<8 where !S.push(cpu, number == 4 ? value : cpu.register(number * 8, W.self)) {
        cpu[.rsp] = rsp
        S.setPointer(cpu, before)
        return nil
    }
    return op.next
}

/// POPA: the stack pointer's value is dropped.
@inline(__always)
func popAll<S: StackPointer, W: MachineWord>(
    _: S.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    let size = MemoryLayout<W>.size
    // All are read before any is written: the last may fault.
    for number in 0..<8 {
        guard S.peek(cpu, W.self, at: S.Pointer((7 - number) * size)) != nil else { return nil }
    }
    for number in 0..<8 where number != 4 {
        guard let value = S.peek(cpu, W.self, at: S.Pointer((7 - number) * size)) else { return nil }
        cpu.setRegister(number * 8, value)
    }
    S.drop(cpu, 8 * size)
    return op.next
}

/// ENTER: `immediate` bytes of locals, `extra` levels of nesting (0 to 31).
@inline(__always)
func enterFrame<S: StackPointer, W: MachineWord>(
    _: S.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    let size = S.Pointer(MemoryLayout<W>.size)
    let rbp = RegisterNumber.rbp.offset
    var pointer = S.pointer(cpu)
    func push(_ value: W) -> Bool {
        pointer = pointer &- size
        guard let address = S.address(cpu, pointer, MemoryLayout<W>.size) else { return false }
        return cpu.store(address, value) || cpu.blameStack()
    }
    guard push(cpu.register(rbp, W.self)) else { return nil }
    let frame = pointer
    if op.extra > 0 {
        var outer = cpu.register(rbp, S.Pointer.self)
        for _ in 1..<max(1, Int(op.extra)) {
            outer = outer &- size
            guard let address = S.address(cpu, outer, MemoryLayout<W>.size), let value = cpu.load(address, W.self),
                push(value)
            else { return nil }
        }
        guard push(W(truncatingIfNeeded: frame)) else { return nil }
    }
    pointer = pointer &- S.Pointer(truncatingIfNeeded: op.immediate)
    // The place where the stack pointer ends up must be writable.
    guard let address = S.address(cpu, pointer, MemoryLayout<W>.size), cpu.isWritable(address, W.self) else {
        return nil
    }
    S.setPointer(cpu, pointer)
    cpu.setRegister(rbp, W(truncatingIfNeeded: frame))
    return op.next
}

extension CPU {
    /// Whether a word can be written. False: a fault is recorded.
    @inline(never)
    func isWritable<W: MachineWord>(_ address: UInt64, _: W.Type) -> Bool {
        var isFault = false
        return pointerForModify(address, MemoryLayout<W>.size) != nil
            || pointerForModifySlowly(address, MemoryLayout<W>.size, isFault: &isFault) != nil || !isFault
    }
}

/// LEAVE.
@inline(__always)
func leaveFrame<S: StackPointer, W: MachineWord>(
    _: S.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    let frame = cpu.register(RegisterNumber.rbp.offset, S.Pointer.self)
    guard let address = S.address(cpu, frame, MemoryLayout<W>.size) else { return nil }
    guard let value = cpu.load(address, W.self) else {
        _ = cpu.blameStack()
        return nil
    }
    S.setPointer(cpu, frame &+ S.Pointer(MemoryLayout<W>.size))
    cpu.setRegister(RegisterNumber.rbp.offset, value)
    return op.next
}
