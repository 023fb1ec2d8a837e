import Linux
import OpenFlow
import Streams
import Synchronization

/// The OpenFlow connections of one bridge, on the hub's thread.
final class BridgeConnections {
    var number: Int32 { settings.index }
    private(set) var settings: BridgeControlSettings
    /// Lives at least until the last stream has ended.
    private let owner: OpenFlowConnections
    private var links: [ControllerLink] = []
    /// `ovs-ofctl` and its like, and those who snoop.
    private var management: [OpenFlowStream] = []
    private var snoops: [OpenFlowStream] = []
    private var streams: [ConnectionID: OpenFlowStream] = [:]
    private var timer: StreamHub.Timer?
    private var timerDeadline: UInt64?
    private var isStopped = false

    init(settings: BridgeControlSettings, owner: OpenFlowConnections) {
        self.settings = settings
        self.owner = owner
    }

    // MARK: Settings

    /// Takes new settings. Connections to controllers that stay, stay.
    /// - Parameters:
    ///   - listeners: those of passive endpoints, or why there is none.
    ///   - restarts: whether all connect anew.
    func configure(
        _ settings: BridgeControlSettings, listeners: [Endpoint: Result<StreamHub.Listener, StreamError>],
        restarts: Bool
    ) {
        let now = MonotonicClock.now()
        // Who speaks a version that is not allowed any more connects anew.
        let restarts = restarts || settings.versions != self.settings.versions
        self.settings = settings
        var kept: [ControllerLink] = []
        for wanted in settings.controllers {
            if !restarts, let index = links.firstIndex(where: { $0.settings.isSameConnection(as: wanted) }) {
                let link = links.remove(at: index)
                link.update(wanted)
                kept.append(link)
            } else {
                let link = ControllerLink(settings: wanted, bridge: self, now: now)
                link.start(now: now)
                kept.append(link)
            }
        }
        for link in links { link.stop() }
        links = kept
        for link in links {
            switch listeners[link.settings.endpoint] {
            case .success(let listener): link.listener = listener
            case .failure(let error): link.listenError = error.description
            case nil: break
            }
        }
        schedule()
    }

    func stop() {
        isStopped = true
        timer?.cancel()
        for link in links { link.stop() }
        for stream in management + snoops { stream.end(nil) }
        links = []
    }

    func link(for target: Endpoint) -> ControllerLink? { links.first { $0.settings.endpoint == target } }

    func status(now: UInt64) -> [ControllerStatus] { links.map { $0.status(now: now) } }

    /// Bytes that wait for each controller.
    var pendingByteCounts: [Int] { links.flatMap(\.streams).map(\.stream.pendingByteCount) }

    // MARK: Time

    /// Sets the timer to the next thing that is due.
    func schedule() {
        guard !isStopped else { return }
        let deadline = links.compactMap(\.deadline).min()
        guard deadline != timerDeadline else { return }
        timer?.cancel()
        timerDeadline = deadline
        guard let deadline else { return timer = nil }
        timer = owner.hub.schedule(at: deadline, now: MonotonicClock.now()) { [owner = self.owner, number] in
            owner.bridge(number)?.timeHasCome()
        }
    }

    private func timeHasCome() {
        timerDeadline = nil
        let now = MonotonicClock.now()
        for link in links { link.run(now: now) }
        schedule()
    }

    func probe(_ stream: OpenFlowStream) {
        _ = stream.gauge.unwritten.add(1, ordering: .relaxed)
        _ = stream.send([Message(xid: 0, .echoRequest([]))], weight: 1, answered: 0)
    }

    // MARK: Streams

    func open(_ target: Endpoint, completion: @escaping (Result<StreamConnection, StreamError>) -> Void) {
        owner.open(target, completion: completion)
    }

    /// A stream of this bridge; its closures but `onClose`, `onVersion` and `onHeard` are set.
    func makeStream(_ stream: StreamConnection, versions: Set<OpenFlowVersion>? = nil) -> OpenFlowStream {
        let id = owner.nextID()
        let connection = OpenFlowStream(id: id, stream: stream, allowed: versions ?? settings.versions)
        streams[id] = connection
        connection.onRequests = { [owner = self.owner, number] batch in owner.post(bridge: number, id, batch) }
        connection.onRoom = { [owner = self.owner, number] in owner.wakeAgent(bridge: number) }
        return connection
    }

    func connected(
        _ stream: OpenFlowStream, version: OpenFlowVersion, settings: ControllerSettings?, kind: ConnectionKind
    ) {
        owner.connect(bridge: number, stream, version: version, kind: kind, settings: settings)
        if !snoops.isEmpty { watch(stream, true) }
    }

    /// Sets a stream's controller to its limits of packet-ins.
    func limit(_ stream: OpenFlowStream, _ settings: ControllerSettings) {
        owner.limit(bridge: number, stream.id, settings)
    }

    func disconnected(_ stream: OpenFlowStream) {
        streams[stream.id] = nil
        owner.disconnect(bridge: number, stream.id)
    }

    /// Sends what the agent has for a connection.
    func deliver(_ output: AgentOutput) -> Bool {
        guard let stream = streams[output.connection] else { return false }
        let isAwaited = stream.send(output.messages, weight: output.weight, answered: output.answered)
        if let reason = output.endReason { stream.end(reason, discardingOutput: true) }
        return isAwaited
    }

    // MARK: Management and snooping

    func acceptManagement(_ stream: StreamConnection) {
        guard !isStopped else { return stream.close() }
        let connection = makeStream(stream)
        management.append(connection)
        connection.onVersion = { [self, unowned connection] version in
            connected(connection, version: version, settings: nil, kind: .service)
        }
        connection.onClose = { [self, unowned connection] _ in
            management.removeAll { $0 === connection }
            disconnected(connection)
        }
        connection.start()
    }

    func acceptSnoop(_ stream: StreamConnection) {
        guard !isStopped else { return stream.close() }
        let connection = OpenFlowStream(id: owner.nextID(), stream: stream, allowed: [])
        snoops.append(connection)
        connection.onClose = { [self, unowned connection] _ in
            snoops.removeAll { $0 === connection }
            if snoops.isEmpty { for stream in links.flatMap(\.streams) { watch(stream, false) } }
        }
        connection.start()
        for stream in links.flatMap(\.streams) { watch(stream, true) }
    }

    private func watch(_ stream: OpenFlowStream, _ on: Bool) {
        guard on else { return stream.onMessage = nil }
        guard !management.contains(where: { $0 === stream }) else { return }
        stream.onMessage = { [unowned self] message in for snoop in snoops { snoop.copy(message) } }
    }

    /// Ends connections whose peers have taken nothing for too long.
    func endStalled(now: UInt64) {
        for stream in streams.values { stream.endIfStalled(now: now) }
    }
}

extension ControllerSettings {
    /// Whether a connection made for one is good for the other.
    fileprivate func isSameConnection(as other: ControllerSettings) -> Bool {
        endpoint == other.endpoint && isService == other.isService
            && auxiliaryConnections == other.auxiliaryConnections && wantsAsynchronous == other.wantsAsynchronous
    }
}
