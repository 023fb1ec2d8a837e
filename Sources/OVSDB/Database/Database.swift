import Linux

/// A database of RFC 7047: tables of rows by a schema, changed by transactions and nothing else.
///
/// Kept in memory; with a log (`init(path:)`) also on disk: a transaction's record is written before its commit
/// returns, and is on stable storage before anybody is told of a durable one.
///
/// The whole module belongs to one thread at a time, the one that calls it. There are no locks inside.
///
/// **From Swift**, as the binding of a switch uses it:
///
///     let database = try Database(path: "/etc/openvswitch/conf.db", schema: .openVSwitch)
///
///     // Read. Rows do not change under your hands: keep them as long as you like.
///     for bridge in database.rows("Bridge") {
///         print(bridge.uuid, bridge["name"].string!, bridge["ports"].uuids, bridge["other_config"]["hwaddr"] ?? "-")
///     }
///     let root = database.rows("Open_vSwitch").first
///     let port = database.row("Port", uuid)
///     let eth0 = database.rows("Interface", where: "name", is: "eth0").first
///
///     // Follow: called after each commit, with all rows that it changed.
///     let observation = database.observe { commit in
///         for change in commit.changes(of: "Bridge") where change.changed("ports") { … }
///     }
///
///     // Write. Throws OVSDBError, and then nothing has changed.
///     try database.transact { transaction in
///         let interface = try transaction.insert("Interface", ["name": "br0", "type": "internal"])
///         let port = try transaction.insert("Port", ["name": "br0", "interfaces": .uuid(interface)])
///         let bridge = try transaction.insert("Bridge", ["name": "br0", "ports": .uuid(port)])
///         try transaction.add("Open_vSwitch", root, "bridges", .uuid(bridge))
///         try transaction.update("Interface", interface, [
///             "ofport": 65534, "link_state": "up", "error": .empty, "statistics": .map(["rx_packets": 5]),
///         ])
///         try transaction.increment("Open_vSwitch", root, "next_cfg")
///         try transaction.delete("Port", old)
///     }
///
/// A value that is as it was already is no change: writing the same status again costs a comparison and tells nobody.
/// An observer may run transactions itself; what they change is told to all after the commit at hand.
public final class Database {
    public let schema: DatabaseSchema
    let tables: [Table]

    /// Names the present state, for monitor_cond_since.
    public private(set) var lastCommit = UUID.random()

    /// Which rows refer weakly to a row.
    var weakReferrers: [RowKey: Set<RowKey>] = [:]
    /// The latest transactions, for clients that come back.
    private(set) var history: [Commit] = []
    /// The rows that `history` holds on to.
    private var historySize = 0
    /// How many transactions `history` holds at most.
    static let historyLength = 100

    /// Where transactions are kept; nil for a database in memory only.
    var log: DatabaseLog?
    /// The transaction that is running.
    var running: Transaction?

    private var observers: [(number: Int, body: (Commit) -> Void)] = []
    private var nextObserver = 0
    private var untold: [Commit] = []
    private var isTelling = false

    /// A database in memory.
    public init(schema: DatabaseSchema) {
        self.schema = schema
        tables = schema.tables.enumerated().map { Table($1, number: $0) }
    }

    /// Ends with `cancel` or with its last reference.
    public final class Observation {
        private weak var database: Database?
        private let number: Int

        init(_ database: Database, _ number: Int) {
            self.database = database
            self.number = number
        }

        deinit { cancel() }

        public func cancel() { database?.observers.removeAll { [number] in $0.number == number } }
    }

    /// Calls `body` after each commit that changed something, in the order of commits.
    public func observe(_ body: @escaping (Commit) -> Void) -> Observation {
        nextObserver += 1
        observers.append((nextObserver, body))
        return Observation(self, nextObserver)
    }

    /// All rows of a table.
    /// - Precondition: the schema has that table.
    public func rows(_ table: String) -> [Row] { Array(self.table(table).rows.values) }

    /// The rows of a table with a value in a column; quick where the schema has an index of that column.
    public func rows(_ table: String, where column: String, is value: Datum) -> [Row] {
        let table = self.table(table)
        guard let number = table.schema.column(column) else {
            preconditionFailure("table \(table.schema.name) has no column \(column)")
        }
        if running == nil, let index = table.schema.indexes.firstIndex(of: [number]) {
            return table.indexes[index][[value]].flatMap { table.rows[$0] }.map { [$0] } ?? []
        }
        return table.rows.values.filter { $0.fields[number] == value }
    }

    public func row(_ table: String, _ uuid: UUID) -> Row? { self.table(table).rows[uuid] }

    func table(_ name: String) -> Table {
        guard let number = schema.table(name) else { preconditionFailure("schema \(schema.name) has no table \(name)") }
        return tables[number]
    }

    /// Runs a transaction: all of it is done or, where `body` or the commit throws, nothing.
    /// - Parameters:
    ///   - comment: goes into the log, for people.
    ///   - durable: waits until the log is on stable storage. Without, the commit survives the end of this process,
    ///     but a crash of the machine may lose it.
    /// - Throws: what `body` throws; `OVSDBError` where constraints or the log refuse.
    /// - Precondition: no transaction is running.
    @discardableResult
    public func transact<Result>(
        comment: String? = nil, durable: Bool = false, _ body: (Transaction) throws -> Result
    ) throws -> Result {
        let transaction = Transaction(self)
        let result: Result
        do {
            if let comment { transaction.comments.append(comment) }
            result = try body(transaction)
        } catch {
            transaction.abort()
            throw error
        }
        transaction.isDurable = transaction.isDurable || durable
        try transaction.commit()
        if durable { try sync() }
        return result
    }

    /// Waits until what was committed is on stable storage, as far as durable transactions asked for it.
    public func sync() throws(OVSDBError) { try log?.sync() }

    /// Takes over a transaction that is done.
    func finish(_ commit: Commit) {
        lastCommit = commit.id
        remember(commit)
        untold.append(commit)
        if isTelling { return }
        isTelling = true
        defer { isTelling = false }
        while !untold.isEmpty {
            let commit = untold.removeFirst()
            for observer in observers { observer.body(commit) }
        }
    }

    /// Keeps the latest transactions, but no more rows of the past than there are at present.
    private func remember(_ commit: Commit) {
        history.append(commit)
        historySize += commit.changes.count
        let bound = max(1000, tables.reduce(0) { $0 + $1.rows.count })
        while history.count > Self.historyLength || historySize > bound {
            historySize -= history.removeFirst().changes.count
        }
    }

    /// What was committed after a state; nil where that is too long ago, or never was.
    func commits(after id: UUID) -> ArraySlice<Commit>? {
        if id == lastCommit { return [] }
        guard let index = history.lastIndex(where: { $0.id == id }) else { return nil }
        return history[(index + 1)...]
    }
}
