import Linux
import OpenFlow
import Ports
import Streams
import Switch
import Synchronization

// The OpenFlow connections of all bridges.
//
// What: controllers that bridges connect to or that connect to them, the management sockets, the snooping sockets.
// Design: sockets, frames and the codec live on the hub's thread, the agents on the poller's, beside the flow tables.
// Messages cross between the two in batches: all that one wake-up brought goes over in one call, and all that the
// agents answered in one turn comes back in one. A batch costs one wake-up however many messages it holds, so that a
// busy controller costs few and a quiet one gets its answer at once.
// Limits: a peer that sends faster than the agent works is not read from; one that reads too slowly loses packet-ins
// first, then is not read from, and at last is disconnected. Nothing waits for it.

/// The OpenFlow connections of the bridges of one data path.
public final class OpenFlowConnections: BridgeControl, @unchecked Sendable {
    let hub: StreamHub
    let poller: Poller
    private let runDirectory: String
    private let agents = AgentHost()
    private let ids = Atomic<UInt32>(0)
    /// On the hub's thread only.
    private var bridges: [Int32: BridgeConnections] = [:]
    private var tlsOfHub: TLSMaterial?
    private var stallTimer: StreamHub.Timer?

    // Of whoever configures.
    private var isStarted = false
    private var tls: TLSMaterial?
    private var settings: [Int32: BridgeControlSettings] = [:]
    private var listeners: [Int32: Listeners] = [:]

    private struct Listeners {
        var controllers: [Endpoint: StreamHub.Listener] = [:]
        var management: StreamHub.Listener?
        var snoop: StreamHub.Listener?
    }

    /// - Parameters:
    ///   - poller: must run before the first bridge comes.
    ///   - runDirectory: where `BRIDGE.mgmt` and `BRIDGE.snoop` go.
    public init(hub: StreamHub, poller: Poller, runDirectory: String) {
        self.hub = hub
        self.poller = poller
        self.runDirectory = runDirectory
    }

    private func start() {
        isStarted = true
        agents.deliver = { [weak self] outputs in self?.deliver(outputs) }
        poller.run { [agents] datapath, _ in agents.attach(to: datapath) }
        poller.attend(agents)
        hub.post { [self] in watchStalls() }
    }

    // MARK: Settings

    public func setBridge(_ settings: BridgeControlSettings) {
        setBridges([settings])
    }

    /// Sets many bridges at once: the threads are asked once for all of them.
    public func setBridges(_ all: [BridgeControlSettings]) {
        let changed = all.filter { settings[$0.index] != $0 }
        if !changed.isEmpty { configure(changed, restarts: false) }
    }

    public func setTLS(_ material: TLSMaterial?) {
        guard tls != material else { return }
        tls = material
        hub.run { [self] in tlsOfHub = material }
        for settings in settings.values where settings.controllers.contains(where: \.endpoint.isSecure) {
            configure([settings], restarts: true)
        }
    }

    public func reconnect(_ index: Int32) {
        if let settings = settings[index] { configure([settings], restarts: true) }
    }

    private func configure(_ all: [BridgeControlSettings], restarts: Bool) {
        if !isStarted { start() }
        for wanted in all { settings[wanted.index] = wanted }
        poller.run { [agents] datapath, now in
            for wanted in all { agents.configure(wanted, datapath: datapath, now: now) }
        }
        hub.run { [self] in
            for wanted in all where bridges[wanted.index] == nil {
                bridges[wanted.index] = BridgeConnections(settings: wanted, owner: self)
            }
        }
        var opened: [Int32: [Endpoint: Result<StreamHub.Listener, StreamError>]] = [:]
        for wanted in all { opened[wanted.index] = listenForControllers(wanted, restarts: restarts) }
        listenForTools(all)
        hub.run { [self, opened] in
            for wanted in all {
                bridges[wanted.index]?.configure(
                    wanted, listeners: opened[wanted.index] ?? [:], restarts: restarts)
            }
        }
    }

