/// What the tracker knows of a packet (the `ct_*` fields).
public struct ConnectionMetadata: Equatable, Sendable {
    public var state: ConnectionState
    public var zone: UInt16
    public var mark: UInt32
    public var label: FieldValue
    /// The first packet's key, before any translation; protocol 0: none.
    public var original: ConnectionKey

    /// Of a packet that has not been through the tracker.
    public init() {
        state = []
        zone = 0
        mark = 0
        label = .zero
        original = ConnectionKey()
    }
}

/// The tracker's answer: the packet's metadata and what to change in it.
public struct ConnectionVerdict: Sendable {
    public var metadata = ConnectionMetadata()
    /// The key that the packet has, and the one that it is to have: equal when there is nothing to translate.
    var before = ConnectionKey()
    var after = ConnectionKey()
    /// The key is that of a packet within an ICMP error, reversed.
    var isError = false
    /// To add to TCP's sequence and acknowledgment numbers.
    var sequenceShift: Int32 = 0
    var acknowledgmentShift: Int32 = 0
    /// Bytes of the payload to be replaced by `replacement`; empty range and replacement: none.
    var replacedOffset = 0
    var replacedCount = 0
    var replacement = ShortText()

    init() {}

    /// Whether the packet has to be changed.
    public var rewrites: Bool {
        before != after || sequenceShift != 0 || acknowledgmentShift != 0 || replacement.count > 0
    }
}

/// Up to 64 ASCII characters without an allocation.
struct ShortText: Sendable {
    private(set) var bytes: [64 of UInt8] = .init(repeating: 0)
    private(set) var count = 0

    mutating func append(_ byte: UInt8) {
        guard count < 64 else { return }
        bytes[count] = byte
        count += 1
    }

    mutating func append(_ text: String) {
        for byte in text.utf8 { append(byte) }
    }
}
