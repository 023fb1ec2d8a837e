/// Why a link dropped a packet.
public enum LinkDrop: Int, CaseIterable, Codable, Sendable {
    /// The loss that the profile asks for.
    case loss
    /// The queue in front of the transmitter was full.
    case queueFull
    /// The queue discipline (CoDel, RED) dropped it.
    case aqm
    /// Its IP packet, or that of one of its segments, was larger than the link's MTU.
    case mtu
    /// The link was down, or was taken down while the packet was on it.
    case down
    /// The packet pool had no room for a copy.
    case memory
    /// A super-packet that claims a segmentation that its headers do not bear out.
    case malformed
}

/// What one direction of a link has done since it was made. Packets and bytes are counted as on the wire: a super-packet
/// counts as its segments, each with its headers.
///
/// At any time: packetsIn + duplicates = packetsDelivered + dropped packets + queuedPackets + flyingPackets.
public struct LinkStatistics: Codable, Equatable, Sendable {
    /// Packets handed to the link.
    public var packetsIn: UInt64 = 0
    /// Bytes handed to the link.
    public var bytesIn: UInt64 = 0
    /// Packets that came out at the other end.
    public var packetsDelivered: UInt64 = 0
    /// Bytes that came out at the other end.
    public var bytesDelivered: UInt64 = 0
    /// Second copies made.
    public var duplicates: UInt64 = 0
    /// Packets with a flipped bit.
    public var corruptions: UInt64 = 0
    /// Packets marked with Congestion Experienced instead of being dropped.
    public var marks: UInt64 = 0
    /// Packets that `LinkProfile.reorder` sent ahead.
    public var expedited: UInt64 = 0
    /// Packets that came out after one that was sent later (RFC 4737, section 3), whatever the cause.
    public var reordered: UInt64 = 0
    /// Super-packets that were cut into their segments.
    public var segmented: UInt64 = 0
    /// Packets waiting for the transmitter.
    public var queuedPackets: UInt64 = 0
    /// Bytes waiting for the transmitter.
    public var queuedBytes: UInt64 = 0
    /// The most packets that ever waited.
    public var queuedPacketsMaximum: UInt64 = 0
    /// The most bytes that ever waited.
    public var queuedBytesMaximum: UInt64 = 0
    /// Packets past the queue and not yet delivered.
    public var flyingPackets: UInt64 = 0

    private var dropsLoss: UInt64 = 0
    private var dropsQueueFull: UInt64 = 0
    private var dropsAQM: UInt64 = 0
    private var dropsMTU: UInt64 = 0
    private var dropsDown: UInt64 = 0
    private var dropsMemory: UInt64 = 0
    private var dropsMalformed: UInt64 = 0

    public init() {}

    /// Packets dropped for `reason`.
    public subscript(reason: LinkDrop) -> UInt64 {
        get {
            switch reason {
            case .loss: dropsLoss
            case .queueFull: dropsQueueFull
            case .aqm: dropsAQM
            case .mtu: dropsMTU
            case .down: dropsDown
            case .memory: dropsMemory
            case .malformed: dropsMalformed
            }
        }
        set {
            switch reason {
            case .loss: dropsLoss = newValue
            case .queueFull: dropsQueueFull = newValue
            case .aqm: dropsAQM = newValue
            case .mtu: dropsMTU = newValue
            case .down: dropsDown = newValue
            case .memory: dropsMemory = newValue
            case .malformed: dropsMalformed = newValue
            }
        }
    }

    /// Packets dropped for any reason.
    public var dropped: UInt64 {
        dropsLoss &+ dropsQueueFull &+ dropsAQM &+ dropsMTU &+ dropsDown &+ dropsMemory &+ dropsMalformed
    }
}
