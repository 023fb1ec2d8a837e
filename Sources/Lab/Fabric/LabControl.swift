import Controller
import Linux
import Streams
import Synchronization
import Topology
import VirtualSwitch

// The OpenFlow side of a lab's switches: each has a management socket in the lab's run directory, and the controllers that
// the lab file names. Controllers that are built in run in the supervisor, and the switches reach them as they reach any
// other: over a socket, in OpenFlow.

/// The agents, connections and built-in controllers of a running lab.
final class LabControl: @unchecked Sendable {
    private let hub = StreamHub()
    private let connections: OpenFlowConnections
    /// `OpenFlowConnections` wants one caller at a time.
    private let turn = Mutex(())
    private var servers: [LabTopology.Controller: ControllerServer] = [:]
    private let directory: String
    private var switches: [String: Int32] = [:]

    init(fabric: Fabric, directory: String) {
        self.directory = directory
        connections = OpenFlowConnections(hub: hub, poller: fabric.poller, runDirectory: directory)
        connections.onProblem = { logLine($0) }
    }

    /// Gives every switch its agent, sockets and controllers.
    func start(_ lab: LabTopology, _ fabric: Fabric) throws(LabError) {
        var position: UInt64 = 0
        for node in lab.nodes where node.kind == .switch {
            position += 1
            guard let bridge = fabric.bridges[node.name] else { continue }
            switches[node.name] = bridge
            var controllers: [ControllerSettings] = []
            for controller in node.bridge.controllers {
                controllers.append(
                    ControllerSettings(endpoint: try endpoint(of: controller, node.name), maximumBackOff: 1000))
            }
            let settings = BridgeControlSettings(
                index: bridge, name: node.name, datapathID: node.bridge.datapathID ?? position,
                controllers: controllers, isSecure: node.bridge.failMode == .secure,
                descriptions: ["dp-desc": "\(lab.name)/\(node.name)"])
            turn.withLock { _ in connections.setBridge(settings) }
        }
    }

    /// Where a controller is; starts it where it is built in.
    private func endpoint(of controller: LabTopology.Controller, _ node: String) throws(LabError) -> Endpoint {
        let application: any ControllerApplication
        switch controller {
        case .endpoint(let text):
            guard let endpoint = Endpoint(text, defaultPort: LabTopology.Controller.standardPort) else {
                throw LabError("\(node): the controller “\(text)” is no endpoint (tcp:127.0.0.1:6653)")
            }
            return endpoint
        case .learning: application = LearningSwitch()
        case .shortestPath:
            let paths = ShortestPath()
            paths.onNote = { logLine("shortest-path: \($0)") }
            application = paths
        }
        let path = "\(directory)/\(controller).controller"
        if servers[controller] == nil {
            let server = ControllerServer(application, hub: hub) { MonotonicClock.now() }
            _ = try labelled { () throws(StreamError) in try server.listen(at: .listenUnix(path: path)) }
            servers[controller] = server
        }
        return .unix(path: path)
    }

    /// How the controllers of a switch are.
    func report(_ node: String) -> [ControllerReport] {
        guard let bridge = switches[node] else { return [] }
        return turn.withLock { _ in connections.controllerStatus(bridge) }.map {
            ControllerReport(
                target: $0.endpoint.description, isConnected: $0.isConnected, role: $0.role,
                state: $0.status["state"] ?? "", lastError: $0.status["last_error"])
        }
    }

    /// Waits until every switch has its controllers, at most `limit` nanoseconds; the names of those that lack one.
    func waitForControllers(limit: UInt64) -> [String] {
        let deadline = MonotonicClock.now() + limit
        while true {
            let waiting = switches.keys.filter { name in report(name).contains { !$0.isConnected } }
            if waiting.isEmpty || MonotonicClock.now() >= deadline { return waiting.sorted() }
            MonotonicClock.sleep(until: MonotonicClock.now() + 10_000_000)
        }
    }

    /// Closes everything.
    func stop() {
        for server in servers.values { server.stop() }
        turn.withLock { _ in connections.stop() }
        hub.stop()
    }
}
