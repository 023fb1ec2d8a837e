import Linux

/// Serves databases to clients (RFC 7047 section 4, with the extensions of ovsdb-server(7)). It moves no bytes itself:
/// who owns the connections hands in what they receive and sends what is put out.
///
///     let server = OVSDBServer(databases: [database])
///     server.onActivity = { wake the loop }            // there is something to send, or run() has something to do
///
///     let session = server.connect()                   // for each connection
///     session.receive(bytes)                           // … when it has bytes, while session.wantsInput
///     server.run()                                     // once for all that came in this turn of the loop
///     for session in server.sessions {
///         if session.hasOutput { send(session.takeOutput()) }
///         if let reason = session.closeReason { close the connection }
///     }
///     // Sleep until something comes, at most until server.nextDeadline (nanoseconds of the clock); then run() again.
///     session.close()                                  // when the connection is gone
///
/// Clients' waits are tried again and their monitors' updates sent by `run`, also after transactions made in Swift.
/// `takeOutput` first puts on stable storage what durable transactions wrote, once for all sessions' transactions: to
/// get the most of it, take in all that there is, run, and only then send.
///
/// A client that does not read is not read from (`wantsInput`), and what changes meanwhile is kept for it once, as the
/// difference between what it knows and what is, not as a queue of updates.
public final class OVSDBServer {
    /// By name, "_Server" among them.
    public let databases: [String: Database]
    /// Names this run of the server (`get_server_id`).
    public let id = UUID.random()
    public private(set) var sessions: [OVSDBSession] = []
    /// Called when output, or work for `run`, comes up; on the thread that caused it, in the middle of something: only
    /// wake the loop here.
    public var onActivity: (() -> Void)?
    /// Called with what clients are not told: the log cannot be written.
    public var onProblem: ((OVSDBError) -> Void)?

    let clock: () -> UInt64
    var locks = LockQueues()
    private var observations: [Database.Observation] = []
    private var schemaTexts: [String: [UInt8]] = [:]
    private var needsRun = false

    /// - Parameters:
    ///   - databases: with different names; "_Server", which describes them, is added.
    ///   - clock: monotonic time in nanoseconds.
    public init(databases: [Database], clock: @escaping () -> UInt64 = { MonotonicClock.now() }) {
        let own = Database(schema: .server)
        let all = databases + [own]
        self.databases = Dictionary(uniqueKeysWithValues: all.map { ($0.schema.name, $0) })
        self.clock = clock
        for database in all {
            let text = database.schema.json.bytes()
            schemaTexts[database.schema.name] = text
            let row: [String: Datum] = [
                "name": .string(database.schema.name), "model": "standalone", "connected": true, "leader": true,
                "schema": .string(String(decoding: text, as: UTF8.self)),
            ]
            do {
                try own.transact { try $0.insert("Database", row) }
            } catch {
                preconditionFailure("the server's own database refuses its rows: \(error)")
            }
        }
        observations = all.map { database in
            database.observe { [weak self, unowned database] commit in self?.note(commit, of: database) }
        }
    }

    /// A new connection.
    public func connect(_ settings: OVSDBSession.Settings = OVSDBSession.Settings()) -> OVSDBSession {
        let session = OVSDBSession(self, settings)
        sessions.append(session)
        return session
    }

    /// Does what is due: tries waiting transactions again, writes monitors' updates, probes silent clients, goes on
    /// with input that had to stand back, compacts files that have grown.
    public func run() {
        let now = clock()
        repeat {
            needsRun = false
            for session in sessions { session.run(now) }
            // A transaction of one session may be what another waits for.
        } while needsRun
        for session in sessions { session.flushMonitors() }
        for database in databases.values {
            do throws(OVSDBError) {
                try database.compactIfGrown()
            } catch {
                onProblem?(error)
            }
        }
    }

    /// When `run` has something to do though nothing happens: clock time in nanoseconds; nil for never.
    public var nextDeadline: UInt64? { sessions.compactMap(\.deadline).min() }

    /// Puts what was acknowledged as durable on stable storage.
    func sync() throws(OVSDBError) {
        for database in databases.values { try database.sync() }
    }

    func schemaText(_ database: Database) -> [UInt8] { schemaTexts[database.schema.name]! }

    func wake() {
        if needsRun { return }
        needsRun = true
        onActivity?()
    }

    func remove(_ session: OVSDBSession) { sessions.removeAll { $0 === session } }

    private func note(_ commit: Commit, of database: Database) {
        for session in sessions { session.note(commit, of: database) }
        wake()
    }
}
