import OpenFlow

/// Changes that a controller gathers, to make them all at once (OpenFlow 1.5, 6.9 and 7.3.9).
struct Bundle {
    /// A message as it came: 100,000 of them as values would take 100 MB.
    struct Entry {
        var bytes: ArraySlice<UInt8>
        var xid: UInt32

        func message(version: OpenFlowVersion) throws(OpenFlowError) -> Message {
            let result = bytes.withUnsafeBytes { frame in
                Result { () throws(OpenFlowError) in try Message.decode(frame, version: version) }
            }
            return try result.get()
        }
    }

    var flags: Message.BundleFlags
    var isClosed = false
    var entries: [Entry] = []
    /// When it expires if nothing more comes.
    var deadline: UInt64
    /// When it is to be committed, in the agent's time, and the request that said so.
    var commitAt: UInt64?
    var commitXID: UInt32 = 0
    var commitQuote: [UInt8] = []

    /// How long an open bundle may rest, in nanoseconds.
    static let patience: UInt64 = 10_000_000_000
    /// Messages of a bundle, and bundles of a controller.
    static let messageLimit = 1_000_000
    static let limit = 64
    /// How far ahead a commit may be scheduled, and how late it may come, in nanoseconds (OpenFlow 1.5, 7.3.9.7).
    static let longestFuture: UInt64 = 3_600_000_000_000
    static let longestPast: UInt64 = 1_000_000_000

    init(flags: Message.BundleFlags, now: UInt64) {
        self.flags = flags
        deadline = now &+ Self.patience
    }
}
