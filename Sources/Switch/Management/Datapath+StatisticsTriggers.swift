// Statistics triggers (OpenFlow 1.5, 7.2.4): a flow's statistics go to the controllers when a threshold is passed.

extension Datapath {
    /// How often counters are held against their thresholds, in nanoseconds.
    private static var triggerInterval: UInt64 { 100_000_000 }

    /// When a flow's counters are to be looked at next; nil: it has no trigger.
    func nextLook(at rule: FlowRule) -> UInt64? {
        guard rule.stored.value.statisticsTrigger != nil else { return nil }
        return max(rule.triggers?.lookedAt ?? rule.created, rule.created) &+ Self.triggerInterval
    }

    /// Tells of the thresholds that a flow has passed since the last look.
    func checkTrigger(_ rule: FlowRule, now: UInt64) {
        guard let trigger = rule.stored.value.statisticsTrigger else { return }
        let state = rule.triggers ?? TriggerState()
        state.lookedAt = now
        let idle = now &- min(now, rule.lastUsed)
        let values: [(value: UInt64, threshold: UInt64?)] = [
            (now &- min(now, rule.created), trigger.duration), (idle, trigger.idleTime),
            (rule.packets, trigger.packets), (rule.bytes, trigger.bytes),
        ]
        var fires = false
        for (place, (value, threshold)) in values.enumerated() {
            guard let threshold, threshold > 0 else { continue }
            // How often the threshold has been passed: a periodic one at each of its multiples.
            let passed = trigger.periodic ? value / threshold : min(value / threshold, 1)
            if passed > state.passed[place] { fires = true }
            state.passed[place] = passed
        }
        if trigger.onlyFirst && state.hasFired { fires = false }
        if fires {
            state.hasFired = true
            tell(.statisticsTriggered(bridge: rule.home.bridge, rule: rule.snapshot(match: rule.match, now: now)))
        }
        rule.triggers = state
    }
}

/// How far a flow is with its statistics trigger.
final class TriggerState {
    var lookedAt: UInt64 = 0
    /// How often each threshold has been passed: life, idleness, packets, bytes.
    var passed: [UInt64] = [0, 0, 0, 0]
    var hasFired = false
}
