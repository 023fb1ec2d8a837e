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
    /// F3: REP, REPE; where it is no mandatory prefix.
    public var isRepeat = false
    /// F2: REPNE; where it is no mandatory prefix.
    public var isRepeatNotEqual = false
    /// The condition of Jcc, SETcc and CMOVcc: the low four bits of the opcode.
    public var condition: UInt8 = 0
    public var operands: (Operand, Operand, Operand, Operand) = (.none, .none, .none, .none)
    public var memory = MemoryOperand()
    public var immediate: UInt64 = 0
    public var immediate2: UInt64 = 0

    public init() {}
}

/// base + index × 2^scale + displacement, in a segment.
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
