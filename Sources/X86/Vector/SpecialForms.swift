import CX86

/// PTEST: ZF = (dst AND src) is zero; CF = (NOT dst AND src) is zero.
enum TestForm {
    static let xmmXMM: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        return test(cpu, op, cpu.get(StateLayout.xmm + op.source))
    }
    static let xmmMemory: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        let address = op.linearAddress(cpu)
        guard address & 15 == 0 else { return cpu.fault(.generalProtection) }
        guard let source = cpu.load(address, Vector128.self) else { return nil }
        return test(cpu, op, source)
    }

    @inline(__always)
    private static func test(_ cpu: CPU, _ op: Op, _ b: Vector128) -> UnsafeRawPointer? {
        let a: Vector128 = cpu.get(StateLayout.xmm + op.destination)
        let (both, only) = (a & b, ~a & b)
        cpu.setStatusFlags(
            (both.x | both.y == 0 ? Flag.zero : 0) | (only.x | only.y == 0 ? Flag.carry : 0))
        return op.next
    }
}

/// PCMPESTRI, PCMPESTRM, PCMPISTRI, PCMPISTRM. `Op.extra`: 1 where the mask goes to XMM0, else ECX gets the index; 2 where the
/// lengths have 64 bits.
enum StringForm {
    static let storesMask: UInt8 = 1
    static let hasWideLengths: UInt8 = 2

    static let xmmXMM: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        return compare(cpu, op, cpu.xmm(op.source))
    }
    /// The operand need not be aligned.
    static let xmmMemory: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        guard let source = cpu.operand(op.linearAddress(cpu), Vector128.self) else { return nil }
        return compare(cpu, op, source)
    }

    private static func compare(_ cpu: CPU, _ op: Op, _ source: UnsafeRawPointer) -> UnsafeRawPointer? {
        var (a, b) = (Int64(bitPattern: cpu[.rax]), Int64(bitPattern: cpu[.rdx]))
        if op.extra & hasWideLengths == 0 {
            (a, b) = (Int64(Int32(truncatingIfNeeded: a)), Int64(Int32(truncatingIfNeeded: b)))
        }
        var result = cx86_string_result()
        op.function(cx86_string.self)(cpu.xmm(op.destination), source, &result, b, a)
        if op.extra & storesMask != 0 {
            withUnsafeBytes(of: result.mask) { cpu.xmm(0).copyMemory(from: $0.baseAddress!, byteCount: 16) }
        } else {
            cpu[.rcx] = UInt64(result.index)
        }
        cpu.setStatusFlags(result.flags & Flag.status)
        return op.next
    }
}

/// MASKMOVDQU, MASKMOVQ: bytes of the destination register go to memory at rDI where the source register's bytes are negative.
enum MaskedStore {
    static let xmm: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        return store(cpu, op, UnsafeRawPointer(cpu.xmm(op.destination)), UnsafeRawPointer(cpu.xmm(op.source)), 16)
    }
    static let mmx: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.mmx) else { return cpu.refuse(VectorFault.mmx) }
        guard cpu.enterMMX(op) else { return nil }
        return store(cpu, op, UnsafeRawPointer(cpu.mmx(op.destination)), UnsafeRawPointer(cpu.mmx(op.source)), 8)
    }

    private static func store(
        _ cpu: CPU, _ op: Op, _ bytes: UnsafeRawPointer, _ mask: UnsafeRawPointer, _ count: Int
    ) -> UnsafeRawPointer? {
        let address = op.linearAddress(cpu)
        for i in 0..<count where mask.load(fromByteOffset: i, as: Int8.self) < 0 {
            // A fault half way: the instruction runs again, and stores the same.
            guard cpu.store(address &+ UInt64(i), bytes.load(fromByteOffset: i, as: UInt8.self)) else { return nil }
        }
        return op.next
    }
}

/// LDMXCSR, STMXCSR.
enum ControlForm {
    static let load: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        guard let value = cpu.load(op.linearAddress(cpu), UInt32.self) else { return nil }
        guard value & ~MXCSR.valid == 0 else { return cpu.fault(.generalProtection) }
        cpu.set(StateLayout.mxcsr, value)
        return op.next
    }
    static let store: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        return cpu.store(op.linearAddress(cpu), cpu.get(StateLayout.mxcsr, as: UInt32.self)) ? op.next : nil
    }
}
