import CX86

// FLDENV, FNSTENV, FRSTOR, FNSAVE: the environment in memory (Intel SDM volume 1, 8.1.10). The host runs their 32-bit protected
// format; the addresses and the narrower format are made here. `Op.extra` says which format is asked for.

enum X87Environment {
    /// The 16-bit format: 14 bytes instead of 28.
    static let isNarrow: UInt8 = 1
    /// Real and virtual 8086 mode: linear addresses instead of offsets.
    static let isReal: UInt8 = 2

    private static let wideByteCount = 28
    private static let narrowByteCount = 14
    private static let stackByteCount = 80

    static let storeEnvironment: Handler = { store(withStack: false, $0, $1) }
    static let save: Handler = { store(withStack: true, $0, $1) }
    static let loadEnvironment: Handler = { load(withStack: false, $0, $1) }
    static let restore: Handler = { load(withStack: true, $0, $1) }

    private static func store(
        withStack: Bool, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.x87) else { return cpu.refuse(VectorFault.x87) }
        let address = op.linearAddress(cpu)
        let memory = cpu.raw + StateLayout.x87Memory
        // The host would raise what is pending: it gets the state with everything masked, and the result its true control and
        // status words.
        let control: UInt16 = cpu.get(StateLayout.fx + FXField.control)
        let status = cpu.x87StatusWord
        cpu.set(StateLayout.fx + FXField.control, control | X87Status.exceptions)
        cpu.x87StatusWord = status & ~(X87Status.pending | X87Status.busy)
        _ = cpu.runX87(op, cpu.raw + StateLayout.x87Result, memory)
        cpu.set(StateLayout.fx + FXField.control, control)
        cpu.x87StatusWord = status
        memory.storeBytes(of: control, as: UInt16.self)
        memory.storeBytes(of: status, toByteOffset: 4, as: UInt16.self)

        writePointers(cpu, op, memory)
        var byteCount = wideByteCount
        if op.extra & isNarrow != 0 {
            byteCount = narrowByteCount
            for i in 0..<7 {
                let word = memory.load(fromByteOffset: i * 4, as: UInt16.self)
                memory.storeBytes(of: word, toByteOffset: i * 2, as: UInt16.self)
            }
        }
        // A fault half way: the instruction runs again, and stores the same.
        for offset in stride(from: 0, to: byteCount, by: 2) {
            let word = memory.load(fromByteOffset: offset, as: UInt16.self)
            guard cpu.store(address &+ UInt64(offset), word) else { return nil }
        }
        if withStack {
            for offset in stride(from: 0, to: stackByteCount, by: 2) {
                let word = memory.load(fromByteOffset: wideByteCount + offset, as: UInt16.self)
                guard cpu.store(address &+ UInt64(byteCount + offset), word) else { return nil }
            }
            cpu.initializeX87()
        } else {
            // FNSTENV masks all exceptions, behind what it stored.
            cpu.set(StateLayout.fx + FXField.control, control | X87Status.exceptions)
            cpu.updateX87Pending()
        }
        return op.next
    }

    private static func load(
        withStack: Bool, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.mayRun(VectorFault.x87) else { return cpu.refuse(VectorFault.x87) }
        guard !cpu.hasPendingX87 else { return cpu.x87Pending(op) }
        let address = op.linearAddress(cpu)
        let memory = cpu.raw + StateLayout.x87Memory
        let isNarrow = op.extra & isNarrow != 0
        let byteCount = isNarrow ? narrowByteCount : wideByteCount
        for i in 0..<byteCount / 2 {
            guard let word = cpu.load(address &+ UInt64(i * 2), UInt16.self) else { return nil }
            memory.storeBytes(of: word, toByteOffset: isNarrow ? i * 4 : i * 2, as: UInt16.self)
            if isNarrow { memory.storeBytes(of: 0, toByteOffset: i * 4 + 2, as: UInt16.self) }
        }
        if withStack {
            for offset in stride(from: 0, to: stackByteCount, by: 2) {
                guard let word = cpu.load(address &+ UInt64(byteCount + offset), UInt16.self) else { return nil }
                memory.storeBytes(of: word, toByteOffset: wideByteCount + offset, as: UInt16.self)
            }
        }
        let pointers = readPointers(op, memory)
        _ = cpu.runX87(op, cpu.raw + StateLayout.fx, memory)
        cpu.set(StateLayout.fx + FXField.opcode, pointers.opcode)
        cpu.set(StateLayout.fx + FXField.instructionPointer, pointers.instruction)
        cpu.set(StateLayout.fx + FXField.dataPointer, pointers.data)
        return op.next
    }

    /// Seven double words of which the last four hold addresses; of the 16-bit format only the lower words count.
    private static func writePointers(_ cpu: CPU, _ op: Op, _ memory: UnsafeMutableRawPointer) {
        let opcode = UInt32(cpu.get(StateLayout.fx + FXField.opcode, as: UInt16.self) & 0x7ff)
        var instruction: UInt32 = cpu.get(StateLayout.fx + FXField.instructionPointer)
        let data: UInt32 = cpu.get(StateLayout.fx + FXField.dataPointer)
        let words: [UInt32]
        if op.extra & isReal != 0 {
            instruction &+= cpu.get(StateLayout.segments + SegmentField.byteCount + SegmentField.base, as: UInt32.self)
            let isNarrow = op.extra & isNarrow != 0
            let mask: UInt32 = isNarrow ? 0xf : 0xffff
            words = [
                instruction & 0xffff, (instruction >> 16 & mask) << 12 | opcode,
                data & 0xffff, (data >> 16 & mask) << 12,
            ]
        } else if op.extra & isNarrow != 0 {
            words = [instruction & 0xffff, 0, data & 0xffff, 0]
        } else {
            // CPUID says that CS and DS are not kept.
            words = [instruction, opcode << 16, data, 0]
        }
        for (i, word) in words.enumerated() {
            memory.storeBytes(of: word, toByteOffset: 12 + i * 4, as: UInt32.self)
        }
    }

    private static func readPointers(
        _ op: Op, _ memory: UnsafeMutableRawPointer
    ) -> (opcode: UInt16, instruction: UInt64, data: UInt64) {
        let words = (3..<7).map { memory.load(fromByteOffset: $0 * 4, as: UInt32.self) }
        if op.extra & isReal != 0 {
            return (
                UInt16(words[1] & 0x7ff), UInt64(words[0] & 0xffff | (words[1] >> 12) << 16),
                UInt64(words[2] & 0xffff | (words[3] >> 12) << 16)
            )
        }
        return (UInt16(words[1] >> 16 & 0x7ff), UInt64(words[0]), UInt64(words[2]))
    }
}
