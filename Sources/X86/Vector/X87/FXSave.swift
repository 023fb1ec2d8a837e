/// FXSAVE, FXRSTOR (Intel SDM volume 1, 10.5): 512 bytes, of which the last 96 are not the processor's. `Op.extra` says which form.
enum FXSave {
    /// REX.W: FIP and FDP have 64 bits.
    static let isWide: UInt8 = 1
    /// 64-bit mode: all 16 XMM registers.
    static let isLong: UInt8 = 2

    static let save: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.x87) else { return cpu.refuse(VectorFault.x87) }
        let address = op.linearAddress(cpu)
        guard address & 15 == 0 else { return cpu.fault(.generalProtection) }
        // What is valid in MXCSR belongs to the image, not to the state.
        cpu.set(StateLayout.fx + FXField.mxcsrMask, MXCSR.valid)
        cpu.set(StateLayout.fx + FXField.tags, UInt16(cpu.get(StateLayout.fx + FXField.tags, as: UInt8.self)))
        // A fault half way: the instruction runs again, and stores the same.
        for offset in stride(from: 0, to: byteCount(op), by: 16) {
            var part: Vector128 = cpu.get(StateLayout.fx + offset)
            if op.extra & isWide == 0 {
                // 32 bits of an address, then a selector, which is not kept.
                if offset == 0 { part.y &= 0xffff_ffff }
                if offset == 16 { part.x &= 0xffff_ffff }
            }
            guard cpu.store(address &+ UInt64(offset), part) else { return nil }
        }
        return op.next
    }

    static let restore: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.x87) else { return cpu.refuse(VectorFault.x87) }
        let address = op.linearAddress(cpu)
        guard address & 15 == 0 else { return cpu.fault(.generalProtection) }
        let byteCount = byteCount(op)
        for offset in stride(from: 0, to: byteCount, by: 16) {
            guard let part = cpu.load(address &+ UInt64(offset), Vector128.self) else { return nil }
            cpu.set(StateLayout.x87Result + offset, part)
        }
        let mxcsr: UInt32 = cpu.get(StateLayout.x87Result + FXField.mxcsr)
        guard mxcsr & ~MXCSR.valid == 0 else { return cpu.fault(.generalProtection) }
        (cpu.raw + StateLayout.fx).copyMemory(from: cpu.raw + StateLayout.x87Result, byteCount: byteCount)
        if op.extra & isWide == 0 {
            for field in [FXField.instructionPointer, FXField.dataPointer] {
                cpu.set(StateLayout.fx + field, UInt64(cpu.get(StateLayout.fx + field, as: UInt32.self)))
            }
        }
        let control: UInt16 = cpu.get(StateLayout.fx + FXField.control)
        cpu.set(StateLayout.fx + FXField.control, control & 0x1f3f | 0x40)
        cpu.set(StateLayout.fx + FXField.tags, UInt16(cpu.get(StateLayout.fx + FXField.tags, as: UInt8.self)))
        cpu.updateX87Pending()
        for i in 0..<8 {
            let end = StateLayout.x87Registers + i * 16 + 8
            cpu.set(end, UInt64(cpu.get(end, as: UInt16.self)))
        }
        return op.next
    }

    private static func byteCount(_ op: Op) -> Int {
        op.extra & isLong != 0 ? FXField.byteCount : FXField.xmm + 8 * 16
    }
}
