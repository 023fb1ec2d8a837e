import Linux
import OpenFlow
import Ports
import Streams
import Switch

/// The agents of all bridges of a data path, on the poller's thread.
///
/// The thread asks after every batch of packets whether there is something to do, so the answer has to cost nothing where
/// nothing has happened, with a thousand bridges too: agents run when something was handed to them or when their time has
/// come, and no other one is looked at.
final class AgentHost: PollerAttendant, @unchecked Sendable {
    private struct Entry {
        let agent: OpenFlowAgent
        /// Whether it is among `touched`.
        var isTouched = false
        /// When it wants to run again.
        var deadline: UInt64?
    }

    private var entries: [Int32: Entry] = [:]
    /// Bridges whose agents something was handed to since the last turn.
    private var touched: [Int32] = []
    /// Bridges whose agents have a deadline.
    private var waiting: Set<Int32> = []
    /// The earliest of all deadlines, or an earlier time.
    private var earliest: UInt64?
    /// Takes what the agents have answered in one turn. Set before the first turn.
    var deliver: (@Sendable ([(bridge: Int32, output: AgentOutput)]) -> Void)?

    /// Hears of what happens in the data path, and passes it on to whoever listened before.
    func attach(to datapath: Datapath) {
        let other = datapath.onEvent
        datapath.onEvent = { [unowned self] event in
            other?(event)
            touch(event.bridge)?.note(event)
        }
    }

    /// A bridge's agent, which runs in the next turn.
    func touch(_ bridge: Int32) -> OpenFlowAgent? {
        guard let index = entries.index(forKey: bridge) else { return nil }
        if !entries.values[index].isTouched {
            entries.values[index].isTouched = true
            touched.append(bridge)
        }
        return entries.values[index].agent
    }

    func configure(_ settings: BridgeControlSettings, datapath: Datapath, now: UInt64) {
        let identity = SwitchIdentity(
            name: settings.name, datapathID: settings.datapathID, descriptions: settings.descriptions)
        if entries[settings.index] == nil {
            entries[settings.index] = Entry(
                agent: OpenFlowAgent(bridge: settings.index, datapath: datapath, identity: identity))
        }
        guard let agent = touch(settings.index) else { return }
        agent.identity = identity
        agent.wallClock = { WallClock.now() }
        let primaries = settings.controllers.filter { !$0.isService && !$0.endpoint.isPassive }
        let probe = Nanoseconds.milliseconds(primaries.map(\.inactivityProbe).max() ?? 0)
        agent.setFailMode(
            isSecure: settings.isSecure, hasControllers: !primaries.isEmpty,
            patience: 3 * (probe > 0 ? probe : Nanoseconds.seconds(5)), now: now)
    }

    func remove(bridge: Int32) {
        entries[bridge] = nil
        waiting.remove(bridge)
    }

    // MARK: Turns

    func turn(now: UInt64) {
        if let earliest, earliest <= now { touchWaiting(now: now) }
        guard !touched.isEmpty else { return }
        let bridges = touched
        touched.removeAll(keepingCapacity: true)
        var outputs: [(bridge: Int32, output: AgentOutput)] = []
        for bridge in bridges { run(bridge, now: now, &outputs) }
        if !outputs.isEmpty { deliver?(outputs) }
    }

    private func run(_ bridge: Int32, now: UInt64, _ outputs: inout [(bridge: Int32, output: AgentOutput)]) {
        guard let agent = entries[bridge]?.agent else { return }
        // Its own requests may make events, which it tells in this same run; others' agents come to the next turn.
        agent.run(now: now)
        for output in agent.takeOutput() { outputs.append((bridge, output)) }
        let deadline = agent.nextDeadline
        entries[bridge]?.isTouched = false
        entries[bridge]?.deadline = deadline
        guard let deadline else {
            waiting.remove(bridge)
            return
        }
        waiting.insert(bridge)
        earliest = min(earliest ?? deadline, deadline)
    }

    /// Touches the agents whose time has come, and finds the next deadline of the others.
    private func touchWaiting(now: UInt64) {
        earliest = nil
        for bridge in waiting {
            guard let deadline = entries[bridge]?.deadline else { continue }
            if deadline <= now {
                _ = touch(bridge)
            } else {
                earliest = min(earliest ?? deadline, deadline)
            }
        }
    }

    var nextDeadline: UInt64? { touched.isEmpty ? earliest : 0 }
}
