import CX86

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
