/// What lies behind a machine's disk: bytes by offset. Calls wait for the storage; devices make them on a `BlockExecutor`.
public protocol BlockStorage: AnyObject {
    /// The size the guest sees, in bytes; a multiple of 512.
    var byteCount: UInt64 { get }
    var isReadOnly: Bool { get }
    /// Reads into `buffers`, one after the other, from `offset` on. All or an error.
    func read(at offset: UInt64, into buffers: [UnsafeMutableRawBufferPointer]) throws(BlockStorageError)
    func write(at offset: UInt64, from buffers: [UnsafeRawBufferPointer]) throws(BlockStorageError)
    /// When this returns, everything that was written before survives a crash of the host.
    func flush() throws(BlockStorageError)
    /// The guest does not need these bytes any more; they read as anything, or as zero where `mustZero`.
    func discard(at offset: UInt64, byteCount: UInt64, mustZero: Bool) throws(BlockStorageError)
}

/// Why storage did not do what a guest asked for. The guest sees an I/O error; the text is for the log.
public struct BlockStorageError: Error, CustomStringConvertible, Sendable {
    public enum Kind: Sendable {
        case outOfRange, readOnly, noSpace, corrupt, system, unsupported
    }

    public let kind: Kind
    public let description: String

    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

/// Where a device has work done that waits. `work` runs without the device lock, maybe on another thread, in the order of
/// the calls; `completion` runs with the device lock held. A test's executor does both at once.
public protocol BlockExecutor: AnyObject {
    func execute(_ work: @escaping () -> Void, completion: @escaping () -> Void)
}
