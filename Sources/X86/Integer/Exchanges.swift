import CX86

// XCHG, XADD, CMPXCHG and its wide forms. XCHG with memory is locked always, the others where LOCK says so (`isLocked`); the
// plain forms are made like the locked ones where that costs nothing.

@inline(__always)
func exchangeRegisters<W: MachineWord>(
    _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    let (a, b) = (cpu.register(op.destination, W.self), cpu.register(op.source, W.self))
    cpu.setRegister(op.destination, b)
    cpu.setRegister(op.source, a)
    return op.next
}

@inline(__always)
func exchangeMemory<W: AtomicWord>(
    _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    let new = cpu.register(op.source, W.self)
    var old: W = 0
    guard cpu.atPlace(op.linearAddress(cpu), MemoryLayout<W>.size, { old = W.exchange($0, new) }) else { return nil }
    cpu.setRegister(op.source, old)
    return op.next
}

@inline(__always)
func exchangeAddRegisters<W: MachineWord>(
    _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    let (a, b) = (cpu.register(op.destination, W.self), cpu.register(op.source, W.self))
    let sum = Add.apply(cpu, a, b)
    // The sum comes last: the destination may be the source, too.
    cpu.setRegister(op.source, a)
    cpu.setRegister(op.destination, sum)
    return op.next
}

@inline(__always)
func exchangeAddMemory<W: AtomicWord>(
    _: W.Type, isLocked: Bool, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    let addend = cpu.register(op.source, W.self)
    var old: W = 0
    let done = cpu.atPlace(op.linearAddress(cpu), MemoryLayout<W>.size) { place in
        if isLocked {
            old = W.fetchAdd(place, addend)
        } else {
            old = place.loadUnaligned(as: W.self)
            place.storeBytes(of: old &+ addend, as: W.self)
        }
    }
    guard done else { return nil }
    _ = Add.apply(cpu, old, addend)
    cpu.setRegister(op.source, old)
    return op.next
}

/// CMPXCHG of registers: the accumulator against the destination.
@inline(__always)
func compareExchangeRegisters<W: MachineWord>(
    _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    let accumulator = cpu.register(0, W.self)
    let found = cpu.register(op.destination, W.self)
    _ = Subtract.apply(cpu, accumulator, found)
    if accumulator == found {
        cpu.setRegister(op.destination, cpu.register(op.source, W.self))
    } else {
        cpu.setRegister(0, found)
    }
    return op.next
}

@inline(__always)
func compareExchangeMemory<W: AtomicWord>(
    _: W.Type, isLocked: Bool, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    let accumulator = cpu.register(0, W.self)
    let new = cpu.register(op.source, W.self)
    var found: W = 0
    let done = cpu.atPlace(op.linearAddress(cpu), MemoryLayout<W>.size) { place in
        if isLocked {
            found = W.compareExchange(place, accumulator, new)
        } else {
            found = place.loadUnaligned(as: W.self)
            if found == accumulator { place.storeBytes(of: new, as: W.self) }
        }
    }
    guard done else { return nil }
    _ = Subtract.apply(cpu, accumulator, found)
    if found != accumulator { cpu.setRegister(0, found) }
    return op.next
}

extension CPU {
    /// ZF alone.
    @inline(__always)
    func setZero(_ isZero: Bool) {
        let others = statusFlags & ~Flag.zero
        setStatusFlags(isZero ? others | Flag.zero : others)
    }
}

/// EDX:EAX against 8 bytes of memory, ECX:EBX is the new value; RDX:RAX and 16 bytes.
enum CompareExchangeWide {
    static let bytes8: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        let old = (cpu[.rdx] & 0xffff_ffff) << 32 | cpu[.rax] & 0xffff_ffff
        let new = (cpu[.rcx] & 0xffff_ffff) << 32 | cpu[.rbx] & 0xffff_ffff
        var found: UInt64 = 0
        guard cpu.atPlace(op.linearAddress(cpu), 8, { found = UInt64.compareExchange($0, old, new) }) else {
            return nil
        }
        cpu.setZero(found == old)
        if found != old {
            cpu[.rax] = found & 0xffff_ffff
            cpu[.rdx] = found >> 32
        }
        return op.next
    }

    /// The operand must be 16-aligned: #GP(0).
    static let bytes16: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        let address = op.linearAddress(cpu)
        guard address & 15 == 0 else { return cpu.fault(.generalProtection) }
        let direct: UnsafeMutableRawPointer? = cpu.pointerForModify(address, 16)
        guard let place = direct ?? beginModify(cpu, address, 16) else { return nil }
        let (low, high) = (cpu[.rax], cpu[.rdx])
        let isEqual: Bool
        let found: (UInt64, UInt64)
        (isEqual, found) = withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 2) { old in
            old[0] = low
            old[1] = high
            let isEqual = cx86_compare_exchange128(place, old.baseAddress!, cpu[.rbx], cpu[.rcx]) != 0
            return (isEqual, (old[0], old[1]))
        }
        guard direct != nil || endModify(cpu, address, 16, place) else { return nil }
        cpu.setZero(isEqual)
        if !isEqual {
            cpu[.rax] = found.0
            cpu[.rdx] = found.1
        }
        return op.next
    }
}
