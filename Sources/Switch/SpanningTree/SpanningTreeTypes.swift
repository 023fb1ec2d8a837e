/// The role of a bridge port in the spanning tree (IEEE 802.1D-2004, 17.3).
public enum SpanningTreePortRole: UInt8, Sendable, Equatable, CaseIterable {
    case disabled, root, designated, alternate, backup
}

/// What a bridge port does with data frames (IEEE 802.1D-2004, 7.4).
public enum SpanningTreePortState: UInt8, Sendable, Equatable, CaseIterable {
    /// Neither learns nor forwards.
    case discarding
    /// Learns source addresses, forwards nothing.
    case learning
    /// Learns and forwards.
    case forwarding
}

/// What the bridge has to do because the spanning tree decided something. Events are to be carried out in their order: a port
/// stops forwarding before the BPDU that says so leaves.
public enum SpanningTreeEvent: Sendable, Equatable {
    /// Send this Ethernet frame (destination, source, length, LLC, BPDU; padded to 60 bytes) out of the port, past its state.
    case transmit(port: UInt16, frame: [UInt8])
    /// The port's role or state is now this one.
    case portState(port: UInt16, role: SpanningTreePortRole, state: SpanningTreePortState)
    /// Forget every dynamic MAC entry learned on this port.
    case flush(port: UInt16)
    /// This bridge saw its active topology change on the port (it began to forward); neighbours are being told.
    case topologyChange(port: UInt16)
}

/// What a bridge knows about the tree, for display.
public struct SpanningTreeStatus: Sendable, Equatable {
    /// Priority (16 bits, high) and MAC address (48 bits) of this bridge.
    public var bridgeID: UInt64
    /// Priority and MAC address of the root bridge.
    public var rootID: UInt64
    public var rootPathCost: UInt32
    /// The number of the root port; nil on the root bridge.
    public var rootPort: UInt16?
    /// How often this bridge began to forward on a port that is not an edge.
    public var topologyChanges: UInt64

    public var isRoot: Bool { bridgeID == rootID }
}

/// What a bridge knows about one of its ports, for display.
public struct SpanningTreePortStatus: Sendable, Equatable {
    public var number: UInt16
    public var role: SpanningTreePortRole
    public var state: SpanningTreePortState
    public var pathCost: UInt32
    public var priority: UInt8
    public var isEdge: Bool
    public var isPointToPoint: Bool
    /// False while the neighbour speaks only the old STP.
    public var sendsRSTP: Bool
    /// The bridge (priority and MAC address) that is designated for the attached link.
    public var designatedBridge: UInt64
    public var bpdusSent: UInt64
    public var bpdusReceived: UInt64
    /// Frames on the bridge group address that were no valid BPDU.
    public var bpdusInvalid: UInt64
}
