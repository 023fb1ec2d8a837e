/// What happens in the data path that controllers and management hear of. Events come on the data path's own thread, in
/// order, while it works: a receiver notes them and returns; it must not call the data path.
public enum DatapathEvent: Sendable {
    // Indirect: a match has a kilobyte.
    indirect case packetIn(PacketIn)
    indirect case flowRemoved(FlowRemoval)
    /// A flow came or changed; for flow monitors. The rule's number is stable until it is removed.
    indirect case flowChanged(bridge: Int32, rule: FlowSnapshot, isNew: Bool)
    /// A port's carrier, or its spanning-tree state, changed.
    case portChanged(bridge: Int32, port: UInt32)
    /// A table passed a vacancy threshold (OpenFlow 1.4, 7.4.5).
    case vacancy(bridge: Int32, table: UInt8, isDown: Bool)
    /// A flow passed a threshold of its statistics trigger (OpenFlow 1.5, 7.2.5).
    indirect case statisticsTriggered(bridge: Int32, rule: FlowSnapshot)
}

/// A packet for the controllers.
public struct PacketIn: Sendable {
    public var bridge: Int32
    public var reason: PacketInReason
    public var table: UInt8
    public var cookie: UInt64
    /// The most bytes that the action asks for; 0xffff: all, unbuffered.
    public var maxLength: UInt16
    /// The whole frame, as the actions before left it.
    public var frame: [UInt8]
    /// The pipeline fields of the packet (in_port, metadata, registers, tunnel, ct_*), as a match.
    public var fields: Match
    public var controller: UInt16
    public var userData: [UInt8]
    /// For `pause`: the rest of the pipeline, to be resumed by `Datapath.resume`; 0: none.
    public var continuation: UInt64

    public init(
        bridge: Int32, reason: PacketInReason, table: UInt8, cookie: UInt64, maxLength: UInt16, frame: [UInt8],
        fields: Match, controller: UInt16 = 0, userData: [UInt8] = [], continuation: UInt64 = 0
    ) {
        self.bridge = bridge
        self.reason = reason
        self.table = table
        self.cookie = cookie
        self.maxLength = maxLength
        self.frame = frame
        self.fields = fields
        self.controller = controller
        self.userData = userData
        self.continuation = continuation
    }
}

/// A flow as it was when it was asked about.
public struct FlowSnapshot: Sendable {
    public var table: UInt8
    public var priority: UInt16
    public var match: Match
    public var cookie: UInt64
    public var instructions: Instructions
    public var idleTimeout: UInt16
    public var hardTimeout: UInt16
    public var importance: UInt16
    public var flags: FlowModification.Flags
    /// Nanoseconds since it was added, and since a packet last met it (`UInt64.max`: not known).
    public var age: UInt64
    public var idle: UInt64
    /// Nanoseconds since it was last modified; nil: not known.
    public var sinceModified: UInt64?
    public var packets: UInt64
    public var bytes: UInt64

    public init(
        table: UInt8, priority: UInt16, match: Match, cookie: UInt64, instructions: Instructions, idleTimeout: UInt16,
        hardTimeout: UInt16, importance: UInt16, flags: FlowModification.Flags, age: UInt64, idle: UInt64,
        packets: UInt64, bytes: UInt64, sinceModified: UInt64? = nil
    ) {
        self.table = table
        self.priority = priority
        self.match = match
        self.cookie = cookie
        self.instructions = instructions
        self.idleTimeout = idleTimeout
        self.hardTimeout = hardTimeout
        self.importance = importance
        self.flags = flags
        self.age = age
        self.idle = idle
        self.sinceModified = sinceModified
        self.packets = packets
        self.bytes = bytes
    }
}

/// `ofp_flow_removed_reason`, with its numbers.
public enum FlowRemovedReason: UInt8, Sendable {
    case idleTimeout, hardTimeout, delete, groupDelete, meterDelete, eviction
}

public struct FlowRemoval: Sendable {
    public var bridge: Int32
    public var reason: FlowRemovedReason
    public var rule: FlowSnapshot

    public init(bridge: Int32, reason: FlowRemovedReason, rule: FlowSnapshot) {
        self.bridge = bridge
        self.reason = reason
        self.rule = rule
    }
}
