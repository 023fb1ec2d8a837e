import OpenFlow
import Switch

/// Changes that a controller gathers, to make them all at once (OpenFlow 1.5, 6.9 and 7.3.9).
final class Bundle {
    /// A message of a bundle: what it changes, and as much of it as an error quotes.
    struct Entry {
        enum Content {
            /// Decoded and found right.
            case flow(PackedFlowModification)
            /// To be decoded with the commit, from the bundle's bytes.
            case other
        }

        var content: Content
        var xid: UInt32
        /// Where it is in the bundle's bytes; of a flow-mod just the beginning is kept.
        fileprivate var start: Int
        fileprivate var count: Int
    }

    var flags: Message.BundleFlags
    var isClosed = false
    private(set) var entries: [Entry] = []
    private var bytes: [UInt8] = []
    var byteCount: Int { bytes.count }
    /// When it expires if nothing more comes.
    var deadline: UInt64
    /// When it is to be committed, in the agent's time, and the request that said so.
    var commitAt: UInt64?
    var commitXID: UInt32 = 0
    var commitQuote: [UInt8] = []

    /// How long an open bundle may rest, in nanoseconds.
    static let patience: UInt64 = 10_000_000_000
    /// Bundles of a controller, and messages and bytes that are kept of them all.
    static let limit = 64
    static let messageLimit = 1_000_000
    static let byteLimit = 128 << 20
    /// How far ahead a commit may be scheduled, and how late it may come, in nanoseconds (OpenFlow 1.5, 7.3.9.7).
    static let longestFuture: UInt64 = 3_600_000_000_000
    static let longestPast: UInt64 = 1_000_000_000

    /// As much of a message as an error quotes: a bundle may hold very many, and Open vSwitch keeps no more either.
    private static let quoteLength = 64

    init(flags: Message.BundleFlags, now: UInt64) {
        self.flags = flags
        deadline = now &+ Self.patience
    }

    func append(_ content: Entry.Content, _ message: ArraySlice<UInt8>, xid: UInt32) {
        let kept: ArraySlice<UInt8> =
            if case .flow = content { message.prefix(Self.quoteLength) } else { message }
        entries.append(Entry(content: content, xid: xid, start: bytes.count, count: kept.count))
        bytes.append(contentsOf: kept)
    }

    /// The message of an entry whose content is `other`.
    func message(of entry: Entry, version: OpenFlowVersion) throws(OpenFlowError) -> Message {
        let result = bytes[entry.start..<entry.start + entry.count].withUnsafeBytes { frame in
            Result { () throws(OpenFlowError) in try Message.decode(frame, version: version) }
        }
        return try result.get()
    }

    /// As much of a message as an error quotes.
    func quote(of entry: Entry) -> [UInt8] {
        Array(bytes[entry.start..<entry.start + min(entry.count, Self.quoteLength)])
    }
}
