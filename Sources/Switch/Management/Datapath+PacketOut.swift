// Packets that controllers send (OpenFlow 1.5, 7.3.6).

extension Datapath {
    /// Does a list of actions to a frame.
    /// - Parameters:
    ///   - frame: an Ethernet frame of 14 bytes or more; a shorter one is dropped.
    ///   - inPort: the port that it counts as received on, for `IN_PORT`, floods, and matches behind `OFPP_TABLE`;
    ///     `PortNumber.controller` and the like: none of the bridge's.
    ///   - fields: pipeline fields that come with it.
    public func inject(
        bridge: Int32, frame: [UInt8], inPort: UInt32, actions: [Action], fields: Match? = nil, now: UInt64
    ) {
        guard frame.count >= 14 else {
            drops[Int(DropReason.badLength.rawValue)] &+= 1
            return
        }
        guard let packet = frame.withUnsafeBytes({ pool.allocate(copying: $0) }) else { return noteMemoryDrop() }
        perform(actions, packet, bridge: bridge, inPort: inPort, fields: fields, now: now)
    }
}
