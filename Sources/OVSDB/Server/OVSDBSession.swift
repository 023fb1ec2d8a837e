/// A client's connection: takes its bytes, keeps what it monitors, waits for and locks, and puts out bytes for it.
/// `OVSDBServer` shows how it is used.
public final class OVSDBSession {
    public struct Settings: Sendable {
        /// Refuses transactions that write, and locks.
        public var isReadOnly = false
        /// Nanoseconds of silence after which the client is asked for a sign of life, and after as many more cut off;
        /// nil for never, as on unix sockets.
        public var probeInterval: UInt64?
        /// The longest message taken, in bytes.
        public var longestMessage = 64 << 20
        /// No more is read from the client while it has so many bytes to read.
        public var backlogMark = 1 << 20
        /// The client is cut off when it leaves more bytes than these unread, or has transactions waiting of more
        /// bytes.
        public var backlogLimit = 256 << 20

        public init(isReadOnly: Bool = false, probeInterval: UInt64? = nil) {
            self.isReadOnly = isReadOnly
            self.probeInterval = probeInterval
        }
    }

    /// Why the session is over; nil while it is not. What output there is may still be sent.
    public private(set) var closeReason: String?

    /// How many locks or monitors a client may have.
    static let holdingsLimit = 4096

    unowned let server: OVSDBServer
    let settings: Settings
    var output = JSONWriter()
    var monitors: [Monitor] = []
    var waiting: [WaitingTransaction] = []
    var waitingByteCount = 0
    /// The locks that the client asked for and did not unlock.
    var lockNames: Set<String> = []

    private var input: JSONStream
    private var isProcessing = false
    private var lastInput: UInt64
    private var isProbed = false

    init(_ server: OVSDBServer, _ settings: Settings) {
        self.server = server
        self.settings = settings
        input = JSONStream(limit: settings.longestMessage)
        lastInput = server.clock()
    }

    /// Whether the client should be read from. Where not, `takeOutput` changes it.
    public var wantsInput: Bool { closeReason == nil && output.bytes.count <= settings.backlogMark }

    public var hasOutput: Bool { !output.bytes.isEmpty }

    /// Bytes put out and not taken.
    public var outputByteCount: Int { output.bytes.count }

    /// Gives all bytes that are to be sent. When the log cannot be synced nothing is given, and the session is over:
    /// the client must not believe that its transaction is on stable storage.
    public func takeOutput() -> [UInt8] {
        if output.bytes.isEmpty { return [] }
        do throws(OVSDBError) {
            try server.sync()
        } catch {
            output.bytes = []
            server.onProblem?(error)
            end("\(error)")
            return []
        }
        let bytes = output.bytes
        output.bytes = []
        // There may be requests, and changes to monitored rows, that had to stand back.
        if input.pendingByteCount > 0 || monitors.contains(where: \.hasChanges) { server.wake() }
        return bytes
    }

    /// Takes bytes that came from the client and does what whole messages among them want.
    public func receive(_ bytes: UnsafeRawBufferPointer) {
        if closeReason != nil { return }
        lastInput = server.clock()
        isProbed = false
        input.append(bytes)
        process()
    }

    /// Takes bytes that came from the client and does what whole messages among them want.
    public func receive(_ bytes: [UInt8]) { bytes.withUnsafeBytes { receive($0) } }

    /// The connection is gone: locks and monitors end with it.
    public func close() { end("closed by the client") }

    func end(_ reason: String) {
        if closeReason != nil { return }
        closeReason = reason
        monitors = []
        waiting = []
        for name in lockNames {
            server.locks.release(name, by: self)?.notify("locked", name)
        }
        lockNames = []
        server.remove(self)
        server.wake()
    }

    private func process() {
        if isProcessing { return }
        isProcessing = true
        defer { isProcessing = false }
        do throws(JSONStream.Failure) {
            while wantsInput {
                let message = try input.next { text in
                    Result { () throws(JSONError) in try JSONParser.parse(text) }.map { ($0, text.count) }
                }
                switch message {
                case nil: return
                case .failure(let error)?:
                    end("error parsing JSON: \(error)")
                    return
                case .success((let json, let byteCount))?:
                    handle(json, byteCount: byteCount)
                }
            }
        } catch {
            switch error {
            case .unexpectedByte(let byte): end("error parsing JSON: byte \(byte) begins no message")
            case .tooLong(let limit): end("a message has more than \(limit) bytes")
            }
        }
    }

    func run(_ now: UInt64) {
        retryTransactions(now)
        process()
        guard let interval = settings.probeInterval, closeReason == nil, now >= lastInput + interval else { return }
        if !isProbed {
            isProbed = true
            output.raw("{\"id\":\"echo\",\"method\":\"echo\",\"params\":[]}")
            server.wake()
        } else if now >= lastInput + 2 * interval {
            end("no response to inactivity probe after \(interval / 1_000_000_000) seconds, disconnecting")
        }
    }

    var deadline: UInt64? {
        var deadline = waiting.compactMap(\.deadline).min()
        if let interval = settings.probeInterval {
            deadline = min(deadline ?? .max, lastInput + (isProbed ? 2 : 1) * interval)
        }
        return deadline
    }

    /// Called after something was put out that the client did not ask for right now.
    func checkOutput() {
        if output.bytes.count > settings.backlogLimit {
            output.bytes = []
            end("the client does not read: more than \(settings.backlogLimit) bytes are waiting for it")
        }
    }
}
