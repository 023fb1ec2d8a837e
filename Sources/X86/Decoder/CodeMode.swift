/// How bytes of code are read: the default sizes of operands and addresses, by the code segment and EFER.LMA.
public enum CodeMode: UInt8, Sendable {
    case bits16, bits32, bits64
}
