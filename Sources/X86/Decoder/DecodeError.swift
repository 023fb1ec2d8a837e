/// Why bytes are no instruction.
public enum DecodeError: Error {
    /// The buffer ended before the instruction did: fetch more bytes (or fault doing so), at most 15 in all, and decode again.
    case truncated
    /// No instruction of this processor, or one that these prefixes, operands or this mode do not allow: #UD.
    case invalidOpcode
    /// Longer than 15 bytes: #GP(0).
    case tooLong
}
