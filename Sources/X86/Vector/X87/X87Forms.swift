import CX86

// x87 on the host: `cx86_x87_run` on the register file, and the addresses that FNSTENV and FXSAVE tell. `Op.immediate` is the
// instruction's code.

enum X87Form {
    /// Operands on the stack, or none.
    static let stack: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.x87) else { return cpu.refuse(VectorFault.x87) }
        guard !cpu.hasPendingX87 else { return cpu.x87Pending(op) }
        _ = cpu.runX87(op, cpu.raw + StateLayout.fx, cpu.scratch)
        cpu.noteX87(op)
        return op.next
    }

    /// FCMOVcc reads the status flags.
    static let conditional: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.x87) else { return cpu.refuse(VectorFault.x87) }
        guard !cpu.hasPendingX87 else { return cpu.x87Pending(op) }
        _ = cpu.runX87(op, cpu.raw + StateLayout.fx, cpu.scratch, UInt8(truncatingIfNeeded: cpu.statusFlags))
        cpu.noteX87(op)
        return op.next
    }

    /// FCOMI and its kin write the status flags; OF, SF and AF are cleared.
    static let compare: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.x87) else { return cpu.refuse(VectorFault.x87) }
        guard !cpu.hasPendingX87 else { return cpu.x87Pending(op) }
        let flags = cpu.runX87(
            op, cpu.raw + StateLayout.fx, cpu.scratch, UInt8(truncatingIfNeeded: cpu.statusFlags))
        cpu.setStatusFlags(UInt64(flags) & Flag.status)
        cpu.noteX87(op)
        return op.next
    }

    static let load2: Handler = { load(UInt16.self, $0, $1) }
    static let load4: Handler = { load(UInt32.self, $0, $1) }
    static let load8: Handler = { load(UInt64.self, $0, $1) }
    static let load10: Handler = { load(Extended.self, $0, $1) }

    @inline(__always)
    private static func load<W: BitwiseCopyable>(
        _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.x87) else { return cpu.refuse(VectorFault.x87) }
        guard !cpu.hasPendingX87 else { return cpu.x87Pending(op) }
        let address = op.linearAddress(cpu)
        guard let value = cpu.load(address, W.self) else { return nil }
        cpu.set(StateLayout.vectorScratch, value)
        _ = cpu.runX87(op, cpu.raw + StateLayout.fx, cpu.scratch)
        cpu.set(StateLayout.fx + FXField.dataPointer, address)
        cpu.noteX87(op)
        return op.next
    }

    static let store2: Handler = { store(UInt16.self, $0, $1) }
    static let store4: Handler = { store(UInt32.self, $0, $1) }
    static let store8: Handler = { store(UInt64.self, $0, $1) }
    static let store10: Handler = { store(Extended.self, $0, $1) }

    @inline(__always)
    private static func store<W: BitwiseCopyable>(
        _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.x87) else { return cpu.refuse(VectorFault.x87) }
        guard !cpu.hasPendingX87 else { return cpu.x87Pending(op) }
        let address = op.linearAddress(cpu)
        _ = cpu.runX87(op, cpu.raw + StateLayout.x87Result, cpu.scratch)
        // An unmasked exception keeps the store from happening; not so a result that is merely inexact.
        let status: UInt16 = cpu.get(StateLayout.x87Result + FXField.status)
        let control: UInt16 = cpu.get(StateLayout.fx + FXField.control)
        if _fastPath(status & ~control & X87Status.exceptions & ~X87Status.precision == 0) {
            guard cpu.store(address, cpu.get(StateLayout.vectorScratch, as: W.self)) else { return nil }
        } else {
            // The address is checked all the same.
            guard cpu.atPlace(address, MemoryLayout<W>.size, { _ in }) else { return nil }
        }
        cpu.commitX87Result()
        cpu.set(StateLayout.fx + FXField.dataPointer, address)
        cpu.noteX87(op)
        return op.next
    }

    /// FLDCW: the exceptions that it unmasks are pending from then on. No address is kept of control instructions.
    static let loadControl: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.x87) else { return cpu.refuse(VectorFault.x87) }
        guard !cpu.hasPendingX87 else { return cpu.x87Pending(op) }
        guard let value = cpu.load(op.linearAddress(cpu), UInt16.self) else { return nil }
        cpu.set(StateLayout.vectorScratch, value)
        _ = cpu.runX87(op, cpu.raw + StateLayout.fx, cpu.scratch)
        return op.next
    }
    static let storeControl: Handler = { storeWord(FXField.control, $0, $1) }
    static let storeStatus: Handler = { storeWord(FXField.status, $0, $1) }

    @inline(__always)
    private static func storeWord(
        _ field: Int, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.x87) else { return cpu.refuse(VectorFault.x87) }
        return cpu.store(op.linearAddress(cpu), cpu.get(StateLayout.fx + field, as: UInt16.self)) ? op.next : nil
    }

    static let storeStatusAX: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.x87) else { return cpu.refuse(VectorFault.x87) }
        cpu.setRegister(0, cpu.x87StatusWord)
        return op.next
    }

    static let wait: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.wait) else { return cpu.refuse(VectorFault.wait) }
        guard !cpu.hasPendingX87 else { return cpu.x87Pending(op) }
        return op.next
    }

    /// FNCLEX: the exceptions, SF, ES and B.
    static let clear: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.x87) else { return cpu.refuse(VectorFault.x87) }
        cpu.x87StatusWord &= 0x7f00
        return op.next
    }

    static let initialize: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.x87) else { return cpu.refuse(VectorFault.x87) }
        cpu.initializeX87()
        return op.next
    }
}

extension CPU {
    /// Runs the instruction of `op` on the registers; `result` (a register file) gets what becomes of them.
    @inline(__always)
    func runX87(
        _ op: Op, _ result: UnsafeMutableRawPointer, _ operand: UnsafeMutableRawPointer, _ flags: UInt8 = 0
    ) -> UInt8 {
        cx86_x87_run(raw + StateLayout.fx, result, operand, op.function(UnsafeRawPointer.self), flags)
    }

    /// What an instruction left in `StateLayout.x87Result` holds.
    func commitX87Result() {
        (raw + StateLayout.fx).copyMemory(from: raw + StateLayout.x87Result, byteCount: FXField.mxcsr)
        (raw + StateLayout.x87Registers).copyMemory(
            from: raw + StateLayout.x87Result + FXField.registers, byteCount: 128)
    }

    /// Keeps the address of an instruction that was not of control. FOP, as in today's processors, tells of exceptions alone.
    @inline(__always)
    func noteX87(_ op: Op) {
        set(StateLayout.fx + FXField.instructionPointer, op.rip(self))
        if _slowPath(hasPendingX87) { noteX87Opcode(op) }
    }

    /// FOP: the last three bits of the first byte (D8 to DF), and the second; they are in the code.
    @inline(never)
    private func noteX87Opcode(_ op: Op) {
        let base: UInt64 = get(StateLayout.segments + SegmentField.byteCount + SegmentField.base)
        var address = base &+ op.rip(self)
        // An instruction that was fetched a moment ago: if it cannot be read any more, FOP stays.
        let exit: UInt32 = get(StateLayout.exit)
        defer { set(StateLayout.exit, exit) }
        for _ in 0..<op.length {
            guard let byte = load(address, UInt8.self) else { return }
            address &+= 1
            guard byte & 0xf8 == 0xd8 else { continue }
            if let second = load(address, UInt8.self) {
                set(StateLayout.fx + FXField.opcode, UInt16(byte & 7) << 8 | UInt16(second))
            }
            return
        }
    }
}
