import Linux
import OpenFlow
import Streams
import Synchronization
import Testbed
import Testing

@testable import VirtualSwitch

/// A controller that a test plays: takes connections, keeps what comes, and says what the test has it say.
final class PlayedController: Sendable {
    private struct State {
        var streams: [StreamConnection] = []
        /// All but packet-ins, which are counted.
        var messages: [Message] = []
        var packetIns = 0
        var barriers: Set<UInt32> = []
        var bytes: [UInt8] = []
        var byteCount = 0
        var accepted = 0
        var closed = 0
        var reads: Bool
        var answersEchoes: Bool
    }
    private let state: Mutex<State>
    private let hub: StreamHub
    private let listener: Mutex<StreamHub.Listener?>
    let version: OpenFlowVersion
    /// What is sent to whoever connects.
    private let greeting: [UInt8]
    /// Where the switch is to connect to.
    let endpoint: Endpoint

    /// - Parameters:
    ///   - greeting: nil: a hello.
    ///   - reads: whether it reads at all.
    init(
        _ hub: StreamHub, _ listen: Endpoint = .listenTCP(host: "127.0.0.1", port: 0), version: OpenFlowVersion = .v13,
        greeting: [UInt8]? = nil, reads: Bool = true, answersEchoes: Bool = true, tls: TLSMaterial? = nil
    ) throws {
        self.hub = hub
        self.version = version
        self.greeting = greeting ?? Message(xid: 1, .hello(.init(speaking: [version]))).encode(version: version)
        state = Mutex(State(reads: reads, answersEchoes: answersEchoes))
        let hook = Hook()
        let listener = try hub.listen(listen, tls: tls) { hook.call($0) }
        self.listener = Mutex(listener)
        endpoint =
            switch listener.endpoint {
            case .listenTCP(let host, let port): .tcp(host: host ?? "127.0.0.1", port: port)
            case .listenTLS(let host, let port): .tls(host: host ?? "127.0.0.1", port: port)
            case .listenUnix(let path): .unix(path: path)
            default: listener.endpoint
            }
        hook.set { [weak self] in self?.accept($0) }
    }

    /// What accepts is known once the listener is.
    private final class Hook: Sendable {
        private let body = Mutex<(@Sendable (StreamConnection) -> Void)?>(nil)
        func set(_ call: @escaping @Sendable (StreamConnection) -> Void) { body.withLock { $0 = call } }
        func call(_ stream: StreamConnection) { body.withLock { $0 }?(stream) }
    }

    private func accept(_ stream: StreamConnection) {
        let reads = state.withLock { state in
            state.streams.append(stream)
            state.accepted += 1
            return state.reads
        }
        var framer = MessageFramer()
        stream.onRead = { [self] bytes in
            framer.append(bytes)
            state.withLock { state in
                state.byteCount += bytes.count
                if state.bytes.count < 4096 { state.bytes.append(contentsOf: bytes) }
            }
            try? framer.forEach { take($0, from: stream) }
        }
        stream.onClose = { [self] _ in
            state.withLock { state in
                state.closed += 1
                state.streams.removeAll { $0 === stream }
            }
        }
        if !reads { stream.setReading(false) }
        stream.write(greeting)
    }

    private func take(_ frame: UnsafeRawBufferPointer, from stream: StreamConnection) {
        guard let message = try? Message.decode(frame, version: frame[1] == 0 ? nil : version) else { return }
        let answers = state.withLock { state in
            switch message.body {
            case .packetIn: state.packetIns += 1
            case .barrierReply:
                state.barriers.insert(message.xid)
                state.messages.append(message)
            default: state.messages.append(message)
            }
            return state.answersEchoes
        }
        if answers, case .echoRequest(let data) = message.body {
            stream.write(Message(xid: message.xid, .echoReply(data)).encode(version: version))
        }
    }

    // MARK: What the test does and sees

    var settings: ControllerSettings { ControllerSettings(endpoint: endpoint, maximumBackOff: 1000) }

    /// Sends on all connections.
    func send(_ messages: Message...) { send(bytes: messages.flatMap { $0.encode(version: version) }) }

    func send(bytes: [UInt8]) { for stream in state.withLock({ $0.streams }) { stream.write(bytes) } }

    /// Ends all connections at once.
    func drop() { for stream in state.withLock({ $0.streams }) { stream.close(discardingOutput: true) } }

    /// Ends all connections and takes no more.
    func stop() {
        listener.withLock { listener in
            listener?.close()
            listener = nil
        }
        drop()
    }

    func setReading(_ on: Bool) {
        state.withLock { $0.reads = on }
        for stream in state.withLock({ $0.streams }) { stream.setReading(on) }
    }

    /// What has come, but for packet-ins.
    var messages: [Message] { state.withLock { $0.messages } }
    var packetIns: Int { state.withLock { $0.packetIns } }
    /// The first bytes that came.
    var bytes: [UInt8] { state.withLock { $0.bytes } }
    var byteCount: Int { state.withLock { $0.byteCount } }
    var accepted: Int { state.withLock { $0.accepted } }
    var connected: Int { state.withLock { $0.streams.count } }
    /// Bytes of this side that the switch has not taken.
    var pendingByteCount: Int {
        let streams = state.withLock { $0.streams }
        return hub.run { streams.reduce(0) { $0 + $1.pendingByteCount } }
    }

    func count(_ isCounted: (Message.Body) -> Bool) -> Int { messages.count { isCounted($0.body) } }

    /// Sends a barrier and waits for its reply: all that was sent before is done.
    @discardableResult
    func barrier(_ xid: UInt32 = 0xba) -> Bool {
        send(Message(xid: xid, .barrierRequest))
        return eventually { state.withLock { $0.barriers.contains(xid) } }
    }
}
