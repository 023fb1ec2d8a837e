import Board

/// Port 0x402: SeaBIOS writes its log here, a byte at a time, where it reads 0xE9 (its src/output.c).
public final class DebugPort: ByteRegisters {
    public static let port: UInt64 = 0x402
    private let channel: any ByteChannel

    public init(channel: any ByteChannel) { self.channel = channel }

    public func readByte(at offset: Int) -> UInt8 { 0xe9 }
    public func writeByte(_ value: UInt8, at offset: Int) { channel.write([value]) }

    /// Takes its port in `space`.
    public func map(in space: AddressSpace) { space.map(self, at: Self.port, byteCount: 1, name: "debug port") }
}