    /// Listens at the passive endpoints among a bridge's controllers.
    private func listenForControllers(
        _ wanted: BridgeControlSettings, restarts: Bool
    ) -> [Endpoint: Result<StreamHub.Listener, StreamError>] {
        let index = wanted.index
        var opened: [Endpoint: Result<StreamHub.Listener, StreamError>] = [:]
        var own = listeners[index] ?? Listeners()
        let passive = wanted.controllers.map(\.endpoint).filter(\.isPassive)
        for (endpoint, listener) in own.controllers
        where !passive.contains(endpoint) || (restarts && endpoint.isSecure) {
            listener.close()
            own.controllers[endpoint] = nil
        }
        for endpoint in passive where own.controllers[endpoint] == nil {
            do throws(StreamError) {
                own.controllers[endpoint] = try hub.listen(endpoint, tls: tls) { [weak self] stream in
                    guard let link = self?.bridges[index]?.link(for: endpoint) else { return stream.close() }
                    link.accept(stream)
                }
            } catch {
                opened[endpoint] = .failure(error)
            }
        }
        for (endpoint, listener) in own.controllers { opened[endpoint] = .success(listener) }
        listeners[index] = own
        return opened
    }

    /// Listens at `BRIDGE.mgmt` and `BRIDGE.snoop` of each bridge.
    private func listenForTools(_ all: [BridgeControlSettings]) {
        var wanted: [(index: Int32, listener: WritableKeyPath<Listeners, StreamHub.Listener?>)] = []
        var requests: [(path: String, accept: @Sendable (StreamConnection) -> Void)] = []
        for bridge in all {
            let index = bridge.index
            let sockets: [(WritableKeyPath<Listeners, StreamHub.Listener?>, String, isSnoop: Bool)] = [
                (\.management, ".mgmt", false), (\.snoop, ".snoop", true),
            ]
            for (listener, suffix, isSnoop) in sockets {
                let path = "\(runDirectory)/\(bridge.name)\(suffix)"
                let old = listeners[index]?[keyPath: listener]
                if old?.endpoint == .listenUnix(path: path) { continue }
                old?.close()
                wanted.append((index, listener))
                requests.append(
                    (
                        path,
                        { [weak self] stream in
                            guard let bridge = self?.bridges[index] else { return stream.close() }
                            if isSnoop { bridge.acceptSnoop(stream) } else { bridge.acceptManagement(stream) }
                        }
                    ))
            }
        }
        for (place, result) in hub.listen(unix: requests).enumerated() {
            switch result {
            case .success(let listener): listeners[wanted[place].index]?[keyPath: wanted[place].listener] = listener
            case .failure(let error):
                listeners[wanted[place].index]?[keyPath: wanted[place].listener] = nil
                onProblem?(error.description)
            }
        }
    }

    /// Is told of what could not be done, on the configuring thread.
    public var onProblem: ((String) -> Void)?

    /// Opens streams to targets that are not in this process's network namespace, and completes on the hub's thread;
    /// false: the target is an ordinary one. Is called on the hub's thread; set before the first bridge comes.
    public var dial:
        (@Sendable (Endpoint, @escaping @Sendable (Result<StreamConnection, StreamError>) -> Void) -> Bool)?

    public func removeBridge(_ index: Int32) { remove([index]) }

    private func remove(_ all: [Int32]) {
        for index in all {
            settings[index] = nil
            let own = listeners.removeValue(forKey: index)
            for listener in own?.controllers.values ?? [:].values { listener.close() }
            own?.management?.close()
            own?.snoop?.close()
        }
        hub.run { [self] in for index in all { bridges.removeValue(forKey: index)?.stop() } }
        if isStarted { poller.run { [agents] _, _ in for index in all { agents.remove(bridge: index) } } }
    }

    /// Ends all connections.
    public func stop() {
        remove(Array(settings.keys))
        hub.run { [self] in stallTimer?.cancel() }
    }

