// Timeouts of flows (OpenFlow 1.5, 5.5): a timer for each flow that has any.
//
// What packets met a flow is known exactly once its megaflows have paid; so that is done whenever its timer goes, and
// a flow that was used in the meantime gets a new timer. A hard timeout counts from the flow's last change, as Open
// vSwitch counts it.

extension Datapath {
    static var flowToken: UInt64 { 18 << 56 }
    private static var second: UInt64 { 1_000_000_000 }

    /// When a flow's timeouts end it if no packet comes, and why; nil: never.
    func expiry(of rule: FlowRule) -> (at: UInt64, reason: FlowRemovedReason)? {
        var result: (at: UInt64, reason: FlowRemovedReason)?
        if rule.hardTimeout > 0 { result = (rule.modified &+ UInt64(rule.hardTimeout) * Self.second, .hardTimeout) }
        if rule.idleTimeout > 0 {
            let idle = max(rule.lastUsed, rule.created) &+ UInt64(rule.idleTimeout) * Self.second
            if result == nil || idle < result!.at { result = (idle, .idleTimeout) }
        }
        return result
    }

    /// Sets a flow's timer anew.
    func scheduleTimeouts(_ rule: FlowRule) {
        if let timer = rule.timer {
            wheel.cancel(timer)
            rule.timer = nil
        }
        var next = expiry(of: rule)?.at
        if let look = nextLook(at: rule) { next = min(next ?? look, look) }
        guard let next else { return }
        rule.timer = wheel.schedule(at: next, token: Self.flowToken | UInt64(UInt32(bitPattern: rule.number)))
    }

    /// A flow's timer has gone.
    func flowTimer(_ number: Int32, now: UInt64) {
        guard let rule = rules[Int(number)] else { return }
        rule.timer = nil
        payCredits(of: rule)
        if let expiry = expiry(of: rule), expiry.at <= now {
            remove(rule, reason: expiry.reason, now: now)
        } else {
            checkTrigger(rule, now: now)
            scheduleTimeouts(rule)
        }
    }

    /// Shortens a flow's timeouts to no more than these, in seconds, as `fin_timeout` does; 0: leaves it as it is.
    func limitTimeouts(of rule: FlowRule, idle: UInt16, hard: UInt16) {
        let before = (rule.idleTimeout, rule.hardTimeout)
        if idle > 0 && (rule.idleTimeout == 0 || rule.idleTimeout > idle) { rule.idleTimeout = idle }
        if hard > 0 && (rule.hardTimeout == 0 || rule.hardTimeout > hard) { rule.hardTimeout = hard }
        if before != (rule.idleTimeout, rule.hardTimeout) { scheduleTimeouts(rule) }
    }
}
