/// Where an instruction's operand lies. Four bytes: instructions are decoded by the hundred thousand.
public struct Operand: Hashable, Sendable {
    public enum Kind: UInt8, Sendable {
        case none
        /// A general register; `number` 0 to 15. Its width is the operand's `size`.
        case general
        /// AH, CH, DH, BH: bits 8 to 15 of register `number` 0 to 3.
        case highByte
        /// The memory operand described by `Instruction.memory`.
        case memory
        /// `Instruction.immediate`, sign-extended to 64 bits; ports, vectors, counts of bits or bytes, predicates and far
        /// pointers' offsets are zero-extended.
        case immediate
        /// `Instruction.immediate2`, zero-extended (ENTER, far pointers' selector).
        case immediate2
        /// A jump's displacement, `Instruction.immediate`, sign-extended, from the end of the instruction.
        case relative
        /// 0 ES, 1 CS, 2 SS, 3 DS, 4 FS, 5 GS.
        case segment
        case control, debug, mmx, xmm
        /// ST(`number`).
        case x87
    }

    public var kind: Kind
    public var number: UInt8
    /// Bytes read or written: 1, 2, 4, 8, 10, 16; for memory operands whose size is none of these (FXSAVE, LGDT) the true count;
    /// 0 where it depends on more than the encoding (XSAVE), and where nothing is accessed (LEA, INVLPG, prefetches).
    public var size: UInt16

    public init(_ kind: Kind, _ number: UInt8 = 0, size: UInt16 = 0) {
        self.kind = kind
        self.number = number
        self.size = size
    }

    public static let none = Operand(.none)
}
