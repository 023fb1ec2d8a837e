import CX86

// Instructions that MXCSR governs. While all exceptions are masked, which they nearly always are, the C function works on the
// registers at once; otherwise on a copy, and its flags tell whether #XM is due.

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
