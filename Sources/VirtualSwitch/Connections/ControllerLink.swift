import Linux
import OpenFlow
import Streams
import Synchronization

/// A bridge's way to one controller, on the hub's thread: connects, tries again, asks silent peers for a sign of life.
/// A passive target holds any number of peers.
final class ControllerLink {
    private(set) var settings: ControllerSettings
    private let bridge: BridgeConnections
    private var backOff: BackOff
    /// The main connection of an active target.
    private(set) var main: OpenFlowStream?
    private var auxiliary: [OpenFlowStream] = []
    /// The connections of a passive target.
    private(set) var peers: [Peer] = []
    var listener: StreamHub.Listener?
    /// Why a passive target cannot be listened at.
    var listenError: String?
    private var isStopped = false

    /// A peer of a passive target.
    struct Peer {
        var stream: OpenFlowStream
        var backOff: BackOff
    }

    init(settings: ControllerSettings, bridge: BridgeConnections, now: UInt64) {
        self.settings = settings
        self.bridge = bridge
        backOff = Self.backOff(settings, now: now)
    }

    private static func backOff(_ settings: ControllerSettings, now: UInt64) -> BackOff {
        BackOff(
            maximum: Nanoseconds.milliseconds(settings.maximumBackOff),
            probeInterval: Nanoseconds.milliseconds(settings.inactivityProbe), now: now)
    }

    func start(now: UInt64) { if !settings.endpoint.isPassive { backOff.start(now: now) } }

    /// Takes new settings with the same target.
    func update(_ settings: ControllerSettings) {
        if settings.rateLimit != self.settings.rateLimit || settings.burstLimit != self.settings.burstLimit {
            for stream in streams where stream.version != nil { bridge.limit(stream, settings) }
        }
        self.settings = settings
        let probe = Nanoseconds.milliseconds(settings.inactivityProbe)
        backOff.maximum = Nanoseconds.milliseconds(settings.maximumBackOff)
        backOff.probeInterval = probe
        for index in peers.indices { peers[index].backOff.probeInterval = probe }
    }

    func stop() {
        isStopped = true
        listener?.close()
        main?.end(nil)
        for stream in auxiliary { stream.end(nil) }
        for peer in peers { peer.stream.end(nil) }
    }

    /// All connections to this controller.
    var streams: [OpenFlowStream] { (main.map { [$0] } ?? []) + auxiliary + peers.map(\.stream) }

    // MARK: Time

    func run(now: UInt64) {
        switch backOff.step(now: now) {
        case .nothing: break
        case .connect:
            backOff.connecting(now: now)
            connect()
        case .probe: if let main { bridge.probe(main) }
        case .disconnect:
            if let main {
                main.end(backOff.lastError, discardingOutput: true)
            } else {
                backOff.failed(nil, now: now)
            }
        }
        for index in peers.indices {
            switch peers[index].backOff.step(now: now) {
            case .probe: bridge.probe(peers[index].stream)
            case .disconnect: peers[index].stream.end(peers[index].backOff.lastError, discardingOutput: true)
            default: break
            }
        }
    }

    var deadline: UInt64? { ([backOff.deadline] + peers.map(\.backOff.deadline)).compactMap(\.self).min() }

    // MARK: Active

    private func connect() {
        bridge.open(settings.endpoint) { [self] result in
            let now = MonotonicClock.now()
            switch result {
            case .failure(let error):
                if backOff.state == .connecting { backOff.failed(error.description, now: now) }
            case .success(let stream):
                guard !isStopped, backOff.state == .connecting, main == nil else { return stream.close() }
                adopt(stream)
            }
            bridge.schedule()
        }
    }

    private func adopt(_ stream: StreamConnection) {
        let connection = bridge.makeStream(stream)
        main = connection
        connection.onHeard = { [self] in backOff.heard(now: MonotonicClock.now()) }
        connection.onVersion = { [self, unowned connection] version in
            backOff.connected(now: MonotonicClock.now())
            bridge.connected(
                connection, version: version, settings: settings, kind: settings.isService ? .service : .controller)
            for number in 0..<settings.auxiliaryConnections where version >= .v13 {
                openAuxiliary(number + 1, of: connection)
            }
            bridge.schedule()
        }
        connection.onClose = { [self, unowned connection] reason in
            main = nil
            for stream in auxiliary { stream.end("the main connection has ended") }
            bridge.disconnected(connection)
            backOff.failed(reason, now: MonotonicClock.now())
            bridge.schedule()
        }
        connection.start()
    }

    /// An auxiliary connection to the same controller, in the version of the main one.
    private func openAuxiliary(_ number: UInt8, of owner: OpenFlowStream) {
        bridge.open(settings.endpoint) { [self] result in
            guard case .success(let stream) = result else { return }
            guard let version = owner.version, main === owner else { return stream.close() }
            let connection = bridge.makeStream(stream, versions: [version])
            auxiliary.append(connection)
            connection.onVersion = { [self, unowned connection] version in
                bridge.connected(
                    connection, version: version, settings: settings, kind: .auxiliary(number, of: owner.id))
            }
            connection.onClose = { [self, unowned connection] _ in
                auxiliary.removeAll { $0 === connection }
                bridge.disconnected(connection)
            }
            connection.start()
        }
    }

    // MARK: Passive

    func accept(_ stream: StreamConnection) {
        guard !isStopped else { return stream.close() }
        let connection = bridge.makeStream(stream)
        var state = Self.backOff(settings, now: MonotonicClock.now())
        state.connecting(now: MonotonicClock.now())
        peers.append(Peer(stream: connection, backOff: state))
        connection.onHeard = { [self, unowned connection] in
            update(connection) { $0.heard(now: MonotonicClock.now()) }
        }
        connection.onVersion = { [self, unowned connection] version in
            update(connection) { $0.connected(now: MonotonicClock.now()) }
            bridge.connected(connection, version: version, settings: settings, kind: .service)
            bridge.schedule()
        }
        connection.onClose = { [self, unowned connection] _ in
            peers.removeAll { $0.stream === connection }
            bridge.disconnected(connection)
        }
        connection.start()
        bridge.schedule()
    }

    private func update(_ stream: OpenFlowStream, _ change: (inout BackOff) -> Void) {
        guard let index = peers.firstIndex(where: { $0.stream === stream }) else { return }
        change(&peers[index].backOff)
    }

    // MARK: Status

    func status(now: UInt64) -> ControllerStatus {
        let speaker = main?.version != nil ? main : peers.first { $0.stream.version != nil }?.stream
        var status: [String: String] = [:]
        if settings.endpoint.isPassive {
            status["state"] = listener == nil ? "VOID" : peers.isEmpty ? "LISTENING" : "ACTIVE"
            status["n_connections"] = String(peers.count)
        } else {
            status["state"] = backOff.state.rawValue
            if let since = backOff.lastConnected { status["sec_since_connect"] = Self.seconds(since, now) }
            if let since = backOff.lastDisconnected { status["sec_since_disconnect"] = Self.seconds(since, now) }
        }
        if let error = listenError ?? backOff.lastError { status["last_error"] = error }
        let dropped = streams.reduce(0) { $0 + $1.gauge.droppedPacketIns.load(ordering: .relaxed) }
        if dropped > 0 { status["packet-in-dropped"] = String(dropped) }
        return ControllerStatus(
            endpoint: settings.endpoint, isConnected: speaker != nil, role: speaker?.gauge.role.name, status: status)
    }

    private static func seconds(_ since: UInt64, _ now: UInt64) -> String { String((now &- since) / 1_000_000_000) }
}
