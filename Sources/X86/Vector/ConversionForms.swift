import CX86

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
