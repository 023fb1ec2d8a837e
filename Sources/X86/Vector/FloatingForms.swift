import CX86

// Instructions that MXCSR governs. While all exceptions are masked, which they nearly always are, the C function works on the
// registers at once; otherwise on a copy, and its flags tell whether #XM is due.

/// Bits of MXCSR (Intel SDM volume 1, 10.2.3).
enum MXCSR {
    static let flags: UInt32 = 0x3f
    /// Invalid, denormal, divide by zero: found before anything is computed.
    static let early: UInt32 = 0x07
    static let underflow: UInt32 = 0x10
    static let precision: UInt32 = 0x20
    /// Overflow and underflow.
    static let late: UInt32 = 0x18
    static let masks: UInt32 = 0x1f80
    static let underflowMask: UInt32 = 0x800
    static let flushToZero: UInt32 = 0x8000
    /// What may be set; MXCSR_MASK of FXSAVE.
    static let valid: UInt32 = 0xffff
    static let initial: UInt32 = 0x1f80
}

extension CPU {
    /// Runs `function` and leaves 16 or 8 bytes (`byteCount`) at `destination`. False: an exception is recorded.
    @inline(__always)
    func runFloating(
        _ function: cx86_floating, _ destination: UnsafeMutableRawPointer, _ source: UnsafeRawPointer, _ late: UInt8,
        byteCount: Int = 16
    ) -> Bool {
        let mxcsr: UInt32 = get(StateLayout.mxcsr)
        if _fastPath(mxcsr & MXCSR.masks == MXCSR.masks) {
            set(StateLayout.mxcsr, function(destination, source, mxcsr))
            return true
        }
        return runUnmasked(function, destination, source, late, byteCount)
    }

    @inline(never)
    private func runUnmasked(
        _ function: cx86_floating, _ destination: UnsafeMutableRawPointer, _ source: UnsafeRawPointer, _ late: UInt8,
        _ byteCount: Int
    ) -> Bool {
        let mxcsr: UInt32 = get(StateLayout.mxcsr)
        var masked = (mxcsr | MXCSR.masks) & ~MXCSR.flags
        // Flushing to zero is what masked underflows do.
        if mxcsr & MXCSR.underflowMask == 0 { masked &= ~MXCSR.flushToZero }
        let copy = raw + StateLayout.vectorScratch + 16
        copy.copyMemory(from: destination, byteCount: byteCount)
        var flags = function(copy, source, masked) & MXCSR.flags
        let unmasked = ~(mxcsr >> 7) & MXCSR.flags
        if unmasked & MXCSR.late != 0, let late = LateExceptions(rawValue: late) {
            flags = late.flags(function, destination, source, masked, unmasked) | flags & MXCSR.early
        }
        guard raiseUnmasked(flags, mxcsr) else { return false }
        destination.copyMemory(from: copy, byteCount: byteCount)
        return true
    }

    /// Adds `flags`, which the instruction raised, to MXCSR. False: one of them is unmasked; #XM is recorded.
    func raiseUnmasked(_ flags: UInt32, _ mxcsr: UInt32) -> Bool {
        let unmasked = ~(mxcsr >> 7) & MXCSR.flags
        let early = flags & MXCSR.early
        // An early exception keeps the result from being computed.
        let raised = early & unmasked != 0 ? early : flags
        set(StateLayout.mxcsr, mxcsr | raised)
        guard raised & unmasked != 0 else { return true }
        let handled = get(StateLayout.cr4, as: UInt64.self) & ControlBit.simdExceptions != 0
        _ = fault(handled ? .simdError : .invalidOpcode)
        return false
    }
}

