/// The bits of `ct_state` (ovs-fields(7)).
public struct ConnectionState: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The packet opens a connection that is not committed yet, or nobody has answered to.
    public static let new = ConnectionState(rawValue: 0x01)
    public static let established = ConnectionState(rawValue: 0x02)
    /// An ICMP error about a connection, or a connection that a helper expected.
    public static let related = ConnectionState(rawValue: 0x04)
    /// Against the direction of the connection's first packet.
    public static let reply = ConnectionState(rawValue: 0x08)
    public static let invalid = ConnectionState(rawValue: 0x10)
    /// The packet has been through the tracker.
    public static let tracked = ConnectionState(rawValue: 0x20)
    /// The source, or the destination, of this packet has been translated.
    public static let sourceTranslated = ConnectionState(rawValue: 0x40)
    public static let destinationTranslated = ConnectionState(rawValue: 0x80)

    static let translated: ConnectionState = [.sourceTranslated, .destinationTranslated]
}
