import CX86

// Instructions that neither round nor raise exceptions of their own: a C function, and where its operands lie.

/// dst = dst OP src.
enum PackedForm {
    static let xmmXMM: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        op.function(cx86_packed.self)(cpu.xmm(op.destination), cpu.xmm(op.source))
        return op.next
    }
    static let xmmMemory16: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        guard let source = cpu.alignedOperand(op.linearAddress(cpu)) else { return nil }
        op.function(cx86_packed.self)(cpu.xmm(op.destination), source)
        return op.next
    }
    static let xmmMemory8: Handler = { xmmMemory(UInt64.self, $0, $1) }
    static let xmmMemory4: Handler = { xmmMemory(UInt32.self, $0, $1) }
    static let xmmMemory2: Handler = { xmmMemory(UInt16.self, $0, $1) }

    @inline(__always)
    private static func xmmMemory<W: BitwiseCopyable>(
        _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        guard let source = cpu.operand(op.linearAddress(cpu), W.self) else { return nil }
        op.function(cx86_packed.self)(cpu.xmm(op.destination), source)
        return op.next
    }

    /// A 4-byte operand for functions that read 16 (INSERTPS).
    static let xmmMemory4Extended: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        guard let value = cpu.load(op.linearAddress(cpu), UInt32.self) else { return nil }
        cpu.set(StateLayout.vectorScratch, Vector128(UInt64(value), 0))
        op.function(cx86_packed.self)(cpu.xmm(op.destination), cpu.scratch)
        return op.next
    }

    /// A shift by an immediate: the functions take the count as a vector.
    static let xmmCount: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        cpu.set(StateLayout.vectorScratch, Vector128(UInt64(op.extra), 0))
        op.function(cx86_packed.self)(cpu.xmm(op.destination), cpu.scratch)
        return op.next
    }

    static let mmxMMX: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.mmx) else { return cpu.refuse(VectorFault.mmx) }
        guard cpu.enterMMX(op) else { return nil }
        op.function(cx86_packed.self)(cpu.mmx(op.destination), cpu.mmx(op.source))
        cpu.setMMXExponent(op.destination)
        return op.next
    }
    static let mmxMemory8: Handler = { mmxMemory(UInt64.self, $0, $1) }
    /// PUNPCKL…: half of a register.
    static let mmxMemory4: Handler = { mmxMemory(UInt32.self, $0, $1) }

    @inline(__always)
    private static func mmxMemory<W: MachineWord>(
        _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.mmx) else { return cpu.refuse(VectorFault.mmx) }
        guard !cpu.hasPendingX87 else { return cpu.x87Pending(op) }
        guard let value = cpu.load(op.linearAddress(cpu), W.self) else { return nil }
        guard cpu.enterMMX(op) else { return nil }
        cpu.set(StateLayout.vectorScratch, UInt64(value))
        op.function(cx86_packed.self)(cpu.mmx(op.destination), cpu.scratch)
        cpu.setMMXExponent(op.destination)
        return op.next
    }

    static let mmxCount: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.mmx) else { return cpu.refuse(VectorFault.mmx) }
        guard cpu.enterMMX(op) else { return nil }
        cpu.set(StateLayout.vectorScratch, UInt64(op.extra))
        op.function(cx86_packed.self)(cpu.mmx(op.destination), cpu.scratch)
        cpu.setMMXExponent(op.destination)
        return op.next
    }
}

/// dst = XMM0 ? src : dst.
enum BlendForm {
    static let xmmXMM: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        op.function(cx86_blend.self)(cpu.xmm(op.destination), cpu.xmm(op.source), cpu.xmm(0))
        return op.next
    }
    static let xmmMemory: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        guard let source = cpu.alignedOperand(op.linearAddress(cpu)) else { return nil }
        op.function(cx86_blend.self)(cpu.xmm(op.destination), source, cpu.xmm(0))
        return op.next
    }
}

/// A general register gets the elements' signs: PMOVMSKB, MOVMSKPS, MOVMSKPD.
enum MaskForm {
    static let generalXMM: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        cpu.setRegister(op.destination, op.function(cx86_mask.self)(cpu.xmm(op.source)))
        return op.next
    }
    static let generalMMX: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.mmx) else { return cpu.refuse(VectorFault.mmx) }
        guard cpu.enterMMX(op) else { return nil }
        cpu.setRegister(op.destination, cx86_mmx_pmovmskb(cpu.mmx(op.source)))
        return op.next
    }
}
