import Glibc
import Linux
import Streams
import Synchronization
import Testbed
import Testing

@Suite struct EndpointTests {
    @Test(arguments: [
        ("tcp:127.0.0.1:6653", Endpoint.tcp(host: "127.0.0.1", port: 6653)),
        ("tcp:127.0.0.1", .tcp(host: "127.0.0.1", port: 6640)),
        ("ssl:[::1]:6", .tls(host: "::1", port: 6)),
        ("unix:/a/b", .unix(path: "/a/b")),
        ("ptcp:", .listenTCP(host: nil, port: 6640)),
        ("ptcp:6634", .listenTCP(host: nil, port: 6634)),
        ("ptcp:6634:127.0.0.1", .listenTCP(host: "127.0.0.1", port: 6634)),
        ("pssl:0:[::1]", .listenTLS(host: "::1", port: 0)),
        ("punix:/x", .listenUnix(path: "/x")),
    ])
    func reads(text: String, endpoint: Endpoint) {
        #expect(Endpoint(text, defaultPort: 6640) == endpoint)
        #expect(Endpoint(endpoint.description, defaultPort: 1) == endpoint)
    }

    @Test(arguments: ["", "tcp", "tcp:", "tcp:a:b", "tcp:a:70000", "ptcp:x", "udp:a:1", "unix:", "punix:"])
    func refuses(text: String) { #expect(Endpoint(text, defaultPort: 6640) == nil) }
}

/// What a test's closures gather on the hub's thread.
private final class Gathered: Sendable {
    private let state = Mutex<(bytes: [UInt8], closes: Int, isDone: Bool)>(([], 0, false))
    private let gate = Gate()
    private let wanted: Int

    init(wanted: Int) { self.wanted = wanted }

    func add(_ bytes: UnsafeRawBufferPointer) {
        let full = state.withLock { state in
            state.bytes.append(contentsOf: bytes)
            return state.bytes.count >= wanted
        }
        if full { gate.open() }
    }
    func closed() { state.withLock { $0.closes += 1 } }
    var bytes: [UInt8] { state.withLock { $0.bytes } }
    func wait() { gate.wait() }
}

@Suite struct StreamHubTests {
    /// Echoes through a listener; what comes back is what went out, in order.
    private func echo(_ listen: Endpoint, _ connect: (Endpoint) -> Endpoint, tls: TLSMaterial? = nil) throws {
        let hub = StreamHub()
        defer { hub.stop() }
        let listener = try hub.listen(listen, tls: tls) { peer in
            peer.onRead = { peer.write(Array($0)) }
        }
        defer { listener.close() }
        let sent = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let gathered = Gathered(wanted: sent.count)
        hub.connect(connect(listener.endpoint), tls: tls) { result in
            guard case .success(let stream) = result else {
                Issue.record("\(result)")
                return
            }
            stream.onRead = { gathered.add($0) }
            for start in stride(from: 0, to: sent.count, by: 50_000) {
                stream.write(Array(sent[start..<min(start + 50_000, sent.count)]))
            }
        }
        gathered.wait()
        #expect(gathered.bytes == sent)
    }

    @Test func tcp() throws {
        try echo(.listenTCP(host: "127.0.0.1", port: 0)) { listening in
            guard case .listenTCP(let host, let port) = listening else { return listening }
            return .tcp(host: host ?? "127.0.0.1", port: port)
        }
    }

    @Test func unix() throws {
        let directory = TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        let path = directory.path + "/socket"
        try echo(.listenUnix(path: path)) { _ in .unix(path: path) }
        #expect(!File.exists(path))
    }

    @Test func errorsNameTheEndpoint() throws {
        let hub = StreamHub()
        defer { hub.stop() }
        let gate = Gate()
        hub.connect(.unix(path: "/nowhere/at/all")) { result in
            if case .failure(let error) = result {
                #expect(error.description == "cannot connect to unix:/nowhere/at/all: No such file or directory")
            } else {
                Issue.record("connected")
            }
            gate.open()
        }
        gate.wait()
        let long = String(repeating: "x", count: 120)
        #expect(throws: StreamError.self) { try hub.listen(.listenUnix(path: "/tmp/\(long)")) { _ in } }
    }
}
