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
    private var shortestPath: (application: ShortestPath, switches: Int)?
    private let directory: String
    /// The bridges of the switches that have controllers.
    private var controlled: [String: Int32] = [:]

    init(fabric: Fabric, directory: String) {
        self.directory = directory
        connections = OpenFlowConnections(hub: hub, poller: fabric.poller, runDirectory: directory)
        connections.onProblem = { logLine($0) }
    }

    /// Gives every switch its agent, sockets and controllers.
    /// - Parameter hosts: finds hosts by name, on any thread.
    func start(
        _ lab: LabTopology, _ fabric: Fabric, hosts: @escaping @Sendable (String) -> Host?
    ) throws(LabError) {
        let dialler = HostDialler(lab, hub: hub, hosts: hosts)
        connections.dial = { dialler.dial($0, $1) }
        var all: [BridgeControlSettings] = []
        var position: UInt64 = 0
        for node in lab.nodes where node.kind == .switch {
            position += 1
            guard let bridge = fabric.bridges[node.name] else { continue }
            if !node.bridge.controllers.isEmpty { controlled[node.name] = bridge }
            var controllers: [ControllerSettings] = []
            for controller in node.bridge.controllers {
                controllers.append(
                    ControllerSettings(endpoint: try endpoint(of: controller, node.name), maximumBackOff: 1000))
            }
            all.append(
                BridgeControlSettings(
                    index: bridge, name: node.name, datapathID: node.bridge.datapathID ?? position,
                    controllers: controllers, isSecure: fabric.secure.contains(node.name),
                    descriptions: ["dp-desc": "\(lab.name)/\(node.name)"]))
        }
        turn.withLock { _ in connections.setBridges(all) }
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
            let paths = shortestPath?.application ?? ShortestPath()
            shortestPath = (paths, (shortestPath?.switches ?? 0) + 1)
            application = paths
        }
        let path = "\(directory)/\(controller)\(Self.suffix)"
        if servers[controller] == nil {
            shortestPath?.application.onNote = { logLine("shortest-path: \($0)") }
            let server = ControllerServer(application, hub: hub) { MonotonicClock.now() }
            _ = try labelled { () throws(StreamError) in try server.listen(at: .listenUnix(path: path)) }
            servers[controller] = server
        }
        return .unix(path: path)
    }

    private static let suffix = ".controller"

    /// What the lab file calls a controller: of those that are built in not the socket.
    private func name(of endpoint: Endpoint) -> String {
        guard case .unix(let path) = endpoint, path.hasPrefix(directory + "/"), path.hasSuffix(Self.suffix) else {
            return endpoint.description
        }
        return String(path.dropFirst(directory.count + 1).dropLast(Self.suffix.count))
    }

    /// How the controllers of switches are, in their order.
    func report(_ names: [String]) -> [ControllerReport] {
        let wanted = names.compactMap { name in controlled[name].map { (name, $0) } }
        if wanted.isEmpty { return [] }
        // One question to the thread for all of them.
        return hub.run { [self] in
            wanted.flatMap { name, bridge in
                connections.controllerStatus(bridge).map {
                    ControllerReport(
                        node: name, target: self.name(of: $0.endpoint), isConnected: $0.isConnected, role: $0.role,
                        state: $0.status["state"] ?? "", lastError: $0.status["last_error"])
                }
            }
        }
    }

    /// Waits until every switch has its built-in controllers, and those know the network, and until others have answered
    /// or cannot be reached; at most `limit` nanoseconds.
    /// - Returns: the names of the switches that lack a controller.
    func waitForControllers(limit: UInt64) -> [String] {
        let deadline = MonotonicClock.now() + limit
        let names = controlled.keys.sorted()
        while true {
            let all = report(names)
            let isSettled = all.allSatisfy { $0.isConnected || $0.lastError != nil || $0.state == "LISTENING" }
            if isSettled && knowsTheNetwork || MonotonicClock.now() >= deadline {
                return Set(all.filter { !$0.isConnected }.map(\.node)).sorted()
            }
            MonotonicClock.sleep(until: MonotonicClock.now() + 5_000_000)
        }
    }

    /// Whether hosts' packets find their way at once.
    private var knowsTheNetwork: Bool {
        guard let (application, count) = shortestPath else { return true }
        nonisolated(unsafe) let paths = application
        return hub.run { paths.switchCount >= count && paths.isSettled }
    }

    /// Closes everything.
    func stop() {
        for server in servers.values { server.stop() }
        turn.withLock { _ in connections.stop() }
        hub.stop()
    }
}
