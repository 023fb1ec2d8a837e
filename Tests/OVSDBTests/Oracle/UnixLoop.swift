import Glibc
import Linux
import OVSDB
import Synchronization

/// Serves a database server at a unix socket from one thread, with poll(2): the smallest loop that does. (Switches have
/// the target Streams for that.)
final class UnixLoop: @unchecked Sendable {
    typealias Job = (OVSDBServer) -> Void

    private let server: OVSDBServer
    private let listener: FileDescriptor
    private let wake: EventDescriptor
    private let jobs = Mutex<[@Sendable (OVSDBServer) -> Void]>([])
    private let isStopped = Atomic<Bool>(false)
    private var connections: [Int32: Connection] = [:]

    private final class Connection {
        let socket: OwnedDescriptor
        let session: OVSDBSession
        var unsent: [UInt8] = []

        init(_ socket: OwnedDescriptor, _ session: OVSDBSession) {
            self.socket = socket
            self.session = session
        }
    }

    init(_ server: OVSDBServer, path: String) throws(SystemError) {
        self.server = server
        listener = try UnixSocket.listen(path, nonBlocking: true)
        wake = try EventDescriptor()
    }

    /// Has the loop's thread do something, soon.
    func post(_ job: @escaping @Sendable (OVSDBServer) -> Void) {
        jobs.withLock { $0.append(job) }
        wake.signal()
    }

    /// Ends `run`.
    func stop() {
        isStopped.store(true, ordering: .releasing)
        wake.signal()
    }

    func run() {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while !isStopped.load(ordering: .acquiring) {
            var set = [pollfd(fd: listener.rawValue, events: Int16(POLLIN), revents: 0)]
            set.append(pollfd(fd: wake.rawValue, events: Int16(POLLIN), revents: 0))
            for (fd, connection) in connections {
                var events: Int32 = 0
                if connection.session.wantsInput { events |= POLLIN }
                if !connection.unsent.isEmpty { events |= POLLOUT }
                set.append(pollfd(fd: fd, events: Int16(events), revents: 0))
            }
            var timeout: Int32 = -1
            if let deadline = server.nextDeadline {
                let now = MonotonicClock.now()
                timeout = deadline <= now ? 0 : Int32(min((deadline - now) / 1_000_000 + 1, 1_000_000))
            }
            poll(&set, UInt(set.count), timeout)
            _ = wake.drain()
            for job in jobs.withLock({ jobs in
                defer { jobs = [] }; return jobs
            }) { job(server) }
            for entry in set.dropFirst(2) where entry.revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 {
                read(entry.fd, &buffer)
            }
            if set[0].revents != 0 { accept() }
            server.run()
            for (fd, connection) in connections { write(fd, connection) }
        }
        for connection in connections.values { connection.session.close() }
        connections = [:]
    }

    private func accept() {
        while let socket = try? UnixSocket.accept(listener, nonBlocking: true) {
            let owned = OwnedDescriptor(socket)
            connections[owned.rawValue] = Connection(owned, server.connect())
        }
    }

    private func read(_ fd: Int32, _ buffer: inout [UInt8]) {
        guard let connection = connections[fd] else { return }
        let count = Glibc.read(fd, &buffer, buffer.count)
        if count > 0 {
            buffer.withUnsafeBytes { connection.session.receive(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        } else if count == 0 || errno != EAGAIN {
            connection.session.close()
            connections[fd] = nil
        }
    }

    private func write(_ fd: Int32, _ connection: Connection) {
        while true {
            if connection.unsent.isEmpty {
                connection.unsent = connection.session.takeOutput()
                if connection.unsent.isEmpty { break }
            }
            let count = connection.unsent.withUnsafeBytes { send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0 {
                if errno != EAGAIN { connection.session.close() }
                break
            }
            connection.unsent.removeFirst(count)
        }
        if connection.session.closeReason != nil, connection.unsent.isEmpty { connections[fd] = nil }
    }
}
