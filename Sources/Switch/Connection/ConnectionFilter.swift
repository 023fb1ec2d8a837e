/// Which connections to forget (`dpctl/flush-conntrack`, `NXT_CT_FLUSH`). What is nil or zero matches everything.
public struct ConnectionFilter: Equatable, Sendable {
    /// One direction of a connection.
    public struct Tuple: Equatable, Sendable {
        public var source: FieldValue?
        public var destination: FieldValue?
        public var sourcePort: UInt16 = 0
        public var destinationPort: UInt16 = 0
        public var icmpIdentifier: UInt16?
        public var icmpType: UInt8?
        public var icmpCode: UInt8?

        public init() {}

        func matches(_ key: ConnectionKey) -> Bool {
            if let source, source != key.source { return false }
            if let destination, destination != key.destination { return false }
            if key.isICMP {
                if let icmpIdentifier, icmpIdentifier != key.icmpIdentifier { return false }
                if let icmpType, icmpType != key.icmpType { return false }
                if let icmpCode, icmpCode != 0 { return false }
                return true
            }
            if sourcePort != 0, sourcePort != key.sourcePort { return false }
            return destinationPort == 0 || destinationPort == key.destinationPort
        }
    }

    public var zone: UInt16?
    public var ipProtocol: UInt8 = 0
    public var isIPv6: Bool?
    public var original = Tuple()
    public var reply = Tuple()

    public init() {}

    func matches(_ connection: Connection) -> Bool {
        let key = connection.original
        if let zone, zone != key.zone { return false }
        if ipProtocol != 0, ipProtocol != key.ipProtocol { return false }
        if let isIPv6, isIPv6 != key.isIPv6 { return false }
        return original.matches(key) && reply.matches(connection.reply)
    }
}
