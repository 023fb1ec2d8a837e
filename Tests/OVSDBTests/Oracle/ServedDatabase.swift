import Glibc
import Linux
import OVSDB
import Synchronization

/// Our server with a switch's database in a directory of its own, on a thread of its own.
final class ServedDatabase {
    let directory: Directory
    private let loop: UnixLoop
    private var thread = pthread_t()

    var socket: String { directory.path + "/db.sock" }
    var file: String { directory.path + "/conf.db" }

    init(_ schema: DatabaseSchema = .openVSwitch) throws {
        let directory = Directory()
        self.directory = directory
        let database = try Database(path: directory.path + "/conf.db", schema: schema)
        loop = try UnixLoop(OVSDBServer(databases: [database]), path: directory.path + "/db.sock")
        pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<UnixLoop>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(loop).toOpaque())
    }

    deinit {
        loop.stop()
        pthread_join(thread, nil)
    }

    /// Does something on the server's thread and waits for it.
    func perform<Result: Sendable>(_ body: @escaping @Sendable (OVSDBServer) -> Result) -> Result {
        let gate = Gate(value: nil as Result?)
        loop.post { gate.open(body($0)) }
        return gate.wait()
    }

    private final class Gate<Value: Sendable>: Sendable {
        private let value: Mutex<Value?>
        private let done = try! EventDescriptor()

        init(value: Value?) { self.value = Mutex(value) }

        func open(_ result: Value) {
            value.withLock { $0 = result }
            done.signal()
        }

        func wait() -> Value {
            while true {
                if let result = value.withLock({ $0 }) { return result }
                var set = pollfd(fd: done.rawValue, events: Int16(POLLIN), revents: 0)
                poll(&set, 1, -1)
            }
        }
    }
}

/// A temporary directory that goes with its owner.
final class Directory: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/rookery-ovsdb.XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? "/nonexistent"
    }

    deinit {
        for name in (try? File.list(path)) ?? [] { unlink(path + "/" + name) }
        rmdir(path)
    }
}
