import OpenFlow
import Switch

/// What a controller wants to be told of which flows (`NXST_FLOW_MONITOR`, `OFPMP_FLOW_MONITOR`).
typealias FlowMonitor = Message.FlowMonitor

/// A change that a paused monitor could not tell at once.
struct MissedChange {
    struct Flow: Hashable {
        var table: UInt8
        var priority: UInt16
        var match: Match
    }

    var flow: Flow
    /// How it stood with the flow before the first of the changes.
    var wasThere: Bool
    var removal: (reason: FlowRemovedReason, rule: FlowSnapshot)?
}

// Flow monitors (OpenFlow 1.5, 7.3.5.18; nicira-ext.h, "Flow monitors").
//
// What a controller did itself comes as one abbreviation, right after its own request, unless it asks for more. A controller that reads too slowly
// is told that its monitors pause; when it has caught up, it gets one update for each flow that has changed meanwhile, and
// then goes on.

extension OpenFlowAgent {
    /// Whether anybody monitors, which costs the data path an event for each change.
    func updateMonitoring() {
        datapath.setFlowMonitoring(bridge: bridge, channels.contains { !$0.monitors.isEmpty })
    }

    /// Deals with a request: `OFPMP_FLOW_MONITOR` may add, modify and delete several monitors; the reply holds the flows
    /// that new ones start with.
    func perform(
        _ requests: [FlowMonitor], _ message: Message, from connection: AgentConnection, now: UInt64
    ) throws(OpenFlowError) {
        let channel = connection.channel
        let before = channel.monitors
        var initial: [Message.FlowUpdate] = []
        do throws(OpenFlowError) {
            for request in requests {
                switch request.command {
                case .add:
                    guard channel.monitors[request.id] == nil else { throw .flowMonitorFailed(.monitorExists) }
                    try check(request)
                    channel.monitors[request.id] = request
                    initial += flows(of: request, now: now)
                case .modify:
                    guard channel.monitors[request.id] != nil else { throw .flowMonitorFailed(.unknownMonitor) }
                    try check(request)
                    channel.monitors[request.id] = request
                    initial += flows(of: request, now: now)
                case .delete:
                    guard channel.monitors.removeValue(forKey: request.id) != nil else {
                        throw .flowMonitorFailed(.unknownMonitor)
                    }
                }
            }
        } catch {
            channel.monitors = before
            throw error
        }
        updateMonitoring()
        reply(.flowMonitors(initial), to: message, of: connection)
    }

    private func check(_ monitor: FlowMonitor) throws(OpenFlowError) {
        if let table = monitor.table, Int(table) >= Datapath.tableCount { throw .flowMonitorFailed(.badTableID) }
        if monitor.flags.isDisjoint(with: [.initial, .add, .removed, .modify]) { throw .flowMonitorFailed(.badFlags) }
    }

    private func flows(of monitor: FlowMonitor, now: UInt64) -> [Message.FlowUpdate] {
        guard monitor.flags.contains(.initial) else { return [] }
        let query = FlowQuery(
            table: monitor.table, match: monitor.match, outPort: monitor.outPort, outGroup: monitor.outGroup)
        return datapath.flowSnapshots(bridge: bridge, query, now: now).map {
            .full(Self.change($0, .initial, withInstructions: monitor.flags.contains(.instructions)))
        }
    }

    /// `NXT_FLOW_MONITOR_CANCEL`.
    func cancelMonitor(_ id: UInt32, of channel: ControllerChannel) throws(OpenFlowError) {
        guard channel.monitors.removeValue(forKey: id) != nil else { throw .flowMonitorFailed(.unknownMonitor) }
        updateMonitoring()
    }

    // MARK: Changes

    func monitor(_ rule: FlowSnapshot, _ event: Message.FlowUpdate.Event, cause: Cause?) {
        tellMonitors(of: rule, event, reason: nil, cause: cause)
    }

    func monitor(_ removal: FlowRemoval, cause: Cause?) {
        tellMonitors(of: removal.rule, .removed, reason: removal.reason, cause: cause)
    }

    private func tellMonitors(
        of rule: FlowSnapshot, _ event: Message.FlowUpdate.Event, reason: FlowRemovedReason?, cause: Cause?
    ) {
        for channel in channels where !channel.monitors.isEmpty {
            guard let main = channel.main else { continue }
            let isOwn = cause?.connection.channel === channel
            let interested = channel.monitors.values.filter { $0.wants(rule, event) }
            guard !interested.isEmpty else { continue }
            if channel.monitorsArePaused || !main.gauge.hasRoom {
                pause(channel)
                channel.note(rule, event, reason: reason)
                continue
            }
            let update: Message.FlowUpdate
            if isOwn, let cause, interested.allSatisfy({ $0.flags.isDisjoint(with: [.noAbbreviation, .own]) }) {
                guard channel.lastAbbreviation != cause.number else { continue }
                channel.lastAbbreviation = cause.number
                update = .abbreviated(xid: cause.xid)
            } else {
                let withInstructions = interested.contains { $0.flags.contains(.instructions) }
                var change = Self.change(rule, event, withInstructions: withInstructions)
                change.reason = reason
                update = .full(change)
            }
            main.send(Message(xid: 0, .multipartReply(.init(.flowMonitors([update])))))
        }
    }

