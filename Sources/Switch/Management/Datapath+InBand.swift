extension Datapath {
    /// A rule by which the traffic of controllers passes: its priority, its match, nanoseconds since it was made, and what
    /// it has counted.
    public typealias InBandRule = (priority: UInt32, match: Match, age: UInt64, traffic: TrafficCount)

    /// The rules by which the traffic of controllers passes a bridge, of falling priority; none where
    /// `BridgeSettings.inBand` is not set.
    public func inBandRules(bridge index: Int32, now: UInt64) -> [InBandRule] {
        payCredits()
        guard let inBand = bridges[Int(index)].inBand else { return [] }
        return inBand.rules.reversed().map {
            (UInt32($0.priority), $0.match, now &- min(now, inBand.since), $0.traffic)
        }
    }

    /// Makes the rules anew, after a change of the settings or of the bridge's address.
    func setInBand(_ bridge: Bridge, now: UInt64) {
        // Megaflows that owe counts pay them first.
        changed(.ports(bridge: bridge.index))
        bridge.inBand = bridge.settings.inBand.map { InBandRules($0, address: bridge.address, now: now) }
    }
}
