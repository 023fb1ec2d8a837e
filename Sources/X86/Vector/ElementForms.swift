// One element in or out: PINSRx, PEXTRx, EXTRACTPS. `Op.extra` is the element's offset in the register, in bytes.

enum InsertForm {
    static let xmmGeneral1: Handler = { xmmGeneral(UInt8.self, $0, $1) }
    static let xmmGeneral2: Handler = { xmmGeneral(UInt16.self, $0, $1) }
    static let xmmGeneral4: Handler = { xmmGeneral(UInt32.self, $0, $1) }
    static let xmmGeneral8: Handler = { xmmGeneral(UInt64.self, $0, $1) }

    @inline(__always)
    private static func xmmGeneral<W: MachineWord>(
        _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        cpu.set(StateLayout.xmm + op.destination + Int(op.extra), cpu.register(op.source, W.self))
        return op.next
    }

    static let xmmMemory1: Handler = { xmmMemory(UInt8.self, $0, $1) }
    static let xmmMemory2: Handler = { xmmMemory(UInt16.self, $0, $1) }
    static let xmmMemory4: Handler = { xmmMemory(UInt32.self, $0, $1) }
    static let xmmMemory8: Handler = { xmmMemory(UInt64.self, $0, $1) }

    @inline(__always)
    private static func xmmMemory<W: MachineWord>(
        _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        guard let value = cpu.load(op.linearAddress(cpu), W.self) else { return nil }
        cpu.set(StateLayout.xmm + op.destination + Int(op.extra), value)
        return op.next
    }

    static let mmxGeneral: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.mmx) else { return cpu.refuse(VectorFault.mmx) }
        guard cpu.enterMMX(op) else { return nil }
        cpu.set(StateLayout.x87Registers + op.destination + Int(op.extra), cpu.register(op.source, UInt16.self))
        cpu.setMMXExponent(op.destination)
        return op.next
    }
    static let mmxMemory: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.mmx) else { return cpu.refuse(VectorFault.mmx) }
        guard !cpu.hasPendingX87 else { return cpu.x87Pending(op) }
        guard let value = cpu.load(op.linearAddress(cpu), UInt16.self), cpu.enterMMX(op) else { return nil }
        cpu.set(StateLayout.x87Registers + op.destination + Int(op.extra), value)
        cpu.setMMXExponent(op.destination)
        return op.next
    }
}

enum ExtractForm {
    static let generalXMM1: Handler = { generalXMM(UInt8.self, $0, $1) }
    static let generalXMM2: Handler = { generalXMM(UInt16.self, $0, $1) }
    static let generalXMM4: Handler = { generalXMM(UInt32.self, $0, $1) }
    static let generalXMM8: Handler = { generalXMM(UInt64.self, $0, $1) }

    /// The general register gets the element, extended with zeros.
    @inline(__always)
    private static func generalXMM<W: MachineWord>(
        _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        cpu.setRegister(
            op.destination, UInt64(cpu.get(StateLayout.xmm + op.source + Int(op.extra), as: W.self)))
        return op.next
    }

    static let memoryXMM1: Handler = { memoryXMM(UInt8.self, $0, $1) }
    static let memoryXMM2: Handler = { memoryXMM(UInt16.self, $0, $1) }
    static let memoryXMM4: Handler = { memoryXMM(UInt32.self, $0, $1) }
    static let memoryXMM8: Handler = { memoryXMM(UInt64.self, $0, $1) }

    @inline(__always)
    private static func memoryXMM<W: MachineWord>(
        _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        return cpu.store(
            op.linearAddress(cpu), cpu.get(StateLayout.xmm + op.source + Int(op.extra), as: W.self)) ? op.next : nil
    }

    static let generalMMX: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.mmx) else { return cpu.refuse(VectorFault.mmx) }
        guard cpu.enterMMX(op) else { return nil }
        cpu.setRegister(
            op.destination,
            UInt64(cpu.get(StateLayout.x87Registers + op.source + Int(op.extra), as: UInt16.self)))
        return op.next
    }
}
