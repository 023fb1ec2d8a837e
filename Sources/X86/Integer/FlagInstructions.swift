import CX86

/// CLC, STC, CMC, CLD, STD, LAHF, SAHF, SALC, PUSHF, POPF; and MFENCE.
enum FlagInstruction {
    static let clearCarry: Handler = { state, op in
        CPU(state).setCarry(false)
        return Op(op).next
    }
    static let setCarry: Handler = { state, op in
        CPU(state).setCarry(true)
        return Op(op).next
    }
    static let complementCarry: Handler = { state, op in
        CPU(state).setCarry(!CPU(state).carry)
        return Op(op).next
    }
    static let clearDirection: Handler = { state, op in
        let cpu = CPU(state)
        cpu.set(StateLayout.systemFlags, cpu.get(StateLayout.systemFlags, as: UInt64.self) & ~Flag.direction)
        return Op(op).next
    }
    static let setDirection: Handler = { state, op in
        let cpu = CPU(state)
        cpu.set(StateLayout.systemFlags, cpu.get(StateLayout.systemFlags, as: UInt64.self) | Flag.direction)
        return Op(op).next
    }
    /// AH from the flags: bit 1 is set.
    static let loadAH: Handler = { state, op in
        let cpu = CPU(state)
        cpu.set(1, UInt8(truncatingIfNeeded: cpu.statusFlags) | 2)
        return Op(op).next
    }
    static let storeAH: Handler = { state, op in
        let cpu = CPU(state)
        let kept = cpu.overflow ? Flag.overflow : 0
        cpu.setStatusFlags(UInt64(cpu.get(1, as: UInt8.self)) & Flag.status | kept)
        return Op(op).next
    }
    static let setALFromCarry: Handler = { state, op in
        let cpu = CPU(state)
        cpu.set(0, cpu.carry ? UInt8(0xff) : 0)
        return Op(op).next
    }
    static let fence: Handler = { _, op in
        cx86_fence()
        return Op(op).next
    }
    /// PAUSE: who waits for another processor in a loop lets it run, should the host have fewer of them than the guest.
    static let pause: Handler = { state, op in
        let cpu = CPU(state)
        let count = cpu.get(StateLayout.pauses, as: UInt8.self) &+ 1
        cpu.set(StateLayout.pauses, count)
        if count & 31 == 0 { cpu.relax() }
        return Op(op).next
    }
}

/// PUSHF: VM and RF are pushed as zero. In virtual-8086 mode IOPL must be 3.
@inline(__always)
func pushFlags<S: StackPointer, W: MachineWord>(
    _: S.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    let flags = cpu.flags
    if flags & Flag.virtual8086 != 0, flags & Flag.privilege != Flag.privilege {
        return cpu.fault(.generalProtection)
    }
    let image = flags & ~(Flag.virtual8086 | Flag.resume)
    return S.push(cpu, W(truncatingIfNeeded: image)) ? op.next : nil
}

@inline(__always)
func popFlags<S: StackPointer, W: MachineWord>(
    _: S.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    guard let image = cpu.poppableFlags, let value = S.peek(cpu, W.self) else { return nil }
    S.drop(cpu, MemoryLayout<W>.size)
    return cpu.setFlags(UInt64(truncatingIfNeeded: value), mask: W.bitWidth == 16 ? image & 0xffff : image)
        ? op.next : cpu.leaveBehind(op)
}

extension CPU {
    /// The flags that POPF can change here (Intel SDM volume 2, POPF). Nil: it faults.
    fileprivate var poppableFlags: UInt64? {
        let old: UInt64 = get(StateLayout.systemFlags)
        var mask =
            Flag.status | Flag.trap | Flag.direction | Flag.nestedTask | Flag.alignment | Flag.identification
            | Flag.resume
        if get(StateLayout.cr0, as: UInt64.self) & ControlBit.protection == 0 {
            mask |= Flag.interrupt | Flag.privilege
        } else if old & Flag.virtual8086 != 0 {
            guard old & Flag.privilege == Flag.privilege else {
                _ = fault(.generalProtection)
                return nil
            }
            mask |= Flag.interrupt
        } else {
            if privilegeLevel == 0 { mask |= Flag.privilege }
            if UInt64(privilegeLevel) <= old >> 12 & 3 { mask |= Flag.interrupt }
        }
        return mask
    }

    /// Sets the flags in `mask`. RF becomes 0.
    /// - Returns: false: what the run loop goes by has changed; the block must be left.
    fileprivate func setFlags(_ value: UInt64, mask: UInt64) -> Bool {
        let old: UInt64 = get(StateLayout.systemFlags)
        let new = ((old & ~mask | value & mask) & ~(Flag.status | Flag.resume)) | 2
        set(StateLayout.systemFlags, new)
        setStatusFlags(value)
        let changed = old ^ new
        if changed & Flag.alignment != 0 { processor.selectTranslations() }
        if changed & Flag.trap != 0 { return false }
        // Interrupts that may come now: none, most often.
        return changed & new & Flag.interrupt == 0
            || get(StateLayout.requests, as: UInt32.self) == 0 && !get(StateLayout.interruptWaits, as: Bool.self)
    }

    @inline(never)
    fileprivate func relax() { processor.bus.relax() }

    /// Leaves the block behind the instruction.
    func leaveBehind(_ op: Op) -> UnsafeRawPointer? {
        countInstructions(op)
        return leave(.lookUp, at: op.nextRIP(self))
    }
}
