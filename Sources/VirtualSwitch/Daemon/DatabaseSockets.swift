import Linux
import OVSDB
import Streams

// The database server's sockets: bytes between a hub and an `OVSDBServer`, both on the hub's thread.

/// Serves an OVSDB server's databases on streams. Everything but `init` is for the hub's thread.
final class DatabaseSockets {
    let hub: StreamHub
    let server: OVSDBServer
    private var sessions: [ObjectIdentifier: (session: OVSDBSession, stream: StreamConnection)] = [:]
    private var listeners: [Endpoint: StreamHub.Listener] = [:]
    /// Endpoints that we connect to, and those that could not be listened at: with what the Manager table says of them.
    private(set) var managers: [Endpoint: Manager] = [:]
    private var isTurnScheduled = false
    private var timer: StreamHub.Timer?
    private var timerDeadline: UInt64?
    /// Is called after each batch of requests, before clients hear what became of them.
    var afterBatch: (() -> Void)?
    private let log: (String) -> Void

    /// A manager that we connect to.
    final class Manager {
        var stream: StreamConnection?
        var isConnected = false
        var lastError: String?
        var since: UInt64 = MonotonicClock.now()
        var wait: Int64 = 1_000_000_000
        var isWanted = true
        /// Of a passive one: clients that are there.
        var peerCount = 0
    }

    init(hub: StreamHub, server: OVSDBServer, log: @escaping (String) -> Void) {
        self.hub = hub
        self.server = server
        self.log = log
        server.onActivity = { [unowned self] in scheduleTurn() }
    }

    /// Accepts clients at a passive endpoint. Not for the hub's thread; `accept` runs on it.
    static func listen(
        _ endpoint: Endpoint, hub: StreamHub, tls: TLSMaterial?, sockets: DatabaseSockets, manager: Manager? = nil
    ) throws(StreamError) -> StreamHub.Listener {
        nonisolated(unsafe) let sockets = sockets
        nonisolated(unsafe) let manager = manager
        return try hub.listen(endpoint, tls: tls) { sockets.accept($0, manager: manager) }
    }

    private func accept(_ stream: StreamConnection, manager: Manager? = nil) {
        manager?.peerCount += 1
        // A client on a unix socket that is gone is known to be: only others need a sign of life.
        let isLocal = stream.peer.hasPrefix("unix:")
        let session = server.connect(.init(probeInterval: isLocal ? nil : 5_000_000_000))
        let key = ObjectIdentifier(session)
        sessions[key] = (session, stream)
        stream.onRead = { [unowned self] bytes in
            session.receive(bytes)
            scheduleTurn()
        }
        stream.onReadComplete = { [unowned self] in turn() }
        stream.onDrain = { [unowned self] in
            if stream.pendingByteCount == 0 { scheduleTurn() }
        }
        stream.onClose = { [unowned self] _ in
            sessions[key] = nil
            manager?.peerCount -= 1
            session.close()
            scheduleTurn()
        }
    }

    private func scheduleTurn() {
        if isTurnScheduled { return }
        isTurnScheduled = true
        nonisolated(unsafe) let sockets = self
        hub.post { sockets.turn() }
    }

    /// Does what came in, tells who follows the database, and sends what there is to send.
    func turn() {
        isTurnScheduled = false
        server.run()
        afterBatch?()
        // What the binding wrote is news for monitors.
        server.run()
        for (session, stream) in sessions.values {
            // What the kernel has not taken yet waits in the session, which knows its limit.
            if session.hasOutput && stream.pendingByteCount < 1 << 20 { stream.write(session.takeOutput()) }
            stream.setReading(session.wantsInput)
            if session.closeReason != nil { stream.close() }
        }
        setTimer()
    }

    private func setTimer() {
        let deadline = server.nextDeadline
        if deadline == timerDeadline { return }
        timer?.cancel()
        timer = nil
        timerDeadline = deadline
        guard let deadline else { return }
        nonisolated(unsafe) let sockets = self
        timer = hub.schedule(at: deadline, now: MonotonicClock.now()) {
            sockets.timerDeadline = nil
            sockets.turn()
        }
    }

    // MARK: The Manager table

