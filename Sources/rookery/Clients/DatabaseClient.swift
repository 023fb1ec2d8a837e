import Linux
import OVSDB
import Streams

/// A client of an OVSDB server (RFC 7047): one request at a time.
final class DatabaseClient {
    static let name = "Open_vSwitch"
    private let stream: BlockingStream
    private var input = JSONStream(limit: 1 << 30)
    private var lastID: Int64 = 0
    /// The database's tables and columns, as the server describes them.
    private(set) lazy var schema = Result { try DatabaseSchema(request("get_schema", [.string(Self.name)])) }

    init(_ endpoint: Endpoint, tls: TLSMaterial? = nil) throws {
        do {
            stream = try BlockingStream(endpoint, tls: tls)
        } catch let error as StreamError {
            throw CommandError(
                error.description,
                remedy: "start rookery-switchd (or Open vSwitch), or say where the database is: --db unix:FILE")
        }
    }

    /// Makes a request and waits for its answer.
    func request(_ method: String, _ parameters: [JSONValue]) throws -> JSONValue {
        lastID += 1
        let id = JSONValue.integer(lastID)
        let message: JSONValue = ["method": .string(method), "params": .array(parameters), "id": id]
        stream.write(message.bytes())
        while true {
            let answer = try next()
            guard answer["method"] == nil, answer["id"] == id else { continue }
            if let error = answer["error"], !error.isNull {
                throw CommandError("\(stream.peer) refuses \(method): \(error["error"]?.string ?? error.description)")
            }
            return answer["result"] ?? .null
        }
    }

    /// The next message; answers probes itself.
    private func next() throws -> JSONValue {
        while true {
            while let parsed = try input.next({ bytes in Result { try JSONParser.parse(bytes) } }) {
                let message = try parsed.get()
                guard message["method"]?.string == "echo" else { return message }
                let reply: JSONValue = [
                    "id": message["id"] ?? .null, "result": message["params"] ?? .array([]), "error": .null,
                ]
                stream.write(reply.bytes())
            }
            try stream.read { input.append($0) }
        }
    }

    /// Carries out operations, all or none.
    /// - Returns: the result of each.
    @discardableResult
    func transact(_ operations: [JSONValue]) throws -> [JSONValue] {
        let result = try request("transact", [.string(Self.name)] + operations)
        for answer in result.array ?? [] {
            if let error = answer["error"]?.string {
                throw CommandError("the database refuses: \(answer["details"]?.string ?? error)")
            }
        }
        return result.array ?? []
    }

    /// Rows of a table, as members by column.
    /// - Parameter condition: in the form of RFC 7047, 5.1.
    func select(_ table: String, where condition: [JSONValue] = [], columns: [String]? = nil) throws -> [JSONValue] {
        try select([(table, condition, columns)])[0]
    }

    /// Several selections as one transaction, so that they fit together.
    func select(_ queries: [(table: String, condition: [JSONValue], columns: [String]?)]) throws -> [[JSONValue]] {
        let operations = queries.map { query -> JSONValue in
            var members: [(String, JSONValue)] = [
                ("op", "select"), ("table", .string(query.table)), ("where", .array(query.condition)),
            ]
            if let columns = query.columns { members.append(("columns", .array(columns.map { .string($0) }))) }
            return .object(JSONObject(members))
        }
        return try transact(operations).map { $0["rows"]?.array ?? [] }
    }

    /// Changes the configuration and waits until the switch has put it into effect.
    /// - Parameter patience: nil: does not wait.
    /// - Returns: the results of the operations; whether the switch took them in time.
    func change(_ operations: [JSONValue], patience: UInt64?) throws -> (results: [JSONValue], isInEffect: Bool) {
        // A new database has nothing in it, not even the row that everything hangs on.
        if try select("Open_vSwitch", columns: ["cur_cfg"]).isEmpty {
            try transact([["op": "insert", "table": "Open_vSwitch", "row": [:]]])
        }
        guard let patience else { return (try transact(operations), true) }
        let next: JSONValue = [
            "op": "mutate", "table": "Open_vSwitch", "where": [], "mutations": [["next_cfg", "+=", 1]],
        ]
        let read: JSONValue = ["op": "select", "table": "Open_vSwitch", "where": [], "columns": ["next_cfg"]]
        let results = try transact(operations + [next, read])
        let wanted = results.last?["rows"]?[0]?["next_cfg"]?.integer ?? 0
        let deadline = MonotonicClock.now() &+ patience
        var pause: UInt64 = 500_000
        while true {
            let rows = try select("Open_vSwitch", columns: ["cur_cfg"])
            if rows.first?["cur_cfg"]?.integer ?? 0 >= wanted { return (results, true) }
            let now = MonotonicClock.now()
            if now >= deadline { return (results, false) }
            MonotonicClock.sleep(until: now &+ pause)
            pause = min(pause * 2, 20_000_000)
        }
    }
}
