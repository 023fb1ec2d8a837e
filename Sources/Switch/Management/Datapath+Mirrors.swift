// Mirrors of a bridge (OVSDB's Mirror table, ovs-vswitchd.conf.db(5)).

extension Datapath {
    /// The most mirrors of a bridge.
    public static var mirrorLimit: Int { 32 }

    /// Sets the mirrors of a bridge; those that stay by their name keep their counts. Those above the limit are left out.
    public func setMirrors(bridge: Int32, _ mirrors: [Mirror], now: UInt64) {
        payCredits()
        let owner = bridges[Int(bridge)]
        let before = owner.mirrors
        owner.mirrors = mirrors.prefix(Self.mirrorLimit).map { mirror in
            MirrorState(
                mirror: mirror, copied: before.first { $0.mirror.name == mirror.name }?.copied ?? TrafficCount())
        }
        resolveMirrors(owner)
        // A copy in another VLAN is not to be taken for the original (as Open vSwitch does).
        if mirrors.contains(where: { $0.outputVLAN != nil }) { owner.addresses.flush() }
        changed(.ports(bridge: bridge))
    }

    /// What each mirror has copied, in the order in which they were set.
    public func mirrorStatistics(bridge: Int32) -> [(name: String, copied: TrafficCount)] {
        payCredits()
        return bridges[Int(bridge)].mirrors.map { ($0.mirror.name, $0.copied) }
    }

    /// Finds the ports that the mirrors mean.
    func resolveMirrors(_ bridge: Bridge) {
        for index in bridge.ordered { ports[Int(index)].isMirrorOutput = false }
        for place in bridge.mirrors.indices {
            let output = bridge.mirrors[place].mirror.outputPort.flatMap { bridge.ports[$0] }
            bridge.mirrors[place].output = output
            if let output { ports[Int(output)].isMirrorOutput = true }
        }
    }
}
