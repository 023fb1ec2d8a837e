import OpenFlow

/// A connection's number, unique among all connections of a process.
public struct ConnectionID: Hashable, Sendable {
    public var number: UInt32
    public init(_ number: UInt32) { self.number = number }
}

/// What a connection is to its bridge.
public enum ConnectionKind: Equatable, Sendable {
    /// A controller that the bridge was told to connect to: the bridge's fail mode depends on it.
    case controller
    /// Somebody who connected, `ovs-ofctl` or a controller: gets nothing unasked before it has set a miss length.
    case service
    /// An auxiliary connection of a controller (OpenFlow 1.3, 6.3.7), with its number.
    case auxiliary(UInt8, of: ConnectionID)
}

/// What an agent is told of a new connection.
public struct ConnectionTerms: Sendable {
    public var version: OpenFlowVersion
    public var kind: ConnectionKind
    /// Packet-ins a second and at once; nil: no limit.
    public var rateLimit: UInt32?
    public var burstLimit: UInt32
    /// Whether packet-ins, flow-removed and port-status messages come before they are asked for.
    public var sendsAsynchronousMessages: Bool
    /// The connection as a URI (`tcp:198.51.100.1:6653`), for controller-status messages.
    public var uri: String
    public var gauge: ConnectionGauge

    public init(
        version: OpenFlowVersion, kind: ConnectionKind, rateLimit: UInt32? = nil, burstLimit: UInt32 = 0,
        sendsAsynchronousMessages: Bool = true, uri: String = "", gauge: ConnectionGauge = ConnectionGauge()
    ) {
        self.version = version
        self.kind = kind
        self.rateLimit = rateLimit
        self.burstLimit = burstLimit
        self.sendsAsynchronousMessages = sendsAsynchronousMessages
        self.uri = uri
        self.gauge = gauge
    }
}

/// What an agent has for a peer.
public struct AgentOutput: Sendable {
    public var connection: ConnectionID
    /// In the order in which they are to be sent.
    public var messages: [Message]
    /// What the messages count on the gauge until they are encoded.
    public var weight: Int
    /// Bytes of requests that are dealt with.
    public var answered: Int
    /// Not nil: the connection is to be closed, for this reason.
    public var endReason: String?
}
