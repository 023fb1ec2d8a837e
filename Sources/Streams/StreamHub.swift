import Linux
import NIOCore
import NIOPosix
import NIOSSL

// Streams of bytes for the management protocols: OpenFlow, OVSDB, the control sockets.
//
// What: one thread (a NIO event loop) owns all sockets. Listeners and connections come as closures called on that thread.
// Design: the protocols are pure codecs elsewhere; here are only bytes, with what a peer that reads slowly needs:
// the number of bytes that wait, and a way to stop reading from it.

/// The thread that owns the management sockets.
public final class StreamHub: Sendable {
    private let group: MultiThreadedEventLoopGroup
    let loop: EventLoop

    public init() {
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        loop = group.next()
    }

    /// Closes everything and ends the thread.
    public func stop() { try? group.syncShutdownGracefully() }

    /// Whether the caller is the hub's thread.
    public var isCurrent: Bool { loop.inEventLoop }

    /// Runs `body` on the hub's thread, later.
    public func post(_ body: @escaping @Sendable () -> Void) { loop.execute(body) }

    /// Runs `body` on the hub's thread and waits for its result.
    public func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) -> Result {
        if loop.inEventLoop { return body() }
        let done = Gate()
        nonisolated(unsafe) var result: Result?
        loop.execute {
            result = body()
            done.open()
        }
        done.wait()
        // The gate opens behind the assignment; after the loop's end nobody calls.
        return result.unsafelyUnwrapped
    }

    /// Waits for what the loop does; also on the thread of another hub, where a future's own `wait` would trap.
    private func outcome(of future: EventLoopFuture<Channel>) throws -> Channel {
        precondition(!loop.inEventLoop, "a hub's thread would wait for itself")
        let done = Gate()
        nonisolated(unsafe) var outcome: Swift.Result<Channel, any Error>?
        future.whenComplete {
            outcome = $0
            done.open()
        }
        done.wait()
        return try outcome.unsafelyUnwrapped.get()
    }

    /// A call that is still to come.
    public struct Timer: Sendable {
        let scheduled: Scheduled<Void>
        public func cancel() { scheduled.cancel() }
    }

    /// Runs `body` on the hub's thread in `nanoseconds`.
    @discardableResult
    public func schedule(after nanoseconds: Int64, _ body: @escaping @Sendable () -> Void) -> Timer {
        Timer(scheduled: loop.scheduleTask(in: .nanoseconds(nanoseconds), body))
    }

    /// Runs `body` on the hub's thread at `deadline`, or soon where that has passed.
    /// - Parameters:
    ///   - deadline: in nanoseconds of the caller's clock; any number, so that what a peer asks for may come in here.
    ///   - now: that clock's time.
    @discardableResult
    public func schedule(at deadline: UInt64, now: UInt64, _ body: @escaping @Sendable () -> Void) -> Timer {
        schedule(after: Int64(clamping: deadline - min(deadline, now)), body)
    }

    // MARK: Passive

    /// Somebody who accepts streams at an endpoint.
    public final class Listener: Sendable {
        /// Where it listens; the port is the one that it got where 0 was asked for.
        public let endpoint: Endpoint
        private let channel: Channel
        private let path: String?

        fileprivate init(endpoint: Endpoint, channel: Channel, path: String?) {
            self.endpoint = endpoint
            self.channel = channel
            self.path = path
        }

        /// Stops accepting; accepted streams stay. The file of a unix socket is removed.
        public func close() {
            channel.close(promise: nil)
            if let path { try? File.remove(path) }
        }
    }

    /// Listens at a passive endpoint. Waits until that is done: not to be called on the hub's thread.
    /// - Parameter accept: is called on the hub's thread with each stream before its first byte; it sets the closures.
    public func listen(
        _ endpoint: Endpoint, tls: TLSMaterial? = nil, accept: @escaping @Sendable (StreamConnection) -> Void
    ) throws(StreamError) -> Listener {
        var context: NIOSSLContext?
        if case .listenTLS = endpoint {
            guard let tls else { throw StreamError("\(endpoint): no key and certificate are set for TLS") }
            context = try tls.context(server: true)
        }
        let bootstrap = serverBootstrap(endpoint, context, accept)
        do {
            switch endpoint {
            case .listenTCP(let host, let port), .listenTLS(let host, let port):
                let channel = try outcome(of: bootstrap.bind(host: host ?? "0.0.0.0", port: port))
                let bound = channel.localAddress?.port ?? port
                let actual: Endpoint =
                    if case .listenTLS = endpoint { .listenTLS(host: host, port: bound) } else {
                        .listenTCP(host: host, port: bound)
                    }
                return Listener(endpoint: actual, channel: channel, path: nil)
            case .listenUnix(let path):
                try Self.removeStaleSocket(path)
                let channel = try outcome(of: bootstrap.bind(unixDomainSocketPath: path))
                try? File.setMode(path, 0o770)
                return Listener(endpoint: endpoint, channel: channel, path: path)
            default:
                throw StreamError("\(endpoint) is an active endpoint; to listen, write \(endpoint.passive)")
            }
        } catch let error as StreamError {
            throw error
        } catch {
            throw StreamError("cannot listen at \(endpoint): \(Self.explain(error))")
        }
    }

    /// Listens at many unix sockets: the hub's thread is asked once for all of them. Not to be called on that thread.
    /// - Returns: for each path its listener, or why there is none.
    public func listen(
        unix requests: [(path: String, accept: @Sendable (StreamConnection) -> Void)]
    ) -> [Result<Listener, StreamError>] {
        precondition(!loop.inEventLoop, "a hub's thread would wait for itself")
        if requests.isEmpty { return [] }
        let done = Gate()
        // Touched by the hub's thread until the gate opens, and by this one from then on.
        nonisolated(unsafe) var results: [Result<Listener, StreamError>?] = Array(repeating: nil, count: requests.count)
        nonisolated(unsafe) var left = requests.count
        loop.execute { [self] in
            for (place, request) in requests.enumerated() {
                let endpoint = Endpoint.listenUnix(path: request.path)
                @Sendable func finish(_ result: Result<Listener, StreamError>) {
                    results[place] = result
                    left -= 1
                    if left == 0 { done.open() }
                }
                do throws(StreamError) {
                    try Self.removeStaleSocket(request.path)
                } catch {
                    finish(.failure(error))
                    continue
                }
                serverBootstrap(endpoint, nil, request.accept).bind(unixDomainSocketPath: request.path).whenComplete {
                    switch $0 {
                    case .success(let channel):
                        try? File.setMode(request.path, 0o770)
                        finish(.success(Listener(endpoint: endpoint, channel: channel, path: request.path)))
                    case .failure(let error):
                        finish(.failure(StreamError("cannot listen at \(endpoint): \(Self.explain(error))")))
                    }
                }
            }
        }
        done.wait()
        return results.map { $0.unsafelyUnwrapped }
    }

    private func serverBootstrap(
        _ endpoint: Endpoint, _ secure: NIOSSLContext?, _ accept: @escaping @Sendable (StreamConnection) -> Void
    ) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(ChannelOptions.backlog, value: 128)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let secure {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: secure))
                    }
                    let connection = StreamConnection(peer: Self.peer(of: channel, endpoint), channel: channel)
                    try channel.pipeline.syncOperations.addHandler(StreamHandler(connection))
                    if case .listenUnix = endpoint {
                    } else {
                        try? channel.syncOptions?.setOption(ChannelOptions.socketOption(.tcp_nodelay), value: 1)
                    }
                    accept(connection)
                }
            }
    }

    /// Removes the file of a socket that nobody listens at any more, as a server that was killed leaves it. Other files
    /// stay: the path may come from whoever may write into a database.
    private static func removeStaleSocket(_ path: String) throws(StreamError) {
        guard path.utf8.count < 108 else {
            throw StreamError("\(path): the path of a unix socket has at most 107 bytes; choose a shorter directory")
        }
        guard File.exists(path) else { return }
        guard File.isSocket(path) else {
            throw StreamError("\(path): there is a file that is no socket; remove it, or choose another path")
        }
        guard (try? UnixSocket.connect(path)) == nil else {
            throw StreamError("\(path): another process listens there; end it, or choose another path")
        }
        try? File.remove(path)
    }

    private static func peer(of channel: Channel, _ endpoint: Endpoint) -> String {
        switch endpoint {
        case .listenUnix(let path): return "unix:\(path)"
        default:
            guard let address = channel.remoteAddress, let host = address.ipAddress, let port = address.port else {
                return endpoint.description
            }
            if case .listenTLS = endpoint { return Endpoint.tls(host: host, port: port).description }
            return Endpoint.tcp(host: host, port: port).description
        }
    }

    // MARK: Active

    /// Opens a stream to an active endpoint.
    /// - Parameters:
    ///   - timeout: in seconds.
    ///   - completion: is called once, on the hub's thread, before the stream's first byte; it sets the closures.
    public func connect(
        _ endpoint: Endpoint, tls: TLSMaterial? = nil, timeout: Int64 = 10,
        completion: @escaping @Sendable (Result<StreamConnection, StreamError>) -> Void
    ) {
        var context: NIOSSLContext?
        if case .tls = endpoint {
            do throws(StreamError) {
                guard let tls else { throw StreamError("\(endpoint): no key and certificate are set for TLS") }
                context = try tls.context(server: false)
            } catch {
                return loop.execute { completion(.failure(error)) }
            }
        }
        let secure = context
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(.seconds(timeout))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let secure {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: secure, serverHostname: nil))
                    }
                    // Nothing is read before the closures are set.
                    try channel.syncOptions?.setOption(ChannelOptions.autoRead, value: secure != nil)
                    if case .unix = endpoint {
                    } else {
                        try? channel.syncOptions?.setOption(ChannelOptions.socketOption(.tcp_nodelay), value: 1)
                    }
                }
            }
        let future: EventLoopFuture<Channel>
        switch endpoint {
        case .tcp(let host, let port), .tls(let host, let port):
            future = bootstrap.connect(host: host, port: port)
        case .unix(let path):
            future = bootstrap.connect(unixDomainSocketPath: path)
        default:
            let error = StreamError("\(endpoint) is a passive endpoint: it cannot be connected to")
            return loop.execute { completion(.failure(error)) }
        }
        Self.begin(future, endpoint, completion)
    }

    /// Takes a connected socket, of another network namespace for instance, which is the hub's from now on.
    /// - Parameters:
    ///   - endpoint: where it leads.
    ///   - completion: as of `connect`.
    public func adopt(
        socket: Int32, to endpoint: Endpoint,
        completion: @escaping @Sendable (Result<StreamConnection, StreamError>) -> Void
    ) {
        let bootstrap = ClientBootstrap(group: group).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.syncOptions?.setOption(ChannelOptions.autoRead, value: false)
            }
        }
        Self.begin(bootstrap.withConnectedSocket(socket), endpoint, completion)
    }

    private static func begin(
        _ future: EventLoopFuture<Channel>, _ endpoint: Endpoint,
        _ completion: @escaping @Sendable (Result<StreamConnection, StreamError>) -> Void
    ) {
        future.whenComplete { result in
            switch result {
            case .failure(let error):
                completion(.failure(StreamError("cannot connect to \(endpoint): \(explain(error))")))
            case .success(let channel):
                let connection = StreamConnection(peer: endpoint.description, channel: channel)
                do {
                    try channel.pipeline.syncOperations.addHandler(StreamHandler(connection))
                } catch {
                    return completion(.failure(StreamError("\(endpoint): \(explain(error))")))
                }
                completion(.success(connection))
                // Fails where the completion has closed the stream, which is all right.
                try? channel.syncOptions?.setOption(ChannelOptions.autoRead, value: true)
            }
        }
    }

    /// The reason in what BoringSSL says, as in `…OPENSSL_internal:CERTIFICATE_VERIFY_FAILED at …`.
    private static func explainTLS(_ text: String) -> String? {
        guard let mark = text.firstRange(of: "OPENSSL_internal:") else { return nil }
        let reason = text[mark.upperBound...].prefix { $0 != " " && $0 != "]" }
        return "TLS: " + reason.lowercased().map { $0 == "_" ? " " : String($0) }.joined()
    }

    /// What an error of NIO says to a person.
    static func explain(_ error: any Error) -> String {
        switch error {
        case let error as IOError: return Errno(rawValue: error.errnoCode).description
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first { return explain(first.error) }
            return "the name \(error.host) has no address"
        case let error as ChannelError:
            if case .connectTimeout = error { return "no answer in time" }
            return "\(error)"
        default: return explainTLS("\(error)") ?? "\(error)"
        }
    }
}
