import OpenFlow
import Streams
import Synchronization

/// One OpenFlow connection on the hub's thread: hello, framing, decoding and encoding, and the limits that keep a slow or
/// hostile peer from taking memory. What its messages mean is the agent's business.
final class OpenFlowStream {
    let id: ConnectionID
    let stream: StreamConnection
    /// The versions that may be spoken.
    private let allowed: Set<OpenFlowVersion>
    /// What is spoken; nil until both hellos are there.
    private(set) var version: OpenFlowVersion?
    let gauge = ConnectionGauge()

    /// Takes requests, for the agent.
    var onRequests: ((RequestBatch) -> Void)?
    /// Is told when the versions are agreed.
    var onVersion: ((OpenFlowVersion) -> Void)?
    /// Is told once when the connection has ended, with the reason.
    var onClose: ((String?) -> Void)?
    /// Is told of everything that comes.
    var onHeard: (() -> Void)?
    /// Is told when bytes that waited have gone out far enough for the agent to go on.
    var onRoom: (() -> Void)?
    /// Is shown each message in both directions, for snooping; nil while nobody snoops.
    var onMessage: ((UnsafeRawBufferPointer) -> Void)?

    private var framer = MessageFramer()
    /// Whether flow-mods of OpenFlow 1.0 name tables (`NXT_FLOW_MOD_TABLE_ID`).
    private var hasTableID = false
    private var batch = RequestBatch()
    /// Bytes of requests that the agent has not answered.
    private var unanswered = 0
    private var isReading = true
    private var isEnding = false
    private var endReason: String?

    /// Bytes of unanswered requests at which reading stops.
    private static let requestLimit = 1 << 20
    /// Bytes that wait for the peer at which reading stops, packet-ins are dropped and long answers pause.
    private static let outputLimit = 1 << 20
    /// Bytes that are written at once.
    private static let writeSize = 64 << 10

    private enum MessageType {
        static let hello: UInt8 = 0
        static let error: UInt8 = 1
    }

    init(id: ConnectionID, stream: StreamConnection, allowed: Set<OpenFlowVersion>) {
        self.id = id
        self.stream = stream
        self.allowed = allowed.isEmpty ? Set(OpenFlowVersion.allCases) : allowed
    }

    /// Sends the hello and begins to listen.
    func start() {
        stream.onRead = { [self] in received($0) }
        stream.onReadComplete = { [self] in
            guard !batch.isEmpty else { return }
            let complete = batch
            batch = RequestBatch()
            unanswered += complete.bytes.count
            adjustReading()
            onRequests?(complete)
        }
        stream.onDrain = { [self] in drained() }
        stream.onClose = { [self] error in
            let call = onClose
            onRequests = nil
            onVersion = nil
            onClose = nil
            onHeard = nil
            onRoom = nil
            onMessage = nil
            call?(endReason ?? error?.description ?? "connection closed by peer")
        }
        let hello = Message(xid: 1, .hello(Message.Hello(speaking: allowed)))
        stream.write(hello.encode(version: allowed.max()!))
    }

    /// Ends the connection for a reason of ours.
    func end(_ reason: String?, discardingOutput: Bool = false) {
        guard !isEnding else { return }
        isEnding = true
        endReason = reason
        stream.close(discardingOutput: discardingOutput)
    }

    // MARK: What comes

    private func received(_ bytes: UnsafeRawBufferPointer) {
        guard !isEnding else { return }
        onHeard?()
        if version == nil, framer.pendingBytes == 0, bytes.count >= 8, bytes[1] > MessageType.error {
            // Not somebody who speaks OpenFlow: the length may be anything.
            return refuse(bytes, "the peer's first message is of type \(bytes[1]), not a hello")
        }
        framer.append(bytes)
        do throws(MessageFramer.BadLength) {
            try framer.forEach { take($0) }
        } catch {
            // Where the next message begins cannot be known any more.
            endAfterBadLength(error.length)
        }
    }

    private func take(_ message: UnsafeRawBufferPointer) {
        guard !isEnding else { return }
        guard let version else { return negotiate(message) }
        onMessage?(message)
        guard message[1] != MessageType.hello else { return }
        batch.append(message, version: version, hasTableID: hasTableID)
        if case .message(let last)? = batch.requests.last?.content, case .nicira(.flowModTableID(let on)) = last.body {
            hasTableID = on
        }
    }

