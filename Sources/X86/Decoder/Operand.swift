/// Where an instruction's operand lies. Two bytes: instructions are decoded by the hundred thousand.
public struct Operand: Hashable, Sendable {
    public enum Kind: UInt8, Sendable {
        case none
        /// A general register; `number` 0 to 15. Its width is the operand's `size`.
        case general
        /// AH, CH, DH, BH: bits 8 to 15 of register `number` 0 to 3.
        case highByte
        /// The memory operand described by `Instruction.memory`.
        case memory
        /// `Instruction.immediate`, sign-extended to 64 bits.
        case immediate
        /// `Instruction.immediate2` (ENTER, far pointers' selector, EXTRQ).
        case immediate2
        /// A jump's displacement, `Instruction.immediate`, from the end of the instruction.
        case relative
        case segment, control, debug, mmx, xmm, x87
    }

    public var kind: Kind
    public var number: UInt8
    /// Bytes read or written: 1, 2, 4, 8, 10, 16; for memory operands whose size is none of these (FXSAVE, LGDT) the true count.
    public var size: UInt16

    public init(_ kind: Kind, _ number: UInt8 = 0, size: UInt16 = 0) {
        self.kind = kind
        self.number = number
        self.size = size
    }

    public static let none = Operand(.none)
}
