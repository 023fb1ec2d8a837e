/// The words by which the data path's timer wheel says what a deadline is for: a kind in the top 8 bits, a payload
/// below. Kinds under 16 belong to links; the payload is the link direction's index.
public enum LinkToken {
    /// The transmitter or the receiving end of a link direction has something to do (`LinkDirection.expired`).
    public static let event: UInt64 = 1

    /// A link direction's token.
    @inlinable
    public static func make(link: Int32) -> UInt64 {
        event << 56 | UInt64(UInt32(bitPattern: link))
    }

    /// The kind of any token.
    @inlinable
    public static func kind(_ token: UInt64) -> UInt64 { token >> 56 }

    /// The link direction's index in a token of kind `event`.
    @inlinable
    public static func link(_ token: UInt64) -> Int32 {
        Int32(bitPattern: UInt32(truncatingIfNeeded: token))
    }
}
