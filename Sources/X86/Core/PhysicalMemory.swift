import CX86

/// RAM as the processors see it. Addresses outside of it are the bus's.
///
/// The memory belongs to whoever mapped it. `flags` has a byte for each page, run after run, as `PageFlags` names their bits. They
/// are shared with the devices, so all changes are atomic.
public struct PhysicalMemory: @unchecked Sendable {
    public struct Run: @unchecked Sendable {
        public var address: UInt64
        public var byteCount: UInt64
        public var host: UnsafeMutableRawPointer
        /// The number of the first page, in `flags`.
        public var firstPage: Int
        public var isReadOnly: Bool

        public init(
            address: UInt64, byteCount: UInt64, host: UnsafeMutableRawPointer, firstPage: Int, isReadOnly: Bool = false
        ) {
            self.address = address
            self.byteCount = byteCount
            self.host = host
            self.firstPage = firstPage
            self.isReadOnly = isReadOnly
        }
    }

    public let runs: [Run]
    public let flags: UnsafeMutablePointer<UInt8>

    public init(runs: [Run], flags: UnsafeMutablePointer<UInt8>) {
        self.runs = runs
        self.flags = flags
    }

    func setFlags(_ bits: UInt8, page: Int) { _ = cx86_fetch_or8(flags + page, bits) }
    func clearFlags(_ bits: UInt8, page: Int) { _ = cx86_fetch_and8(flags + page, ~bits) }

    /// The RAM behind a physical address: where it lies, its page's number in `flags`; nil where the bus answers.
    @inlinable
    public func find(_ address: UInt64) -> (host: UnsafeMutableRawPointer, page: Int, isReadOnly: Bool)? {
        for run in runs where address >= run.address {
            let offset = address - run.address
            if offset < run.byteCount {
                return (run.host + Int(offset), run.firstPage + Int(offset >> 12), run.isReadOnly)
            }
        }
        return nil
    }
}