    /// Listens at, or connects to, just these endpoints, beside those that were there from the start.
    func setManagers(_ endpoints: Set<Endpoint>, tls: TLSMaterial?) {
        for (endpoint, listener) in listeners where !endpoints.contains(endpoint) {
            listener.close()
            listeners[endpoint] = nil
        }
        for (endpoint, manager) in managers where !endpoints.contains(endpoint) {
            manager.isWanted = false
            manager.stream?.close(discardingOutput: true)
            managers[endpoint] = nil
        }
        for endpoint in endpoints where managers[endpoint] == nil {
            let manager = Manager()
            managers[endpoint] = manager
            if endpoint.isPassive { listen(endpoint, manager, tls) } else { connect(endpoint, manager, tls) }
        }
    }

    private func listen(_ endpoint: Endpoint, _ manager: Manager, _ tls: TLSMaterial?) {
        // Binding waits for this very thread: it is done beside it.
        nonisolated(unsafe) let sockets = self
        nonisolated(unsafe) let manager = manager
        let hub = hub
        do {
            try BackgroundThread.start("rookery-listen") {
                let result = Result { () throws(StreamError) in
                    try DatabaseSockets.listen(endpoint, hub: hub, tls: tls, sockets: sockets, manager: manager)
                }
                hub.post {
                    switch result {
                    case .success(let listener):
                        if manager.isWanted { sockets.listeners[endpoint] = listener } else { listener.close() }
                    case .failure(let error):
                        manager.lastError = error.description
                        sockets.log("manager \(endpoint): \(error)")
                    }
                }
            }
        } catch {
            manager.lastError = error.description
        }
    }

    private func connect(_ endpoint: Endpoint, _ manager: Manager, _ tls: TLSMaterial?) {
        nonisolated(unsafe) let sockets = self
        nonisolated(unsafe) let manager = manager
        hub.connect(endpoint, tls: tls) { result in
            func again(_ error: String?) {
                manager.stream = nil
                manager.isConnected = false
                manager.since = MonotonicClock.now()
                if let error { manager.lastError = error }
                guard manager.isWanted else { return }
                let wait = manager.wait
                manager.wait = min(wait * 2, 8_000_000_000)
                sockets.hub.schedule(after: wait) {
                    if manager.isWanted { sockets.connect(endpoint, manager, tls) }
                }
            }
            switch result {
            case .failure(let error): again(error.description)
            case .success(let stream):
                manager.stream = stream
                manager.isConnected = true
                manager.since = MonotonicClock.now()
                manager.wait = 1_000_000_000
                sockets.accept(stream)
                let close = stream.onClose
                stream.onClose = { error in
                    close?(error)
                    again(error?.description)
                }
            }
        }
    }

    var sessionCount: Int { sessions.count }

    /// Ends the connections of all clients; those that want to come back do.
    func reconnect() {
        for (_, stream) in sessions.values { stream.close() }
    }

    /// What the Manager table says of an endpoint.
    func status(of endpoint: Endpoint) -> ManagerStatus? {
        guard let manager = managers[endpoint] else { return nil }
        let seconds = (MonotonicClock.now() - manager.since) / 1_000_000_000
        var words: [String: String] = [:]
        if endpoint.isPassive {
            let peers = manager.peerCount
            words["n_connections"] = peers > 1 ? String(peers) : nil
            if case .listenTCP(_, let port)? = listeners[endpoint]?.endpoint { words["bound_port"] = String(port) }
            if case .listenTLS(_, let port)? = listeners[endpoint]?.endpoint { words["bound_port"] = String(port) }
            words["state"] = listeners[endpoint] == nil ? "BACKOFF" : peers == 0 ? "LISTENING" : "ACTIVE"
            if let error = manager.lastError { words["last_error"] = error }
            return ManagerStatus(isConnected: peers > 0, words: words)
        }
        words["state"] = manager.isConnected ? "ACTIVE" : "BACKOFF"
        words[manager.isConnected ? "sec_since_connect" : "sec_since_disconnect"] = String(seconds)
        if !manager.isConnected, let error = manager.lastError { words["last_error"] = error }
        return ManagerStatus(isConnected: manager.isConnected, words: words)
    }

    /// Closes everything.
    func close() {
        timer?.cancel()
        for listener in listeners.values { listener.close() }
        for manager in managers.values { manager.isWanted = false }
        for (_, stream) in sessions.values { stream.close() }
    }
}
