/// One entry of the opcode tables, 8 bytes: an instruction's operation and operands; or how to choose one of several further
/// entries.
struct OpcodeEntry {
    /// What chooses the entry that counts, among those from `index` on.
    enum Choice: UInt8 {
        case none
        /// ModRM's reg: 8 entries.
        case reg
        /// ModRM's r/m: 8 entries.
        case rm
        /// Memory or register: 2 entries.
        case mod
        /// The mandatory prefix: none, 66, F3, F2.
        case prefix
        /// REX.W: 0, 1.
        case wide
        /// REX.B: 0, 1.
        case rexB
        /// 64-bit mode: no, yes.
        case longMode
    }

    struct Flags: OptionSet {
        let rawValue: UInt16

        static let modRM = Flags(rawValue: 1 << 0)
        /// LOCK is allowed where the first operand is memory.
        static let lock = Flags(rawValue: 1 << 1)
        /// The operand size is 1.
        static let byte = Flags(rawValue: 1 << 2)
        /// In 64-bit mode, the operand size is 8, with 66 it is 2 (Intel's "d64").
        static let default64 = Flags(rawValue: 1 << 3)
        /// In 64-bit mode, the operand size is 8 (Intel's "f64").
        static let force64 = Flags(rawValue: 1 << 4)
        /// The operand size is 8 in 64-bit mode, and 4 otherwise.
        static let modeSized = Flags(rawValue: 1 << 5)
        /// The operand size is at most 4.
        static let atMost4 = Flags(rawValue: 1 << 6)
        /// Not in 64-bit mode ("i64"); only there ("o64").
        static let notLong = Flags(rawValue: 1 << 7)
        static let onlyLong = Flags(rawValue: 1 << 8)
        /// The opcode's low bits are a condition.
        static let conditional = Flags(rawValue: 1 << 9)
        /// ModRM's mod is ignored: a register always.
        static let registerAlways = Flags(rawValue: 1 << 10)
        /// 66 chose this entry, but still is the prefix for the operand size.
        static let sized = Flags(rawValue: 1 << 11)
    }

    /// An `Operation`, or the index of the first further entry.
    var value: UInt16 = 0
    var flags: Flags = []
    var choice = Choice.none
    var form0 = OperandForm.none
    var form1 = OperandForm.none
    var form2 = OperandForm.none

    static let invalid = OpcodeEntry()

    static func op(
        _ operation: Operation, _ form0: OperandForm = .none, _ form1: OperandForm = .none,
        _ form2: OperandForm = .none, flags: Flags = []
    ) -> OpcodeEntry {
        var flags = flags
        if form0.usesModRM || form1.usesModRM { flags.insert(.modRM) }
        if form0.isByte { flags.insert(.byte) }
        return OpcodeEntry(
            value: operation.rawValue, flags: flags, form0: form0, form1: form1, form2: form2)
    }
}
