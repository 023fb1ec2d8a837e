import Glibc
import Linux
import OVSDB
import Synchronization
import Testbed

/// Our server with a switch's database in a directory of its own, on a thread of its own.
final class ServedDatabase {
    let directory = TemporaryDirectory()
    private let loop: UnixLoop
    private var thread = pthread_t()

    var socket: String { directory.path + "/db.sock" }
    var file: String { directory.path + "/conf.db" }

    init(_ schema: DatabaseSchema = .openVSwitch) throws {
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
        let result = Answer<Result>()
        let gate = Gate()
        loop.post { server in
            result.value.withLock { $0 = body(server) }
            gate.open()
        }
        gate.wait()
        return result.value.withLock { $0! }
    }

    private final class Answer<Value: Sendable>: Sendable {
        let value = Mutex<Value?>(nil)
    }
}
