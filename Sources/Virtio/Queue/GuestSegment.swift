/// A run of guest RAM that a descriptor names, checked and translated.
public struct GuestSegment {
    /// Guest physical.
    public let address: UInt64
    /// Where it lies in this process. The guest may change it at any moment.
    public let host: UnsafeMutableRawPointer
    public let byteCount: Int
}
