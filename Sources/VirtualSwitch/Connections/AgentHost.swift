import Linux
import OpenFlow
import Ports
import Streams
import Switch

/// The agents of all bridges of a data path, on the poller's thread.
final class AgentHost: PollerAttendant, @unchecked Sendable {
    private var agents: [Int32: OpenFlowAgent] = [:]
    /// Takes what the agents have answered in one turn. Set before the first turn.
    var deliver: (@Sendable ([(bridge: Int32, output: AgentOutput)]) -> Void)?

    /// Hears of what happens in the data path, and passes it on to whoever listened before.
    func attach(to datapath: Datapath) {
        let other = datapath.onEvent
        datapath.onEvent = { [unowned self] event in
            other?(event)
            agents[event.bridge]?.note(event)
        }
    }

    func agent(_ bridge: Int32) -> OpenFlowAgent? { agents[bridge] }

    func configure(_ settings: BridgeControlSettings, datapath: Datapath, now: UInt64) {
        let identity = SwitchIdentity(
            name: settings.name, datapathID: settings.datapathID, descriptions: settings.descriptions)
        let agent =
            agents[settings.index] ?? OpenFlowAgent(bridge: settings.index, datapath: datapath, identity: identity)
        agents[settings.index] = agent
        agent.identity = identity
        agent.wallClock = { WallClock.now() }
        let primaries = settings.controllers.filter { !$0.isService && !$0.endpoint.isPassive }
        let probe = UInt64(max(0, primaries.map(\.inactivityProbe).max() ?? 0))
        agent.setFailMode(
            isSecure: settings.isSecure, hasControllers: !primaries.isEmpty,
            patience: 3 * (probe > 0 ? probe : 5000) * 1_000_000, now: now)
    }

    func remove(bridge: Int32) { agents[bridge] = nil }

    func turn(now: UInt64) {
        var outputs: [(bridge: Int32, output: AgentOutput)] = []
        for (bridge, agent) in agents {
            agent.run(now: now)
            for output in agent.takeOutput() { outputs.append((bridge, output)) }
        }
        if !outputs.isEmpty { deliver?(outputs) }
    }

    var nextDeadline: UInt64? { agents.values.compactMap(\.nextDeadline).min() }
}
