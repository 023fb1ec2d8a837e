import Glibc
import Linux
import Streams
import Synchronization
import Testbed
import Testing

/// Two ends of one stream, on two hubs.
private final class Ends: Sendable {
    private struct State {
        var near: StreamConnection?
        var far: StreamConnection?
        var received = 0
        var closes: [String?] = []
    }
    private let state = Mutex(State())
    let here = StreamHub()
    let there = StreamHub()
    private let listener = Mutex<StreamHub.Listener?>(nil)

    private let directory = TemporaryDirectory()

    init() throws {
        let path = directory.path + "/socket"
        let listener = try there.listen(.listenUnix(path: path)) { [self] stream in
            stream.onRead = { [self] bytes in state.withLock { $0.received += bytes.count } }
            stream.onClose = { [self] error in state.withLock { $0.closes.append(error?.description) } }
            state.withLock { $0.far = stream }
        }
        self.listener.withLock { $0 = listener }
        here.connect(.unix(path: path)) { [self] result in state.withLock { $0.near = try? result.get() } }
        try #require(eventually { state.withLock { $0.near != nil && $0.far != nil } })
    }

    func stop() {
        listener.withLock { $0?.close() }
        here.stop()
        there.stop()
    }

    var near: StreamConnection { state.withLock { $0.near! } }
    var far: StreamConnection { state.withLock { $0.far! } }
    var received: Int { state.withLock { $0.received } }
    var closes: [String?] { state.withLock { $0.closes } }
    /// Bytes that wait on the near side.
    var pending: Int {
        let near = near
        return here.run { near.pendingByteCount }
    }
}

@Suite struct StreamConnectionTests {
    @Test func whoDoesNotReadStopsTheWriterAndNothingIsLost() throws {
        let ends = try Ends()
        defer { ends.stop() }
        ends.far.setReading(false)
        let count = 8 << 20
        for _ in 0..<count / 65536 { ends.near.write(Array(repeating: 3, count: 65536)) }
        // The kernel takes some of it; the rest waits, and is counted.
        #expect(ends.pending > count / 2)
        let taken = ends.received
        usleep(20_000)
        #expect(ends.received - taken < 1 << 20)
        ends.far.setReading(true)
        #expect(eventually { ends.received == count })
        #expect(ends.pending == 0)
    }

    @Test func whatWasWrittenGoesOutBeforeTheEnd() throws {
        let ends = try Ends()
        defer { ends.stop() }
        ends.near.write(Array(repeating: 3, count: 4 << 20))
        ends.near.close()
        #expect(eventually { ends.closes.count == 1 })
        #expect(ends.received == 4 << 20)
        // Nothing can be written after the end.
        ends.near.write([1])
        #expect(ends.pending == 0)
    }

    @Test func whoConnectsHearsOfItOnce() throws {
        let ends = try Ends()
        defer { ends.stop() }
        let directory = TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        let path = directory.path + "/socket"
        let listener = try ends.there.listen(.listenUnix(path: path)) { _ in }
        defer { listener.close() }
        let heard = Atomic(0)
        ends.here.connect(.unix(path: path)) { result in
            heard.add(1, ordering: .relaxed)
            // A stream that nobody wants after all.
            try? result.get().close(discardingOutput: true)
        }
        #expect(eventually { heard.load(ordering: .relaxed) > 0 })
        ends.here.run {}
        #expect(heard.load(ordering: .relaxed) == 1)
    }

    @Test func whatIsDueInCenturiesIsNotDue() throws {
        let hub = StreamHub()
        defer { hub.stop() }
        let told = Mutex<[Int]>([])
        hub.schedule(at: .max, now: 1) { told.withLock { $0.append(1) } }
        hub.schedule(at: 1, now: .max) { told.withLock { $0.append(2) } }
        #expect(eventually { !told.withLock(\.isEmpty) })
        #expect(told.withLock(\.self) == [2])
    }

    @Test func anEndThatDiscardsIsAtOnce() throws {
        let ends = try Ends()
        defer { ends.stop() }
        ends.far.setReading(false)
        ends.near.write(Array(repeating: 3, count: 4 << 20))
        ends.near.close(discardingOutput: true)
        ends.far.setReading(true)
        #expect(eventually { ends.closes.count == 1 })
        #expect(ends.received < 4 << 20)
    }
}

@Suite struct ListenerTests {
    @Test func aSocketThatSomebodyServesIsNotTakenAndALeftOneIs() throws {
        let hub = StreamHub()
        defer { hub.stop() }
        let directory = TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        let path = directory.path + "/socket"
        let first = try hub.listen(.listenUnix(path: path)) { $0.close() }
        #expect(throws: StreamError("\(path): another process listens there; end it, or choose another path")) {
            try hub.listen(.listenUnix(path: path)) { $0.close() }
        }
        first.close()
        #expect(!File.exists(path))
        // As a process that was killed leaves it.
        _ = try UnixSocket.listen(path)
        #expect(File.exists(path))
        let second = try hub.listen(.listenUnix(path: path)) { $0.close() }
        second.close()
    }

    @Test func aFileThatIsNoSocketStays() throws {
        let hub = StreamHub()
        defer { hub.stop() }
        let directory = TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        let path = directory.path + "/file"
        try File.write(path, "kept")
        #expect(throws: StreamError.self) { try hub.listen(.listenUnix(path: path)) { $0.close() } }
        #expect(try File.readText(path) == "kept")
    }

    @Test func aTakenPortIsNamed() throws {
        let hub = StreamHub()
        defer { hub.stop() }
        let first = try hub.listen(.listenTCP(host: "127.0.0.1", port: 0)) { $0.close() }
        #expect(throws: StreamError("cannot listen at \(first.endpoint): Address already in use")) {
            try hub.listen(first.endpoint) { $0.close() }
        }
        first.close()
    }

    @Test func activeAndPassiveAreNotMixedUp() throws {
        let hub = StreamHub()
        defer { hub.stop() }
        #expect(throws: StreamError("tcp:127.0.0.1:1 is an active endpoint; to listen, write ptcp:1:127.0.0.1")) {
            try hub.listen(.tcp(host: "127.0.0.1", port: 1)) { $0.close() }
        }
        #expect(throws: StreamError("pssl:0: no key and certificate are set for TLS")) {
            try hub.listen(.listenTLS(host: nil, port: 0)) { $0.close() }
        }
    }
}
