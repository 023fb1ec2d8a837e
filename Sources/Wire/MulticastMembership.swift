/// What a group membership message says: IGMP (RFC 2236, RFC 9776) over IPv4, MLD (RFC 2710, RFC 9777) over IPv6.
public enum MulticastMembership: Equatable, Sendable {
    /// A router asks who listens: to any group, or to the one in the message.
    case query
    /// A host listens to the group in the message.
    case report
    /// A host lists its groups and their sources (IGMPv3, MLDv2).
    case reportWithSources
    /// A host stops listening to the group in the message.
    case leave

    /// The message at the start of an IGMP packet; nil when the type is another or there are fewer than 8 bytes.
    public init?(igmp bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 8 else { return nil }
        switch bytes[0] {
        case 0x11: self = .query
        case 0x12, 0x16: self = .report
        case 0x17: self = .leave
        case 0x22: self = .reportWithSources
        default: return nil
        }
    }

    /// The message at the start of an ICMPv6 packet; nil when the type is another or there are fewer than 8 bytes.
    public init?(mld bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 8 else { return nil }
        switch bytes[0] {
        case ICMPHeader.V6.listenerQuery: self = .query
        case ICMPHeader.V6.listenerReport: self = .report
        case ICMPHeader.V6.listenerDone: self = .leave
        case ICMPHeader.V6.listenerReportV2: self = .reportWithSources
        default: return nil
        }
    }
}
