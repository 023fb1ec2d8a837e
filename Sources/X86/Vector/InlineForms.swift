import CX86

/// Handlers of their own for the instructions that libraries' loops over memory and strings are made of: no call of a function
/// by its pointer, which costs a third of the time.
enum InlineForm {
    struct Handlers {
        var xmmXMM: Handler
        var xmmMemory: Handler
    }

    static func find(_ operation: Operation) -> Handlers? { handlers[operation] }

    private static let handlers: [Operation: Handlers] = [
        .pxor: Handlers(
            xmmXMM: { registers(cx86_inline_pxor, $0, $1) }, xmmMemory: { memory(cx86_inline_pxor, $0, $1) }),
        .por: Handlers(
            xmmXMM: { registers(cx86_inline_por, $0, $1) }, xmmMemory: { memory(cx86_inline_por, $0, $1) }),
        .pand: Handlers(
            xmmXMM: { registers(cx86_inline_pand, $0, $1) }, xmmMemory: { memory(cx86_inline_pand, $0, $1) }),
        .pandn: Handlers(
            xmmXMM: { registers(cx86_inline_pandn, $0, $1) }, xmmMemory: { memory(cx86_inline_pandn, $0, $1) }),
        .pcmpeqb: Handlers(
            xmmXMM: { registers(cx86_inline_pcmpeqb, $0, $1) }, xmmMemory: { memory(cx86_inline_pcmpeqb, $0, $1) }),
        .pcmpeqd: Handlers(
            xmmXMM: { registers(cx86_inline_pcmpeqd, $0, $1) }, xmmMemory: { memory(cx86_inline_pcmpeqd, $0, $1) }),
        .pminub: Handlers(
            xmmXMM: { registers(cx86_inline_pminub, $0, $1) }, xmmMemory: { memory(cx86_inline_pminub, $0, $1) }),
        .psubb: Handlers(
            xmmXMM: { registers(cx86_inline_psubb, $0, $1) }, xmmMemory: { memory(cx86_inline_psubb, $0, $1) }),
        .paddb: Handlers(
            xmmXMM: { registers(cx86_inline_paddb, $0, $1) }, xmmMemory: { memory(cx86_inline_paddb, $0, $1) }),
        .paddd: Handlers(
            xmmXMM: { registers(cx86_inline_paddd, $0, $1) }, xmmMemory: { memory(cx86_inline_paddd, $0, $1) }),
        .paddq: Handlers(
            xmmXMM: { registers(cx86_inline_paddq, $0, $1) }, xmmMemory: { memory(cx86_inline_paddq, $0, $1) }),
        .punpcklbw: Handlers(
            xmmXMM: { registers(cx86_inline_punpcklbw, $0, $1) }, xmmMemory: { memory(cx86_inline_punpcklbw, $0, $1) }),
        .punpcklwd: Handlers(
            xmmXMM: { registers(cx86_inline_punpcklwd, $0, $1) }, xmmMemory: { memory(cx86_inline_punpcklwd, $0, $1) }),
        .punpckldq: Handlers(
            xmmXMM: { registers(cx86_inline_punpckldq, $0, $1) }, xmmMemory: { memory(cx86_inline_punpckldq, $0, $1) }),
        .punpcklqdq: Handlers(
            xmmXMM: { registers(cx86_inline_punpcklqdq, $0, $1) }, xmmMemory: { memory(cx86_inline_punpcklqdq, $0, $1) }
        ),
    ]

    @inline(__always)
    private static func registers(
        _ function: (UnsafeMutableRawPointer, UnsafeRawPointer) -> Void, _ state: UnsafeMutableRawPointer,
        _ op: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        function(cpu.xmm(op.destination), UnsafeRawPointer(cpu.xmm(op.source)))
        return op.next
    }

    @inline(__always)
    private static func memory(
        _ function: (UnsafeMutableRawPointer, UnsafeRawPointer) -> Void, _ state: UnsafeMutableRawPointer,
        _ op: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        guard let source = cpu.alignedOperand(op.linearAddress(cpu)) else { return nil }
        function(cpu.xmm(op.destination), source)
        return op.next
    }

    /// PMOVMSKB of an XMM register.
    static let byteMask: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        cpu.setRegister(op.destination, cx86_inline_pmovmskb(cpu.xmm(op.source)))
        return op.next
    }
}
