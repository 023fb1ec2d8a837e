// Instructions that only move: plain loads and stores of the state. A library's memcpy is made of these.

/// Between XMM registers, and between them and memory.
enum XMMMove {
    /// MOVAPS, MOVUPS, MOVDQA … between registers: all 16 bytes.
    static let registerRegister: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        cpu.set(StateLayout.xmm + op.destination, cpu.get(StateLayout.xmm + op.source, as: Vector128.self))
        return op.next
    }
    static let loadAligned: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        let address = op.linearAddress(cpu)
        guard _fastPath(address & 15 == 0) else { return cpu.fault(.generalProtection) }
        guard let value = cpu.load(address, Vector128.self) else { return nil }
        cpu.set(StateLayout.xmm + op.destination, value)
        return op.next
    }
    static let loadUnaligned: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        guard let value = cpu.load(op.linearAddress(cpu), Vector128.self) else { return nil }
        cpu.set(StateLayout.xmm + op.destination, value)
        return op.next
    }
    static let storeAligned: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        let address = op.linearAddress(cpu)
        guard _fastPath(address & 15 == 0) else { return cpu.fault(.generalProtection) }
        return cpu.store(address, cpu.get(StateLayout.xmm + op.source, as: Vector128.self)) ? op.next : nil
    }
    static let storeUnaligned: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        return cpu.store(op.linearAddress(cpu), cpu.get(StateLayout.xmm + op.source, as: Vector128.self))
            ? op.next : nil
    }

    /// MOVSS and MOVSD between registers: the upper part stays.
    static let merge4: Handler = { copy(UInt32.self, from: 0, to: 0, $0, $1) }
    static let merge8: Handler = { copy(UInt64.self, from: 0, to: 0, $0, $1) }
    static let highToLow: Handler = { copy(UInt64.self, from: 8, to: 0, $0, $1) }
    static let lowToHigh: Handler = { copy(UInt64.self, from: 0, to: 8, $0, $1) }

    @inline(__always)
    private static func copy<W: MachineWord>(
        _: W.Type, from: Int, to: Int, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        cpu.set(StateLayout.xmm + op.destination + to, cpu.get(StateLayout.xmm + op.source + from, as: W.self))
        return op.next
    }

    /// MOVQ between registers: the upper half is cleared.
    static let extend8: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        cpu.set(
            StateLayout.xmm + op.destination,
            Vector128(cpu.get(StateLayout.xmm + op.source, as: UInt64.self), 0))
        return op.next
    }

    /// MOVSS, MOVSD, MOVD, MOVQ from memory: the rest is cleared.
    static let load4: Handler = { loadExtended(UInt32.self, $0, $1) }
    static let load8: Handler = { loadExtended(UInt64.self, $0, $1) }

    @inline(__always)
    private static func loadExtended<W: MachineWord>(
        _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        guard let value = cpu.load(op.linearAddress(cpu), W.self) else { return nil }
        cpu.set(StateLayout.xmm + op.destination, Vector128(UInt64(value), 0))
        return op.next
    }

    static let store4: Handler = { store(UInt32.self, at: 0, $0, $1) }
    static let storeLow: Handler = { store(UInt64.self, at: 0, $0, $1) }
    static let storeHigh: Handler = { store(UInt64.self, at: 8, $0, $1) }

    @inline(__always)
    private static func store<W: MachineWord>(
        _: W.Type, at offset: Int, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        return cpu.store(op.linearAddress(cpu), cpu.get(StateLayout.xmm + op.source + offset, as: W.self))
            ? op.next : nil
    }

    /// MOVLPS, MOVHPS from memory: the other half stays.
    static let loadLow: Handler = { loadHalf(at: 0, $0, $1) }
    static let loadHigh: Handler = { loadHalf(at: 8, $0, $1) }

    @inline(__always)
    private static func loadHalf(
        at offset: Int, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        guard let value = cpu.load(op.linearAddress(cpu), UInt64.self) else { return nil }
        cpu.set(StateLayout.xmm + op.destination + offset, value)
        return op.next
    }

    /// MOVD, MOVQ with a general register.
    static let fromGeneral4: Handler = { fromGeneral(UInt32.self, $0, $1) }
    static let fromGeneral8: Handler = { fromGeneral(UInt64.self, $0, $1) }

    @inline(__always)
    private static func fromGeneral<W: MachineWord>(
        _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        cpu.set(StateLayout.xmm + op.destination, Vector128(UInt64(cpu.register(op.source, W.self)), 0))
        return op.next
    }

    static let toGeneral4: Handler = { toGeneral(UInt32.self, $0, $1) }
    static let toGeneral8: Handler = { toGeneral(UInt64.self, $0, $1) }

    @inline(__always)
    private static func toGeneral<W: MachineWord>(
        _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.sse) else { return cpu.refuse(VectorFault.sse) }
        cpu.setRegister(op.destination, cpu.get(StateLayout.xmm + op.source, as: W.self))
        return op.next
    }

    /// MOVQ2DQ.
    static let fromMMX: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        let kind = VectorFault.sse | VectorFault.mmx
        guard cpu.mayRun(kind) else { return cpu.refuse(kind) }
        guard cpu.enterMMX(op) else { return nil }
        cpu.set(
            StateLayout.xmm + op.destination,
            Vector128(cpu.get(StateLayout.x87Registers + op.source, as: UInt64.self), 0))
        return op.next
    }
}

