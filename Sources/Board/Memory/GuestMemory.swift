import Synchronization

/// A machine's RAM as devices see it: guest physical addresses, checked on every access.
///
/// The guest may write to its memory at any moment, also while a device looks at it. So a device *copies* what it
/// needs, once, and checks the copy; nothing here hands out a Swift value that lies in guest memory.
///
/// Regions do not overlap and are sorted. Addresses outside of them are an error, never a trap: they come from the guest.
/// The memory belongs to whoever mapped it and outlives this object.
public final class GuestMemory: @unchecked Sendable {
    /// A run of RAM: guest physical addresses `address ..< address + byteCount` lie at `host`.
    public struct Region: Sendable {
        public let address: UInt64
        public let byteCount: UInt64
        public nonisolated(unsafe) let host: UnsafeMutableRawPointer
        /// Where this run starts in the file that backs the memory, for those who share it (vhost-user).
        public let fileOffset: UInt64

        public init(address: UInt64, byteCount: UInt64, host: UnsafeMutableRawPointer, fileOffset: UInt64) {
            precondition(address % 4096 == 0 && byteCount % 4096 == 0)
            self.address = address
            self.byteCount = byteCount
            self.host = host
            self.fileOffset = fileOffset
        }
    }

    public let regions: [Region]
    /// The regions once more, without a reference count: looked through for every descriptor.
    @usableFromInline let table: UnsafeMutableBufferPointer<Region>
    /// One byte for each page of RAM, region after region. See `PageFlags`.
    public nonisolated(unsafe) let pageFlags: UnsafeMutablePointer<UInt8>
    public let pageCount: Int
    /// Called with the address of a page that a device writes to while the CPU has decoded code from it.
    /// Set by the software CPU before any device runs; called on the writing device's thread.
    public nonisolated(unsafe) var onCodeWrite: (@Sendable (_ page: UInt64) -> Void)?

    public init(regions: [Region]) {
        for (earlier, later) in zip(regions, regions.dropFirst()) {
            precondition(earlier.address + earlier.byteCount <= later.address, "regions are sorted and apart")
        }
        self.regions = regions
        table = .allocate(capacity: regions.count)
        _ = table.initialize(from: regions)
        pageCount = regions.reduce(0) { $0 + Int($1.byteCount >> 12) }
        pageFlags = .allocate(capacity: max(pageCount, 1))
        pageFlags.initialize(repeating: 0, count: max(pageCount, 1))
    }

    deinit {
        pageFlags.deallocate()
        table.deallocate()
    }

    /// All RAM together, in bytes.
    public var byteCount: UInt64 { UInt64(pageCount) << 12 }

    /// Where `count` bytes at `address` lie, if one region holds them all.
    @inlinable
    public func pointer(at address: UInt64, count: Int) -> UnsafeMutableRawPointer? {
        for region in table where address >= region.address {
            let offset = address - region.address
            if offset < region.byteCount, UInt64(count) <= region.byteCount - offset {
                return region.host + Int(offset)
            }
        }
        return nil
    }
}
