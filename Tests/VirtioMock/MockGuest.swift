import Board

/// RAM of a guest that runs no code: two regions, as on a PC with more than 3 GiB.
public final class MockGuest {
    public let memory: GuestMemory
    private let bytes: UnsafeMutableRawPointer
    private let ownsBytes: Bool
    private let lowByteCount: UInt64
    private var next: UInt64 = 0x1000

    /// Where the upper region starts.
    public static let highAddress: UInt64 = 0x1_0000_0000

    /// The upper region's size.
    public static let highByteCount = 0x1_0000

    /// - Parameters:
    ///   - byteCount: of the lower region.
    ///   - storage: where the RAM is, both regions one after the other; nil: its own memory.
    public init(byteCount: Int = 4 << 20, storage: UnsafeMutableRawPointer? = nil) {
        let high = Self.highByteCount
        ownsBytes = storage == nil
        bytes = storage ?? .allocate(byteCount: byteCount + high, alignment: 4096)
        bytes.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount + high)
        lowByteCount = UInt64(byteCount)
        memory = GuestMemory(regions: [
            .init(address: 0, byteCount: UInt64(byteCount), host: bytes, fileOffset: 0),
            .init(
                address: Self.highAddress, byteCount: UInt64(high), host: bytes + byteCount,
                fileOffset: UInt64(byteCount)),
        ])
    }

    deinit {
        if ownsBytes { bytes.deallocate() }
    }

    /// Takes RAM that nobody else uses.
    public func allocate(_ byteCount: Int, alignment: UInt64 = 16) -> UInt64 {
        let address = (next + alignment - 1) & ~(alignment - 1)
        precondition(address + UInt64(byteCount) <= lowByteCount, "the mock guest is out of RAM")
        next = address + UInt64(byteCount)
        return address
    }
}
