/// What a bridge does in the place of controllers that it cannot reach: before all its flows, one that no controller sees or
/// changes forwards packets as a learning switch does (`fail_mode=standalone`, ovs-vswitchd.conf.db(5)).
public struct StandIn: Equatable, Sendable {
    /// Open vSwitch's, above all that flows may have.
    public static let priority: UInt32 = 0xf0f0f0

    /// Nanoseconds since it began.
    public var age: UInt64
    public var traffic: TrafficCount
}

extension Datapath {
    /// Lets a bridge forward by itself, or by its flows again.
    public func setStandIn(bridge index: Int32, _ on: Bool, now: UInt64) {
        let bridge = bridges[Int(index)]
        guard bridge.standsIn != on else { return }
        // Megaflows that owe counts pay them first.
        changed(.ports(bridge: index))
        bridge.standsIn = on
        bridge.standInSince = now
        bridge.standInCount = TrafficCount()
    }

    /// The flow that stands in, or nil where the bridge's own flows are in force.
    public func standIn(bridge index: Int32, now: UInt64) -> StandIn? {
        payCredits()
        let bridge = bridges[Int(index)]
        guard bridge.standsIn else { return nil }
        return StandIn(age: now &- min(now, bridge.standInSince), traffic: bridge.standInCount)
    }
}
