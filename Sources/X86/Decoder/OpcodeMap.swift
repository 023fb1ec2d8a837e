/// Which table an opcode's last byte belongs to, by the escape bytes before it.
public enum OpcodeMap: UInt8, Sendable {
    /// No escape byte.
    case primary
    /// 0F
    case secondary
    /// 0F 38
    case tertiary38
    /// 0F 3A
    case tertiary3A
}
