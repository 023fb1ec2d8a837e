/// What the decoding of a block depends on beside its bytes. Blocks are found by physical address and this.
public struct BlockKey: Hashable, Sendable {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// - Parameters:
    ///   - stackSize: bytes of the stack pointer in use: 2, 4 or 8.
    public init(mode: CodeMode, stackSize: Int, isUser: Bool, isProtected: Bool) {
        rawValue =
            UInt64(mode.rawValue) | (stackSize == 2 ? 0 : stackSize == 4 ? 1 << 2 : 2 << 2) | (isUser ? 1 << 4 : 0)
            | (isProtected ? 1 << 5 : 0)
    }

    public var mode: CodeMode { CodeMode(rawValue: UInt8(rawValue & 3)) ?? .bits64 }
    public var stackSize: Int { 2 << Int(rawValue >> 2 & 3) }
    /// CPL 3.
    public var isUser: Bool { rawValue & 1 << 4 != 0 }
    /// Protected mode, not virtual 8086: selectors name descriptors.
    public var isProtected: Bool { rawValue & 1 << 5 != 0 }

    public static let mask: UInt64 = 0xffff
    /// One generation of translations more, in `StateLayout.blockKey`.
    public static let generation: UInt64 = 1 << 16
}
