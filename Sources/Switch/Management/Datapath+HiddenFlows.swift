extension Datapath {
    /// Lets a bridge forward by itself in the place of controllers that it cannot reach, or by its flows again.
    public func setStandIn(bridge index: Int32, _ on: Bool, now: UInt64) {
        let bridge = bridges[Int(index)]
        guard bridge.standsIn != on else { return }
        bridge.standsIn = on
        renewHiddenFlows(of: bridge, now: now)
    }

    /// The bridge's own flows, of falling priority: for those who look after it, not for controllers.
    public func hiddenFlows(bridge index: Int32, now: UInt64) -> [HiddenFlow] {
        payCredits()
        return bridges[Int(index)].hiddenFlows?.snapshots(now: now) ?? []
    }

    /// Makes the flows anew that follow from the bridge's settings, its address, and whether it stands in.
    func renewHiddenFlows(of bridge: Bridge, now: UInt64) {
        // Megaflows that owe counts pay them first.
        changed(.ports(bridge: bridge.index))
        var flows = bridge.settings.inBand?.flows(of: bridge.address) ?? []
        if bridge.standsIn { flows.append((HiddenFlow.standInPriority, Match())) }
        bridge.hiddenFlows = flows.isEmpty ? nil : HiddenFlows(flows, before: bridge.hiddenFlows, now: now)
    }
}
