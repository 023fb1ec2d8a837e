/// Reads instructions: bytes in, `Instruction` out. No state, no allocation; 16-, 32- and 64-bit code.
///
/// A prefix loop, then a walk through the opcode tables (`OpcodeTable`), which end at an operation and up to three operand
/// forms. What it knows is an Intel processor of x86-64-v2: VEX, EVEX and XOP are invalid; where Intel and AMD differ
/// (66 with near branches, far pointers with REX.W), it is Intel's way.
public enum Decoder {
    /// The instruction at the start of `bytes`. Bytes behind it are not looked at; 15 are always enough.
    @inlinable
    public static func decode(_ bytes: UnsafeRawBufferPointer, mode: CodeMode) throws(DecodeError) -> Instruction {
        guard let start = bytes.baseAddress, bytes.count > 0 else { throw .truncated }
        return try decode(start, bytes.count, mode)
    }

    public static let maximumLength = 15

    @usableFromInline
    static func decode(_ start: UnsafeRawPointer, _ count: Int, _ mode: CodeMode) throws(DecodeError) -> Instruction {
        var decoding = Decoding(start, count, mode)
        try decoding.run()
        return decoding.instruction
    }
}