/// XMM = XMM OP source.
enum FloatingForm {
    static let xmmXMM: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        guard
            cpu.runFloating(op.function(cx86_floating.self), cpu.xmm(op.destination), cpu.xmm(op.source), op.extra)
        else { return nil }
        return op.next
    }
    static let xmmMemory16: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        guard let source = cpu.alignedOperand(op.linearAddress(cpu)) else { return nil }
        guard cpu.runFloating(op.function(cx86_floating.self), cpu.xmm(op.destination), source, op.extra) else {
            return nil
        }
        return op.next
    }
    static let xmmMemory8: Handler = { xmmMemory(UInt64.self, $0, $1) }
    static let xmmMemory4: Handler = { xmmMemory(UInt32.self, $0, $1) }

    @inline(__always)
    private static func xmmMemory<W: BitwiseCopyable>(
        _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        guard let source = cpu.operand(op.linearAddress(cpu), W.self) else { return nil }
        guard cpu.runFloating(op.function(cx86_floating.self), cpu.xmm(op.destination), source, op.extra) else {
            return nil
        }
        return op.next
    }

    /// A general register is the source: CVTSI2SS, CVTSI2SD.
    static let xmmGeneral: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        guard
            cpu.runFloating(op.function(cx86_floating.self), cpu.xmm(op.destination), cpu.raw + op.source, op.extra)
        else { return nil }
        return op.next
    }

    /// An MM register is the source: CVTPI2PS, CVTPI2PD.
    static let xmmMMX: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        let kind = VectorFault.sse | VectorFault.mmx
        guard cpu.mayRun(kind) else { return cpu.refuse(kind) }
        guard cpu.enterMMX(op) else { return nil }
        guard
            cpu.runFloating(op.function(cx86_floating.self), cpu.xmm(op.destination), cpu.mmx(op.source), op.extra)
        else { return nil }
        return op.next
    }
}

/// DPPS, DPPD. `Op.extra` is the immediate: which products are summed (bits 4 to 7), and which elements get the sum.
enum DotProductForm {
    static let xmmXMM: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        return multiply(cpu, op, cpu.xmm(op.source))
    }
    static let xmmMemory: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        guard let source = cpu.alignedOperand(op.linearAddress(cpu)) else { return nil }
        return multiply(cpu, op, source)
    }

    /// `Op.extra16`: bytes of an element, 4 or 8.
    private static func multiply(_ cpu: CPU, _ op: Op, _ source: UnsafeRawPointer) -> UnsafeRawPointer? {
        let mxcsr: UInt32 = cpu.get(StateLayout.mxcsr)
        if mxcsr & MXCSR.masks != MXCSR.masks {
            guard passes(cpu, op, source, isSingle: op.extra16 == 4) else { return nil }
        }
        var masked = mxcsr | MXCSR.masks
        if mxcsr & MXCSR.underflowMask == 0 { masked &= ~MXCSR.flushToZero }
        let after = op.function(cx86_floating.self)(cpu.xmm(op.destination), source, masked)
        cpu.set(
            StateLayout.mxcsr, cpu.get(StateLayout.mxcsr, as: UInt32.self) | after & MXCSR.flags)
        return op.next
    }

    /// The steps one by one, each of which can raise what is unmasked: products, sums of two, their sum. False: one did.
    private static func passes(_ cpu: CPU, _ op: Op, _ source: UnsafeRawPointer, isSingle: Bool) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: 32, alignment: 16) { vectors in
            let (a, b) = (vectors.baseAddress!, vectors.baseAddress! + 16)
            a.copyMemory(from: cpu.xmm(op.destination), byteCount: 16)
            b.copyMemory(from: source, byteCount: 16)
            // Products that are not summed are zeros.
            let size = isSingle ? 4 : 8
            for lane in 0..<16 / size where op.extra & 0x10 << UInt8(lane) == 0 {
                for vector in [a, b] {
                    (vector + lane * size).initializeMemory(as: UInt8.self, repeating: 0, count: size)
                }
            }
            let product = LateExceptions(isSingle ? .singles : .doubles, .multiply).rawValue
            guard cpu.runFloating(isSingle ? cx86_mulps : cx86_mulpd, a, b, product) else { return false }
            let sum = LateExceptions(isSingle ? .singlePairs : .doublePairs, .add).rawValue
            for _ in 0..<(isSingle ? 2 : 1) {
                guard cpu.runFloating(isSingle ? cx86_haddps : cx86_haddpd, a, a, sum) else { return false }
            }
            return true
        }
    }
}

