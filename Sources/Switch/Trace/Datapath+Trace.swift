extension Datapath {
    /// Tells what would happen to a packet with these header fields that comes to a port of a bridge, step by step, in the
    /// words of `ovs-appctl ofproto/trace`.
    /// - Parameters:
    ///   - key: the packet; its `in_port` is the number of the port in the bridge.
    ///   - options: what it has of its tunnel.
    ///   - frame: the packet's bytes, for what the key does not tell.
    ///   - actions: are done to the packet in the place of the flow tables (`ofproto/trace BRIDGE FLOW ACTIONS`).
    ///   - connectionStates: the `ct_state` of the packet behind each `ct` action with a table, in order (`--ct-next`);
    ///     where they end, a new connection's.
    ///   - learns: whether what the packet would teach is learned: addresses, and flows of `learn` actions.
    /// - Returns: the trace, or nil where the bridge has no such port.
    public func trace(
        bridge: Int32, key: FlowKey, options: Match = Match(), frame: [UInt8]? = nil, actions: [Action]? = nil,
        connectionStates: [UInt32] = [], learns: Bool = false, now: UInt64
    ) -> String? {
        let owner = bridges[Int(bridge)]
        let port = owner.ports[UInt32(truncatingIfNeeded: key.value(.inPort))]
        guard port != nil || actions != nil else { return nil }
        let trace = PacketTrace(datapath: self, connectionStates: connectionStates, learns: learns, now: now)
        let options = owner.tunnelOptions.options(of: options)
        return trace.run(key, frame, options) { translation in
            if let actions {
                translation.run(actions, bridge: owner, port: port.map { ports[Int($0)] })
            } else if let port {
                translation.run(port: port)
            }
        }
    }
}
