extension FirmwareConfiguration {
    /// A range of the memory map that firmware hands on (E820).
    public struct MemoryRange: Equatable, Sendable {
        public enum Kind: UInt32, Sendable {
            case ram = 1
            case reserved = 2
        }

        public var address: UInt64
        public var byteCount: UInt64
        public var kind: Kind

        public init(address: UInt64, byteCount: UInt64, kind: Kind) {
            self.address = address
            self.byteCount = byteCount
            self.kind = kind
        }
    }

    /// Says where RAM is (file "etc/e820"): 20 bytes a range. SeaBIOS takes the RAM below 4 GB to start at 0, without the
    /// holes below 1 MB, and adds what it reserves itself.
    public func setMemoryMap(_ ranges: [MemoryRange]) {
        var bytes: [UInt8] = []
        for range in ranges {
            for value in [range.address, range.byteCount] {
                bytes += (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
            }
            bytes += (0..<4).map { UInt8(truncatingIfNeeded: range.kind.rawValue >> UInt32(8 * $0)) }
        }
        addFile("etc/e820", bytes)
    }
}