/// Conversions to integers in MM registers: CVTPS2PI and its kin.
enum ToMMXForm {
    static let mmxXMM: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        let kind = VectorFault.sse | VectorFault.mmx
        guard cpu.mayRun(kind) else { return cpu.refuse(kind) }
        guard cpu.enterMMX(op) else { return nil }
        return convert(cpu, op, cpu.xmm(op.source))
    }
    static let mmxMemory8: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        let kind = VectorFault.sse | VectorFault.mmx
        guard cpu.mayRun(kind) else { return cpu.refuse(kind) }
        guard !cpu.hasPendingX87 else { return cpu.x87Pending(op) }
        guard let source = cpu.operand(op.linearAddress(cpu), UInt64.self), cpu.enterMMX(op) else { return nil }
        return convert(cpu, op, source)
    }
    static let mmxMemory16: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        let kind = VectorFault.sse | VectorFault.mmx
        guard cpu.mayRun(kind) else { return cpu.refuse(kind) }
        guard !cpu.hasPendingX87 else { return cpu.x87Pending(op) }
        guard let source = cpu.alignedOperand(op.linearAddress(cpu)), cpu.enterMMX(op) else { return nil }
        return convert(cpu, op, source)
    }

    private static func convert(_ cpu: CPU, _ op: Op, _ source: UnsafeRawPointer) -> UnsafeRawPointer? {
        guard
            cpu.runFloating(op.function(cx86_floating.self), cpu.mmx(op.destination), source, 0, byteCount: 8)
        else { return nil }
        cpu.setMMXExponent(op.destination)
        return op.next
    }
}

/// Conversions to integers in general registers: CVTSS2SI and its kin. `Op.extra`: 1 for a 64-bit register.
enum ToGeneralForm {
    static let xmm: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        return convert(cpu, op, cpu.xmm(op.source))
    }
    static let memory4: Handler = { memory(UInt32.self, $0, $1) }
    static let memory8: Handler = { memory(UInt64.self, $0, $1) }

    @inline(__always)
    private static func memory<W: BitwiseCopyable>(
        _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        guard let source = cpu.operand(op.linearAddress(cpu), W.self) else { return nil }
        return convert(cpu, op, source)
    }

    @inline(__always)
    private static func convert(_ cpu: CPU, _ op: Op, _ source: UnsafeRawPointer) -> UnsafeRawPointer? {
        guard cpu.runFloating(op.function(cx86_floating.self), cpu.scratch, source, 0, byteCount: 8) else {
            return nil
        }
        if op.extra == 1 {
            cpu.setRegister(op.destination, cpu.get(StateLayout.vectorScratch, as: UInt64.self))
        } else {
            cpu.setRegister(op.destination, cpu.get(StateLayout.vectorScratch, as: UInt32.self))
        }
        return op.next
    }
}

/// COMISS and its kin: ZF, PF and CF; OF, SF and AF are cleared.
enum CompareForm {
    static let xmm: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        return compare(cpu, op, cpu.xmm(op.source))
    }
    static let memory4: Handler = { memory(UInt32.self, $0, $1) }
    static let memory8: Handler = { memory(UInt64.self, $0, $1) }

    @inline(__always)
    private static func memory<W: BitwiseCopyable>(
        _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        guard let source = cpu.operand(op.linearAddress(cpu), W.self) else { return nil }
        return compare(cpu, op, source)
    }

    @inline(__always)
    private static func compare(_ cpu: CPU, _ op: Op, _ source: UnsafeRawPointer) -> UnsafeRawPointer? {
        let mxcsr: UInt32 = cpu.get(StateLayout.mxcsr)
        var flags: UInt8 = 0
        let after = op.function(cx86_compare.self)(
            cpu.xmm(op.destination), source, (mxcsr | MXCSR.masks) & ~MXCSR.flags, &flags)
        let raised = after & MXCSR.flags
        if raised != 0, !cpu.raiseUnmasked(raised, mxcsr) { return nil }
        cpu.setStatusFlags(UInt64(flags) & (Flag.zero | Flag.parity | Flag.carry))
        return op.next
    }
}
