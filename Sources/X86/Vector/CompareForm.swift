import CX86

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
