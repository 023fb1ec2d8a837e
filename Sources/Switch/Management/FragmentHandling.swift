/// What becomes of IP fragments in the flow tables of a bridge (OpenFlow 1.5, 7.3.2; ovs-ofctl(8), set-frags).
public enum FragmentHandling: Sendable {
    /// Fragments are looked up as if they had no transport ports, the first ones too: all fragments of a packet meet the
    /// same flows.
    case normal
    case drop
    /// The first fragment has its ports, later ones have none (Nicira's extension).
    case match
}

extension Datapath {
    public func setFragmentHandling(bridge index: Int32, _ handling: FragmentHandling) {
        let bridge = bridges[Int(index)]
        guard bridge.fragments != handling else { return }
        bridge.fragments = handling
        // All answers of the bridge depend on its ports.
        changed(.ports(bridge: index))
    }
}
