/// What else the learning switch minds of a port, beside its VLANs (the Port table, ovs-vswitchd.conf.db(5)).
public struct PortForwarding: Equatable, Sendable {
    /// Whether what leaves without a VLAN has a tag that says its priority.
    public enum PriorityTags: String, Sendable {
        case never = "no"
        /// Where there is a priority to say.
        case ifNonzero = "if-nonzero"
        /// Also where the packet came with a tag of priority 0.
        case always
    }

    /// Nothing goes from one protected port to another.
    public var isProtected: Bool
    public var priorityTags: PriorityTags

    public init(isProtected: Bool = false, priorityTags: PriorityTags = .never) {
        self.isProtected = isProtected
        self.priorityTags = priorityTags
    }
}

extension Datapath {
    public func setForwarding(port index: Int32, _ forwarding: PortForwarding) {
        let port = ports[Int(index)]
        guard port.forwarding != forwarding else { return }
        port.forwarding = forwarding
        changed(.ports(bridge: port.bridge))
    }
}
