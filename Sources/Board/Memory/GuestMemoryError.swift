/// A device was pointed at guest physical addresses that are not RAM.
public struct GuestMemoryError: Error, Equatable, CustomStringConvertible {
    public let address: UInt64
    public let byteCount: UInt64

    public init(address: UInt64, byteCount: UInt64) {
        self.address = address
        self.byteCount = byteCount
    }

    public var description: String {
        "\(byteCount) bytes at guest address 0x\(String(address, radix: 16)) are not all RAM"
    }
}