    private func negotiate(_ message: UnsafeRawBufferPointer) {
        let first: Message
        do throws(OpenFlowError) {
            first = try Message.decode(message, version: nil)
        } catch {
            return refuse(message, "the peer's first message is no hello")
        }
        guard case .hello(let hello) = first.body else {
            if case .error(let report) = first.body { return end("the peer refuses: \(report.error)") }
            return refuse(message, "the peer's first message is of type \(message[1]), not a hello")
        }
        guard let agreed = hello.negotiate(with: allowed) else {
            return refuse(message, "version negotiation failed: " + explanation(hello))
        }
        version = agreed
        onVersion?(agreed)
    }

    /// Ends a negotiation, with the error that says why (OpenFlow 1.5, 6.3.1).
    private func refuse(_ message: UnsafeRawBufferPointer, _ reason: String) {
        let xid = message.loadUnaligned(fromByteOffset: 4, as: UInt32.self).bigEndian
        let error = Message(xid: xid, .error(.init(.helloFailed(.incompatible), data: Array(reason.utf8))))
        let version = OpenFlowVersion(rawValue: message[0]).map { min($0, allowed.max()!) } ?? allowed.max()!
        stream.write(error.encode(version: version))
        end(reason)
    }

    private func explanation(_ hello: Message.Hello) -> String {
        func list(_ versions: some Sequence<UInt8>) -> String {
            versions.map { "0x0" + String($0, radix: 16) }.joined(separator: ", ")
        }
        let theirs = hello.bitmap.map { bits in list((0..<32).filter { bits >> UInt32($0) & 1 == 1 }) }
        return "We support versions \(list(allowed.map(\.rawValue).sorted())), you support versions "
            + "\(theirs ?? list([hello.version])), no common versions."
    }

    /// Says what is wrong, behind the answers to what came before, and ends the connection.
    private func endAfterBadLength(_ length: Int) {
        let reason = "a message's header says \(length) bytes; a header alone has 8"
        guard let version else { return end(reason) }
        stream.write(Message(xid: 0, .error(.init(.badRequest(.badLength)))).encode(version: version))
        end(reason)
    }

    // MARK: What goes

    /// Encodes and sends what the agent has for the peer.
    /// - Parameters:
    ///   - weight: what the messages count on the gauge.
    ///   - answered: bytes of requests that the agent has dealt with.
    /// - Returns: whether the agent waits for a turn.
    func send(_ messages: [Message], weight: Int, answered: Int) -> Bool {
        if let version, !isEnding { send(messages, version: version) }
        unanswered -= answered
        adjustReading()
        return gauge.wrote(weight)
    }

    private func send(_ messages: [Message], version: OpenFlowVersion) {
        var writer = WireWriter(capacity: 256 * min(messages.count, 64))
        for message in messages {
            if case .packetIn = message.body, stream.pendingByteCount + writer.count > Self.outputLimit {
                gauge.droppedPacketIns.add(1, ordering: .relaxed)
                continue
            }
            if let onMessage {
                message.encode(version: version).withUnsafeBytes { onMessage($0) }
            }
            message.encode(version: version, into: &writer)
            if writer.count >= Self.writeSize {
                stream.write(writer.bytes)
                writer.removeAll()
            }
        }
        stream.write(writer.finish())
        if stream.pendingByteCount > Self.outputLimit { gauge.isCongested.store(true, ordering: .relaxed) }
    }

    /// Sends bytes that are a message already, unless too much waits.
    func copy(_ message: UnsafeRawBufferPointer) {
        guard version != nil, !isEnding, stream.pendingByteCount < Self.outputLimit else { return }
        stream.write(Array(message))
    }

    private func drained() {
        stallSince = nil
        guard stream.pendingByteCount <= Self.outputLimit / 2 else { return }
        if gauge.isCongested.exchange(false, ordering: .acquiringAndReleasing) {
            adjustReading()
            if gauge.isAwaited.exchange(false, ordering: .acquiringAndReleasing) { onRoom?() }
        }
    }

    /// How long a peer may take nothing of what waits for it, in nanoseconds.
    private static let patience: UInt64 = 60_000_000_000
    private var stallSince: UInt64?

    /// Ends the connection if its peer has taken none of the bytes that wait for too long.
    func endIfStalled(now: UInt64) {
        guard stream.pendingByteCount > 0 else { return stallSince = nil }
        guard let since = stallSince else { return stallSince = now }
        if now &- since > Self.patience { end("the peer has read nothing for 60 seconds", discardingOutput: true) }
    }

    private func adjustReading() {
        let wanted = unanswered < Self.requestLimit && !gauge.isCongested.load(ordering: .relaxed)
        guard wanted != isReading else { return }
        isReading = wanted
        stream.setReading(wanted)
    }
}
