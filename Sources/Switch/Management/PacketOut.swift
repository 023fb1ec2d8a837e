/// A packet that a controller sends, and what is to be done with it (`ofp_packet_out`).
public struct PacketOut: Sendable {
    public var frame: [UInt8]
    /// The port that it counts as received on; `PortNumber.controller`, `PortNumber.any`: none.
    public var inPort: UInt32
    public var actions: [Action]
    /// Pipeline fields that come with it (OpenFlow 1.5), besides the port.
    public var fields: Match?

    public init(frame: [UInt8], inPort: UInt32, actions: [Action], fields: Match? = nil) {
        self.frame = frame
        self.inPort = inPort
        self.actions = actions
        self.fields = fields
    }
}