/// The same for MM registers.
enum MMXMove {
    static let registerRegister: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.mmx) else { return cpu.refuse(VectorFault.mmx) }
        guard cpu.enterMMX(op) else { return nil }
        cpu.setMMX(op.destination, cpu.get(StateLayout.x87Registers + op.source, as: UInt64.self))
        return op.next
    }

    static let load4: Handler = { load(UInt32.self, $0, $1) }
    static let load8: Handler = { load(UInt64.self, $0, $1) }

    @inline(__always)
    private static func load<W: MachineWord>(
        _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.mmx) else { return cpu.refuse(VectorFault.mmx) }
        guard !cpu.hasPendingX87 else { return cpu.x87Pending(op) }
        guard let value = cpu.load(op.linearAddress(cpu), W.self), cpu.enterMMX(op) else { return nil }
        cpu.setMMX(op.destination, UInt64(value))
        return op.next
    }

    static let store4: Handler = { store(UInt32.self, $0, $1) }
    static let store8: Handler = { store(UInt64.self, $0, $1) }

    @inline(__always)
    private static func store<W: MachineWord>(
        _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.mmx) else { return cpu.refuse(VectorFault.mmx) }
        guard !cpu.hasPendingX87 else { return cpu.x87Pending(op) }
        // Registers are renumbered once the store has succeeded.
        let slot = (op.source &- Int(cpu.x87StatusWord >> 7 & 0x70)) & 0x70
        guard cpu.store(op.linearAddress(cpu), cpu.get(StateLayout.x87Registers + slot, as: W.self)) else { return nil }
        return cpu.enterMMX(op) ? op.next : nil
    }

    static let fromGeneral4: Handler = { fromGeneral(UInt32.self, $0, $1) }
    static let fromGeneral8: Handler = { fromGeneral(UInt64.self, $0, $1) }

    @inline(__always)
    private static func fromGeneral<W: MachineWord>(
        _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.mmx) else { return cpu.refuse(VectorFault.mmx) }
        guard cpu.enterMMX(op) else { return nil }
        cpu.setMMX(op.destination, UInt64(cpu.register(op.source, W.self)))
        return op.next
    }

    static let toGeneral4: Handler = { toGeneral(UInt32.self, $0, $1) }
    static let toGeneral8: Handler = { toGeneral(UInt64.self, $0, $1) }

    @inline(__always)
    private static func toGeneral<W: MachineWord>(
        _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.mmx) else { return cpu.refuse(VectorFault.mmx) }
        guard cpu.enterMMX(op) else { return nil }
        cpu.setRegister(op.destination, cpu.get(StateLayout.x87Registers + op.source, as: W.self))
        return op.next
    }

    /// MOVDQ2Q.
    static let fromXMM: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        let kind = VectorFault.sse | VectorFault.mmx
        guard cpu.mayRun(kind) else { return cpu.refuse(kind) }
        guard cpu.enterMMX(op) else { return nil }
        cpu.setMMX(op.destination, cpu.get(StateLayout.xmm + op.source, as: UInt64.self))
        return op.next
    }

    /// EMMS: all registers are empty.
    static let empty: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.mmx) else { return cpu.refuse(VectorFault.mmx) }
        guard cpu.enterMMX(op) else { return nil }
        cpu.set(StateLayout.fx + FXField.tags, UInt8(0))
        return op.next
    }
}
