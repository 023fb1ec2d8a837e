/// How a packet goes to the controllers (`OFPAT_OUTPUT` to `OFPP_CONTROLLER`, `NXAST_CONTROLLER`, `NXAST_CONTROLLER2`).
public struct ControllerOutput: Equatable, Sendable {
    /// The most bytes of the packet; 0xffff: all of it, unbuffered.
    public var maxLength: UInt16
    /// Why.
    public var reason: PacketInReason
    /// Which controllers: those whose id (`NXT_SET_CONTROLLER_ID`) this is.
    public var id: UInt16
    /// Given back with the packet-in (`NXT_PACKET_IN2`).
    public var userData: [UInt8]
    /// Whether the pipeline waits for the controller's `NXT_RESUME`.
    public var pause: Bool
    /// The meter that the packet-ins pass.
    public var meter: UInt32?

    public init(
        maxLength: UInt16 = 0xffff, reason: PacketInReason = .action, id: UInt16 = 0, userData: [UInt8] = [],
        pause: Bool = false, meter: UInt32? = nil
    ) {
        self.maxLength = maxLength
        self.reason = reason
        self.id = id
        self.userData = userData
        self.pause = pause
        self.meter = meter
    }
}

/// Why a packet goes to the controllers (`ofp_packet_in_reason`, with the numbers of OpenFlow 1.4 and later).
public enum PacketInReason: UInt8, Sendable, CaseIterable {
    /// The table-miss entry (priority 0, all wildcards), or no entry where a miss goes to the controller.
    case noMatch = 0
    case action = 1
    case invalidTTL = 2
    case actionSet = 3
    case group = 4
    case packetOut = 5
}
