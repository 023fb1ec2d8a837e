// What bridges learn, and how they forget.

extension Datapath {
    /// Notes where an address is; a change removes the megaflows that went by what was known before.
    /// - Returns: whether the station was unknown, or known elsewhere.
    @discardableResult
    func learn(bridge: Bridge, vlan: UInt16, mac: UInt64, port: Int32, now: UInt64) -> Bool {
        defer { scheduleSweep(now: now) }
        switch bridge.addresses.learn(vlan: vlan, mac: mac, port: port, now: now) {
        case .added, .moved:
            changed(.address(bridge: bridge.index, vlan: vlan, mac: mac))
            return true
        default: return false
        }
    }

    /// Notes a multicast router behind a port.
    func noteRouter(bridge: Bridge, port: Int32, now: UInt64) {
        if bridge.routers.heard(port: port, now: now) { changed(.routers(bridge: bridge.index)) }
        scheduleSweep(now: now)
    }

    // MARK: The sweep

    /// Sees to it that idle megaflows and old addresses go; nothing is scheduled while there is neither.
    func scheduleSweep(now: UInt64) {
        guard sweepAt == nil else { return }
        sweepAt = now &+ Self.sweepInterval
        _ = wheel.schedule(at: now &+ Self.sweepInterval, token: Self.sweepToken)
    }

    func sweep(now: UInt64) {
        sweepAt = nil
        for index in 0..<flows.used where flows.flows[index].isAlive {
            if flows.flows[index].lastUsed &+ Self.megaflowIdle <= now {
                remove(megaflow: Int32(index))
            } else {
                pay(Int32(index))
            }
        }
        var next: UInt64?
        for bridge in bridges {
            for entry in bridge.addresses.expire(now: now) {
                changed(.address(bridge: bridge.index, vlan: entry.vlan, mac: entry.mac))
            }
            if bridge.routers.expire(now: now) { changed(.routers(bridge: bridge.index)) }
            for expiry in [bridge.addresses.nextExpiry, bridge.routers.nextExpiry] {
                if let expiry { next = min(next ?? expiry, expiry) }
            }
        }
        if flows.liveCount > 0 { next = min(next ?? .max, now &+ Self.sweepInterval) }
        if let next {
            // Addresses may be kept young by megaflows, so their expiry is only a time to look again.
            let at = max(next, now &+ Self.sweepInterval)
            sweepAt = at
            _ = wheel.schedule(at: at, token: Self.sweepToken)
        }
    }
}
