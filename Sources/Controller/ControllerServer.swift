import OpenFlow
import Streams

/// A controller on real connections: listens for switches, or connects to switches that listen.
public final class ControllerServer: @unchecked Sendable {
    private let hub: StreamHub
    private let application: any ControllerApplication
    private let versions: Set<OpenFlowVersion>
    private let clock: @Sendable () -> UInt64
    // On the hub's thread.
    private var sessions: [ObjectIdentifier: (session: SwitchSession, stream: StreamConnection)] = [:]
    private var listener: StreamHub.Listener?
    private var isStopped = false
    /// Is told when switches come and go, in a sentence.
    public var onNote: (@Sendable (String) -> Void)?

    /// Bytes that may wait for a switch that does not read, before its connection is given up.
    private static let backlogLimit = 64 << 20
    private static let tickInterval: Int64 = 100_000_000

    /// - Parameter clock: monotonic time in nanoseconds.
    public init(
        _ application: any ControllerApplication, hub: StreamHub,
        versions: Set<OpenFlowVersion> = Set(OpenFlowVersion.allCases), clock: @escaping @Sendable () -> UInt64
    ) {
        self.application = application
        self.hub = hub
        self.versions = versions
        self.clock = clock
        hub.post { self.tick() }
    }

    /// Listens for switches. Not to be called on the hub's thread.
    /// - Returns: where it listens; a port of 0 has become a real one.
    @discardableResult
    public func listen(at endpoint: Endpoint, tls: TLSMaterial? = nil) throws(StreamError) -> Endpoint {
        let listener = try hub.listen(endpoint, tls: tls) { self.accept($0) }
        hub.run { self.listener = listener }
        return listener.endpoint
    }

    /// Connects to a switch that listens (`ptcp:` among its controllers), and again when the connection ends.
    public func connect(to endpoint: Endpoint, tls: TLSMaterial? = nil) {
        hub.connect(endpoint, tls: tls) { result in
            if case .success(let stream) = result {
                self.accept(stream) { self.reconnect(endpoint, tls) }
            } else {
                self.reconnect(endpoint, tls)
            }
        }
    }

    private func reconnect(_ endpoint: Endpoint, _ tls: TLSMaterial?) {
        guard !isStopped else { return }
        hub.schedule(after: 1_000_000_000) { self.connect(to: endpoint, tls: tls) }
    }

    /// Ends all connections and listens no more.
    public func stop() {
        hub.run {
            self.isStopped = true
            self.listener?.close()
            for (_, stream) in self.sessions.values { stream.close() }
        }
    }

    private func accept(_ stream: StreamConnection, ended: (() -> Void)? = nil) {
        // Answers to one batch of messages leave in one write.
        var waiting: [UInt8] = []
        var isInBatch = false
        let session = SwitchSession(application, versions: versions, now: clock()) { bytes in
            if isInBatch { waiting += bytes } else { stream.write(bytes) }
            if stream.pendingByteCount > Self.backlogLimit { stream.close(discardingOutput: true) }
        }
        session.onProblem = { [onNote] in onNote?("\(stream.peer): \($0)") }
        let key = ObjectIdentifier(session)
        sessions[key] = (session, stream)
        stream.onRead = { [clock] bytes in
            isInBatch = true
            session.receive(bytes, now: clock())
            isInBatch = false
        }
        stream.onReadComplete = { [onNote] in
            stream.write(waiting)
            waiting.removeAll(keepingCapacity: true)
            if let reason = session.closeReason {
                onNote?("\(stream.peer): closed: \(reason)")
                stream.close()
            }
        }
        stream.onClose = { [weak self, onNote] error in
            self?.sessions[key] = nil
            if let error { onNote?("\(error)") }
            session.end()
            ended?()
        }
    }

    private func tick() {
        guard !isStopped else { return }
        let now = clock()
        application.tick(now: now)
        for (session, stream) in sessions.values {
            session.tick(now: now)
            if session.closeReason != nil { stream.close() }
        }
        hub.schedule(after: Self.tickInterval) { self.tick() }
    }
}
