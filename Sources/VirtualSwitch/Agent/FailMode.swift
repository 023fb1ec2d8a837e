import Switch

/// What a bridge does while no controller can be reached (`fail_mode` of Open vSwitch's Bridge table): a standalone one
/// becomes a learning switch, a secure one keeps the flows that it has.
struct FailMode {
    var isSecure = false
    /// Whether there are controllers to connect to.
    var hasControllers = false
    /// How long it waits for a controller, in nanoseconds.
    var patience: UInt64 = 15_000_000_000
    /// Since when no controller has been connected; nil: one is.
    var alone: UInt64?
    /// Whether it forwards by itself.
    var isOpen = false

    /// When it gives up waiting.
    var deadline: UInt64? {
        guard hasControllers, !isSecure, !isOpen, let alone else { return nil }
        return alone &+ patience
    }
}

extension OpenFlowAgent {
    /// Takes a new fail mode. When a bridge gets its first controllers or loses its last, its flows, groups and meters are cleared; without
    /// any, a standalone one has a flow that makes it a learning switch.
    func setFailMode(isSecure: Bool, hasControllers: Bool, patience: UInt64, now: UInt64) {
        let had = failMode.hasControllers
        let wasSecure = failMode.isSecure
        let isFirst = !failModeIsSet
        failModeIsSet = true
        failMode.isSecure = isSecure
        failMode.hasControllers = hasControllers
        failMode.patience = patience
        if had != hasControllers && !isFirst { clear(now: now) }
        if had != hasControllers || wasSecure != isSecure || isFirst {
            let isLearning = !hasControllers && !isSecure
            var settings = datapath.settings(bridge: bridge)
            // Set anew where the flow was cleared.
            settings.standalone = false
            datapath.setSettings(bridge: bridge, settings, now: now)
            if isLearning {
                settings.standalone = true
                datapath.setSettings(bridge: bridge, settings, now: now)
            }
            if failMode.isOpen && (isSecure || !hasControllers) { closeStandIn(now: now) }
        }
        if hasControllers && !had { failMode.alone = channels.contains { !$0.isService } ? nil : now }
        if !hasControllers { failMode.alone = nil }
    }

    /// Groups and meters go with the flows, as in Open vSwitch.
    private func clear(now: UInt64) {
        // Deleting all of them is never refused.
        try? datapath.modify(bridge: bridge, FlowModification(.delete, table: nil), now: now)
        try? datapath.modifyGroup(
            bridge: bridge, GroupModification(.delete, Group(id: Group.all, type: .all)), now: now)
        try? datapath.modifyMeter(bridge: bridge, MeterModification(.delete, Meter(id: Meter.all, flags: [])), now: now)
        closeStandIn(now: now)
    }

    func controllerCame(now: UInt64) {
        failMode.alone = nil
        if failMode.isOpen { closeStandIn(now: now) }
    }

    func controllerLeft(now: UInt64) {
        guard !channels.contains(where: { !$0.isService }) else { return }
        failMode.alone = now
    }

    func runFailMode(now: UInt64) {
        guard let deadline = failMode.deadline, now >= deadline else { return }
        failMode.isOpen = true
        datapath.setStandIn(bridge: bridge, true, now: now)
    }

    private func closeStandIn(now: UInt64) {
        failMode.isOpen = false
        datapath.setStandIn(bridge: bridge, false, now: now)
    }
}
