/// What a port is told to do (`ofp_port_config`; the names of OpenFlow 1.0's bits that later versions dropped).
public struct PortConfiguration: OptionSet, Hashable, Sendable {
    public var rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// Administratively down: it neither takes nor sends packets.
    public static let down = PortConfiguration(rawValue: 1 << 0)
    /// The spanning tree leaves it alone (1.0's `OFPPC_NO_STP`).
    public static let noSpanningTree = PortConfiguration(rawValue: 1 << 1)
    /// Packets that come in are dropped, but those of the spanning tree.
    public static let noReceive = PortConfiguration(rawValue: 1 << 2)
    /// Packets of the spanning tree that come in are dropped (1.0's `OFPPC_NO_RECV_STP`).
    public static let noReceiveSpanningTree = PortConfiguration(rawValue: 1 << 3)
    /// `FLOOD` and the learning switch's flooding leave it out (1.0's `OFPPC_NO_FLOOD`).
    public static let noFlood = PortConfiguration(rawValue: 1 << 4)
    /// Packets to it are dropped.
    public static let noForward = PortConfiguration(rawValue: 1 << 5)
    /// A packet that came in here and that no flow matches does not go to the controllers.
    public static let noPacketIn = PortConfiguration(rawValue: 1 << 6)
}
