/// One instruction, decoded: what it does (`operation`), to what (`operands`, destination first, as in Intel's manuals),
/// and everything the prefixes said, already applied.
public struct Instruction: Sendable {
    public var operation: Operation = .invalid
    /// In bytes, 1 to 15.
    public var length: UInt8 = 0
    /// The size of the operation in bytes, 1, 2, 4 or 8, after prefixes and mode (of pushes, calls and string operations too).
    public var operandSize: UInt8 = 0
    /// 2, 4 or 8.
    public var addressSize: UInt8 = 0
    public var operandCount: UInt8 = 0
    public var isLocked = false
    /// F3: REP, REPE; where it is no mandatory prefix. Of F2 and F3 the later one counts.
    public var isRepeat = false
    /// F2: REPNE; where it is no mandatory prefix.
    public var isRepeatNotEqual = false
    /// The condition of Jcc, SETcc and CMOVcc: the low four bits of the opcode.
    public var condition: UInt8 = 0
    public var operands: (Operand, Operand, Operand, Operand) = (.none, .none, .none, .none)
    public var memory = MemoryOperand()
    public var immediate: UInt64 = 0
    public var immediate2: UInt64 = 0

    // How it was encoded, for those who write it anew (the translator) or say which of several forms it is.

    /// The opcode's last byte; ModRM, where there is one, follows it.
    public var opcode: UInt8 = 0
    public var opcodeMap: OpcodeMap = .primary
    /// Where `opcode` lies in the instruction: the count of prefixes and escape bytes.
    public var opcodeOffset: UInt8 = 0
    /// 66, F3 or F2 where it is a part of the opcode; otherwise 0.
    public var mandatoryPrefix: UInt8 = 0
    /// The REX prefix where there is one and it counts (64-bit mode, directly before the opcode); otherwise 0.
    public var rex: UInt8 = 0
    public var hasModRM = false
    public var modRM: UInt8 = 0
    /// 66 was among the prefixes, whatever it meant.
    public var hasOperandSizePrefix = false
    /// The segment that a prefix named and that counts, as in `MemoryOperand.segment`; otherwise 255.
    public var segmentPrefix: UInt8 = 255

    public init() {}

    public var hasREX: Bool { rex != 0 }
    /// ModRM's parts, without REX's bits.
    public var mod: UInt8 { modRM >> 6 }
    public var reg: UInt8 { modRM >> 3 & 7 }
    public var rm: UInt8 { modRM & 7 }
}

/// base + index × 2^scale + displacement, in a segment; computed modulo 2^(8 × `Instruction.addressSize`).
public struct MemoryOperand: Hashable, Sendable {
    /// A general register's number; `absent`; or `instructionPointer`: the address of the next instruction.
    public var base: UInt8 = MemoryOperand.absent
    public var index: UInt8 = MemoryOperand.absent
    /// 0 to 3.
    public var scale: UInt8 = 0
    /// The segment that applies (default or prefix): 0 ES, 1 CS, 2 SS, 3 DS, 4 FS, 5 GS. In 64-bit mode, 0 to 3 have no base.
    public var segment: UInt8 = 3
    /// Sign-extended.
    public var displacement: Int64 = 0

    public static let absent: UInt8 = 16
    public static let instructionPointer: UInt8 = 17

    public init() {}
}
