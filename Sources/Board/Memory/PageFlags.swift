/// What is known of a page of guest RAM; a byte in `GuestMemory.pageFlags`. Set and cleared with atomic operations:
/// several vCPUs and device threads share it.
public enum PageFlags {
    /// The software CPU holds code that it decoded from this page: whoever writes to it must say so first.
    public static let code: UInt8 = 1
    /// Written since the flag was cleared, for live migration and snapshots.
    public static let dirty: UInt8 = 2
    /// The flag `dirty` is wanted: a writer sets it.
    public static let isLogged: UInt8 = 4
}
