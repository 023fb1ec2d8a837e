/// One of the changes of a transaction (a bundle; OpenFlow 1.5, 7.3.9).
public enum BridgeChange: Sendable {
    case flow(PackedFlowModification)
    case group(GroupModification)
    case meter(MeterModification)
    /// A port's settings.
    case port(number: UInt32, PortConfiguration)
    /// Sent when all changes stand.
    case packetOut(PacketOut)
}

/// Which change of a transaction was refused, and why. None of the changes stands then.
public struct TransactionError: Error, Equatable, Sendable {
    public var index: Int
    public var reason: ModificationError

    public init(index: Int, reason: ModificationError) {
        self.index = index
        self.reason = reason
    }
}