    public func controllerStatus(_ index: Int32) -> [ControllerStatus] {
        hub.run { [self] in bridges[index]?.status(now: MonotonicClock.now()) ?? [] }
    }

    public func portChanged(_ index: Int32, port: UInt32) {
        guard isStarted else { return }
        poller.post { [agents] _, _ in agents.touch(index)?.portChanged(port) }
    }

    /// Where a bridge listens for controllers, with the ports that were chosen for 0.
    public func listeningEndpoints(_ index: Int32) -> [Endpoint] {
        listeners[index]?.controllers.values.map(\.endpoint) ?? []
    }

    // MARK: On the hub's thread

    func bridge(_ number: Int32) -> BridgeConnections? { bridges[number] }

    func nextID() -> ConnectionID { ConnectionID(ids.add(1, ordering: .relaxed).newValue) }

    /// What crosses from a closure on the hub's thread to one on the hub's thread.
    private struct OnHub<Value>: @unchecked Sendable { let value: Value }

    func open(_ target: Endpoint, completion: @escaping (Result<StreamConnection, StreamError>) -> Void) {
        let completion = OnHub(value: completion)
        if dial?(target, { completion.value($0) }) == true { return }
        hub.connect(target, tls: tlsOfHub) { completion.value($0) }
    }

    func connect(
        bridge: Int32, _ stream: OpenFlowStream, version: OpenFlowVersion, kind: ConnectionKind,
        settings: ControllerSettings?
    ) {
        let limits = settings?.limits
        let terms = ConnectionTerms(
            version: version, kind: kind, rateLimit: limits?.rate, burstLimit: limits?.burst ?? 0,
            sendsAsynchronousMessages: settings?.wantsAsynchronous ?? true, uri: stream.stream.peer,
            gauge: stream.gauge)
        let id = stream.id
        poller.post { [agents] _, now in agents.touch(bridge)?.connect(id, terms, now: now) }
    }

    func limit(bridge: Int32, _ id: ConnectionID, _ settings: ControllerSettings) {
        let limits = settings.limits
        poller.post { [agents] _, now in
            agents.touch(bridge)?.setRateLimit(id, limits.rate, burst: limits.burst, now: now)
        }
    }

    func disconnect(bridge: Int32, _ id: ConnectionID) {
        poller.post { [agents] _, now in agents.touch(bridge)?.disconnect(id, now: now) }
    }

    func post(bridge: Int32, _ id: ConnectionID, _ batch: RequestBatch) {
        poller.post { [agents] _, now in agents.touch(bridge)?.receive(id, batch, now: now) }
    }

    /// Gives a bridge's agent a turn: what it waited for has come.
    func wakeAgent(bridge: Int32) { poller.post { [agents] _, _ in _ = agents.touch(bridge) } }

    /// How often is looked for peers that take nothing, in nanoseconds.
    private static let stallCheck: Int64 = 5_000_000_000

    private func watchStalls() {
        let now = MonotonicClock.now()
        for bridge in bridges.values { bridge.endStalled(now: now) }
        stallTimer = hub.schedule(after: Self.stallCheck) { [weak self] in self?.watchStalls() }
    }

    // MARK: From the poller's thread

    private func deliver(_ outputs: [(bridge: Int32, output: AgentOutput)]) {
        hub.post { [self] in
            for (bridge, output) in outputs where bridges[bridge]?.deliver(output) == true {
                wakeAgent(bridge: bridge)
            }
        }
    }
}

extension ControllerSettings {
    /// The limits of packet-ins as an agent takes them.
    fileprivate var limits: (rate: UInt32?, burst: UInt32) {
        (rateLimit.map { UInt32(clamping: $0) }, UInt32(clamping: burstLimit ?? 0))
    }
}

extension Endpoint {
    /// Whether it is reached by TLS.
    fileprivate var isSecure: Bool {
        switch self {
        case .tls, .listenTLS: true
        default: false
        }
    }
}
