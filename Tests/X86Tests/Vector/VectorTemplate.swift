import Testbed

/// How an instruction of MMX or SSE is encoded and what its operands are: the corpus is made of lists of these.
struct VectorTemplate: Sendable {
    enum Registers: Sendable {
        /// ModRM's reg and rm: both XMM (rm also memory).
        case xmm, mmx
        /// reg is XMM, rm a general register or memory.
        case xmmGeneral, mmxGeneral
        /// reg is a general register, rm XMM.
        case generalXMM, generalMMX
        case xmmMMX, mmxXMM
    }

    enum Operand: Sendable { case register, memory, either }

    var name: String
    var prefix: UInt8?
    var opcode: [UInt8]
    var registers = Registers.xmm
    /// Bytes of the operand in memory.
    var size = 16
    var isAligned = true
    var operand = Operand.either
    var wide = false
    var hasImmediate = false
    /// /0 to /7 in place of a register.
    var digit: Int?

    var usesMMX: Bool {
        switch registers {
        case .xmm, .xmmGeneral, .generalXMM: false
        default: true
        }
    }

    func instruction(bits: Int = 64) -> InstructionTemplate {
        InstructionTemplate("\(name)\(usesMMX ? " (MMX)" : "") in \(bits)-bit code", bits: bits) { trial in
            if usesMMX { trial.fillMMX() }
            trial.fillXMM()
            let count = bits == 64 ? 16 : 8
            let registerCount = { (isMMX: Bool) in isMMX ? 8 : count }
            let (regIsMMX, rmIsMMX): (Bool, Bool) =
                switch registers {
                case .xmm, .xmmGeneral, .generalXMM: (false, false)
                case .mmx: (true, true)
                case .mmxGeneral, .mmxXMM: (true, false)
                case .generalMMX, .xmmMMX: (false, true)
                }
            if name.hasPrefix("maskmov") {
                // Which bytes raise a page fault, and whether those do that are not stored, is the processor's own affair.
                trial.state[register: 7] = Trial.dataStart + trial.random.next() % (Trial.dataCount - 16)
            }
            let reg = digit ?? trial.random.below(registerCount(regIsMMX))
            var rm: Int? = trial.random.below(registerCount(rmIsMMX))
            switch operand {
            case .register: break
            case .memory: rm = nil
            case .either: if trial.random.chance(40) { rm = nil }
            }
            trial.encode(
                prefixes: prefix.map { [$0] } ?? [], opcode, reg: reg, rm: rm, size: size, wide: wide,
                aligned: isAligned && !usesMMX && trial.random.chance(95),
                immediate: hasImmediate ? [UInt8(truncatingIfNeeded: trial.random.next())] : [])
            trial.fillMemory(size)
            if name == "ldmxcsr", let target = trial.memoryTarget {
                // Mostly what may be loaded; never bit 17, AMD's misaligned mode, which this processor does not have.
                let value = trial.random.next() & ~(1 << 17)
                trial.patch(target, trial.random.chance(75) ? value & 0xffff : value)
            }
        }
    }
}