    private static func change(
        _ rule: FlowSnapshot, _ event: Message.FlowUpdate.Event, withInstructions: Bool
    ) -> Message.FlowUpdate.FlowChange {
        Message.FlowUpdate.FlowChange(
            event, table: rule.table, priority: rule.priority, idleTimeout: rule.idleTimeout,
            hardTimeout: rule.hardTimeout, cookie: rule.cookie, match: rule.match,
            instructions: withInstructions ? rule.instructions : Instructions())
    }

    // MARK: Pauses

    private func pause(_ channel: ControllerChannel) {
        guard !channel.monitorsArePaused, let main = channel.main else { return }
        channel.monitorsArePaused = true
        if channel.version >= .v14 {
            main.send(Message(xid: 0, .multipartReply(.init(.flowMonitors([.paused])))))
        } else {
            main.send(Message(xid: 0, .nicira(.flowMonitorPaused)))
        }
    }

    /// Goes on with the monitors of controllers that have caught up.
    func resumeMonitors(now: UInt64) {
        for channel in channels where channel.monitorsArePaused && channel.gauge.hasRoom {
            guard let main = channel.main else { continue }
            channel.monitorsArePaused = false
            let missed = channel.missedChanges
            channel.missedChanges = []
            channel.missedIndex = [:]
            for change in missed {
                let query = FlowQuery(
                    table: change.flow.table, match: change.flow.match, isStrict: true, priority: change.flow.priority)
                let update: Message.FlowUpdate.FlowChange
                if let rule = datapath.flowSnapshots(bridge: bridge, query, now: now).first {
                    update = Self.change(rule, change.wasThere ? .modified : .added, withInstructions: true)
                } else if let removal = change.removal, change.wasThere {
                    var gone = Self.change(removal.rule, .removed, withInstructions: true)
                    gone.reason = removal.reason
                    update = gone
                } else {
                    continue
                }
                main.send(Message(xid: 0, .multipartReply(.init(.flowMonitors([.full(update)])))))
            }
            if channel.version >= .v14 {
                main.send(Message(xid: 0, .multipartReply(.init(.flowMonitors([.resumed])))))
            } else {
                main.send(Message(xid: 0, .nicira(.flowMonitorResumed)))
            }
        }
    }
}

extension ControllerChannel {
    /// Notes a change of a flow while its monitors pause: one note a flow.
    func note(_ rule: FlowSnapshot, _ event: Message.FlowUpdate.Event, reason: FlowRemovedReason?) {
        let removal = reason.map { (reason: $0, rule: rule) }
        let flow = MissedChange.Flow(table: rule.table, priority: rule.priority, match: rule.match)
        if let index = missedIndex[flow] {
            missedChanges[index].removal = removal
        } else {
            missedIndex[flow] = missedChanges.count
            missedChanges.append(MissedChange(flow: flow, wasThere: event != .added, removal: removal))
        }
        if missedChanges.count > Self.missedLimit {
            main?.endReason = "its flow monitors have missed \(missedChanges.count) changes"
        }
    }

    /// Changes that are kept for a controller that does not read.
    private static let missedLimit = 50_000
}

extension Message.FlowMonitor {
    func wants(_ rule: FlowSnapshot, _ event: Message.FlowUpdate.Event) -> Bool {
        switch event {
        case .initial: return false
        case .added: guard flags.contains(.add) else { return false }
        case .removed: guard flags.contains(.removed) else { return false }
        case .modified: guard flags.contains(.modify) else { return false }
        }
        if let table, table != rule.table { return false }
        guard match.includes(rule.match) else { return false }
        if outPort != PortNumber.any && !rule.instructions.outputs(to: outPort) { return false }
        if outGroup != Group.any && !rule.instructions.uses(group: outGroup) { return false }
        return true
    }
}

extension Instructions {
    func outputs(to port: UInt32) -> Bool {
        (apply + write).contains {
            switch $0 {
            case .output(let number, _), .outputTruncated(let number, _), .enqueue(let number, _): number == port
            case .controller: port == PortNumber.controller
            default: false
            }
        }
    }

    func uses(group: UInt32) -> Bool { (apply + write).contains { $0 == .group(group) } }
}
