import Linux
import OpenFlow
import Streams
import Synchronization

/// Somebody who connects to the switch.
final class ConnectingPeer: Sendable {
    private struct State {
        var stream: StreamConnection?
        var messages: [Message] = []
        var isClosed = false
    }
    private let state = Mutex(State())
    let version: OpenFlowVersion

    init(_ hub: StreamHub, _ endpoint: Endpoint, version: OpenFlowVersion) throws(StreamError) {
        self.version = version
        let opened = Opened()
        hub.connect(endpoint) { [self] result in
            switch result {
            case .success(let stream): begin(stream)
            case .failure(let error): opened.failure.withLock { $0 = error }
            }
            opened.gate.open()
        }
        opened.gate.wait()
        if let error = opened.failure.withLock({ $0 }) { throw error }
    }

    private final class Opened: Sendable {
        let gate = Gate()
        let failure = Mutex<StreamError?>(nil)
    }

    private func begin(_ stream: StreamConnection) {
        var framer = MessageFramer()
        stream.onRead = { [self] bytes in
            framer.append(bytes)
            try? framer.forEach { frame in
                guard let message = try? Message.decode(frame, version: frame[1] == 0 ? nil : version) else { return }
                state.withLock { $0.messages.append(message) }
            }
        }
        stream.onClose = { [self] _ in state.withLock { $0.isClosed = true } }
        stream.write(Message(xid: 1, .hello(.init(speaking: [version]))).encode(version: version))
        state.withLock { $0.stream = stream }
    }

    func send(_ message: Message) { state.withLock { $0.stream }?.write(message.encode(version: version)) }
    func close() { state.withLock { $0.stream }?.close() }
    var messages: [Message] { state.withLock { $0.messages } }
    var isClosed: Bool { state.withLock { $0.isClosed } }
}
