import Glibc
import Linux
import Streams
import Synchronization

/// A stream to a switch or a database for a program that has nothing to do but wait for it.
final class BlockingStream: Sendable {
    private static let hub = StreamHub()
    /// How long a peer may take for an answer, in nanoseconds.
    static let patience: UInt64 = 30_000_000_000

    /// Where it leads, for messages.
    let peer: String
    private let connection: StreamConnection
    private let inbox: Inbox

    /// What has arrived, put there by the hub's thread.
    private final class Inbox: Sendable {
        struct Content {
            var bytes: [UInt8] = []
            var isEnded = false
            var error: StreamError?
        }
        let content = Mutex(Content())
        let event: EventDescriptor
        init() throws { event = try EventDescriptor() }
    }

    init(_ endpoint: Endpoint, tls: TLSMaterial? = nil) throws {
        let inbox = try Inbox()
        let gate = Gate()
        let outcome = Mutex<Result<StreamConnection, StreamError>?>(nil)
        Self.hub.connect(endpoint, tls: tls) { result in
            if case .success(let connection) = result {
                connection.onRead = { bytes in
                    inbox.content.withLock { $0.bytes.append(contentsOf: bytes) }
                    inbox.event.signal()
                }
                connection.onClose = { error in
                    inbox.content.withLock {
                        $0.isEnded = true
                        $0.error = error
                    }
                    inbox.event.signal()
                }
            }
            outcome.withLock { $0 = result }
            gate.open()
        }
        gate.wait()
        switch outcome.withLock({ $0 })! {
        case .success(let connection): self.connection = connection
        case .failure(let error): throw error
        }
        self.inbox = inbox
        peer = endpoint.description
    }

    deinit { connection.close(discardingOutput: true) }

    func write(_ bytes: [UInt8]) { connection.write(bytes) }

    /// Waits for bytes and hands them over.
    /// - Parameter patience: in nanoseconds; nil: for ever.
    func read(patience: UInt64? = BlockingStream.patience, _ body: (UnsafeRawBufferPointer) -> Void) throws {
        let deadline = patience.map { MonotonicClock.now() &+ $0 }
        while true {
            inbox.event.drain()
            let content = inbox.content.withLock { content in
                defer { content.bytes = [] }
                return content
            }
            if !content.bytes.isEmpty { return content.bytes.withUnsafeBytes(body) }
            if content.isEnded {
                throw CommandError(content.error?.description ?? "\(peer) has closed the connection")
            }
            var wait: Int32 = -1
            if let deadline {
                let now = MonotonicClock.now()
                if now >= deadline {
                    throw CommandError("\(peer) does not answer", remedy: "is the switch alive? rookery switch show")
                }
                wait = Int32(clamping: (deadline - now) / 1_000_000 + 1)
            }
            var polled = pollfd(fd: inbox.event.rawValue, events: Int16(POLLIN), revents: 0)
            poll(&polled, 1, wait)
        }
    }
}
