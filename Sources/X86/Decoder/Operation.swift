/// What an instruction does: Intel's mnemonics, lower case; where one mnemonic names different operations, the operands differ.
public enum Operation: UInt16, Sendable {
    /// No instruction of this processor: #UD.
    case invalid
    case add, or, adc, sbb, and, sub, xor, cmp
}
