/// JSON-RPC 1.0 (RFC 7047 section 4).
extension OVSDBSession {
    func handle(_ json: JSONValue, byteCount: Int) {
        guard let object = json.object else {
            end("received bad JSON-RPC message: message is not a JSON object")
            return
        }
        let known = ["id", "method", "params", "result", "error"]
        if let other = object.members.first(where: { !known.contains($0.name) }) {
            end("received bad JSON-RPC message: unexpected member \"\(other.name)\"")
            return
        }
        guard let method = object["method"], !method.isNull else {
            // The only request of ours is the probe.
            if object["id"] != "echo" { end("received unexpected reply message") }
            return
        }
        guard let name = method.string, let parameters = object["params"]?.array else {
            end("received bad JSON-RPC message: method must be a string and params an array")
            return
        }
        if let id = object["id"], !id.isNull {
            request(name, parameters, id, byteCount)
        } else if name == "cancel", parameters.count == 1 {
            cancel(parameters[0])
        }
        checkOutput()
    }

    private func request(_ method: String, _ parameters: [JSONValue], _ id: JSONValue, _ byteCount: Int) {
        do throws(OVSDBError) {
            switch method {
            case "transact": try transact(parameters, id, byteCount)
            case "monitor", "monitor_cond", "monitor_cond_since": try monitor(method, parameters, id)
            case "monitor_cond_change": try changeMonitor(parameters, id)
            case "monitor_cancel": cancelMonitor(parameters, id)
            case "get_schema":
                let database = try database(method, parameters)
                reply(id) { $0.bytes += server.schemaText(database) }
            case "list_dbs":
                reply(id, .array(server.databases.keys.sorted().map { .string($0) }))
            case "get_server_id": reply(id, .string(server.id.description))
            case "lock", "steal": try lock(method, parameters, id)
            case "unlock": try unlock(parameters, id)
            case "echo": reply(id, .array(parameters))
            case "set_db_change_aware":
                // Databases neither come nor go here, nor change their schemas.
                guard parameters.count == 1, parameters[0].bool != nil else {
                    throw .syntax(.array(parameters), "\(method): true or false parameter expected")
                }
                reply(id, .object(JSONObject()))
            case "convert":
                let database = try database(method, parameters)
                guard parameters.count == 2 else {
                    throw .syntax(.array(parameters), "convert: a database's name and a schema expected")
                }
                // To what it is already, which is what scripts of upgrades ask for each time.
                if try DatabaseSchema(parameters[1]).json == database.schema.json {
                    reply(id, .object(JSONObject()))
                    break
                }
                throw OVSDBError(
                    tag: "not supported",
                    details: "the schema of \(database.schema.name) belongs to this switch and cannot be converted")
            default:
                replyError(id, "unknown method")
            }
        } catch {
            replyError(id, error.json)
        }
    }

    func database(_ method: String, _ parameters: [JSONValue]) throws(OVSDBError) -> Database {
        guard let name = parameters.first?.string else {
            throw .syntax(.array(parameters), "\(method) request params must begin with <db-name>")
        }
        guard let database = server.databases[name] else {
            throw .syntax(
                .array(parameters), "\(method) request specifies unknown database \(name)", tag: "unknown database")
        }
        return database
    }

    /// Writes a reply, after what the client does not know yet of its monitored rows.
    func reply(_ id: JSONValue, _ result: (inout JSONWriter) -> Void) {
        flushMonitors(always: true)
        output.raw("{\"id\":")
        output.write(id)
        output.raw(",\"result\":")
        result(&output)
        output.raw(",\"error\":null}")
    }

    func reply(_ id: JSONValue, _ result: JSONValue) { reply(id) { $0.write(result) } }

    func replyError(_ id: JSONValue, _ error: JSONValue) {
        flushMonitors(always: true)
        output.raw("{\"id\":")
        output.write(id)
        output.raw(",\"result\":null,\"error\":")
        output.write(error)
        output.raw("}")
    }

    /// Tells the client something about a lock.
    func notify(_ method: String, _ lock: String) {
        flushMonitors(always: true)
        output.raw("{\"id\":null,\"method\":")
        output.write(method)
        output.raw(",\"params\":[")
        output.write(lock)
        output.raw("]}")
        checkOutput()
        server.wake()
    }
}

/// Transactions.
extension OVSDBSession {
    private func transact(_ parameters: [JSONValue], _ id: JSONValue, _ byteCount: Int) throws(OVSDBError) {
        let database = try database("transact", parameters)
        if waiting.contains(where: { $0.id == id }) {
            throw .syntax(.array(parameters), "transact: duplicate request ID")
        }
        var transaction = WaitingTransaction(
            id: id, database: database, parameters: parameters, created: server.clock(), triedOn: .zero,
            byteCount: byteCount)
        if attempt(&transaction, elapsed: 0) { return }
        waiting.append(transaction)
        waitingByteCount += byteCount
        if waitingByteCount > settings.backlogLimit {
            end("more than \(settings.backlogLimit) bytes of transactions are waiting")
        }
        server.wake()
    }

    /// Runs a transaction and writes its reply.
    /// - Returns: false where it has to wait.
    private func attempt(_ transaction: inout WaitingTransaction, elapsed: Int64) -> Bool {
        transaction.triedOn = transaction.database.lastCommit
        var results = JSONWriter()
        let outcome = Execution.run(
            transaction.parameters.dropFirst(), on: transaction.database, elapsed: elapsed,
            mayWrite: !settings.isReadOnly && !transaction.database.schema.name.hasPrefix("_"),
            ownsLock: { server.locks.owner(of: $0) === self }, into: &results)
        if case .waiting(let timeout) = outcome {
            transaction.timeout = timeout
            return false
        }
        reply(transaction.id) { $0.bytes += results.bytes }
        return true
    }

    func retryTransactions(_ now: UInt64) {
        if waiting.isEmpty { return }
        var left: [WaitingTransaction] = []
        let tried = waiting
        waiting = []
        for var transaction in tried {
            // An earlier one may have ended the session, or made this one due.
            if closeReason != nil { return }
            let elapsed = Int64((now &- min(now, transaction.created)) / 1_000_000)
            if transaction.isDue(now), attempt(&transaction, elapsed: elapsed) {
                waitingByteCount -= transaction.byteCount
            } else {
                left.append(transaction)
            }
        }
        waiting = left + waiting
        checkOutput()
    }

    private func cancel(_ id: JSONValue) {
        guard let index = waiting.firstIndex(where: { $0.id == id }) else { return }
        waitingByteCount -= waiting.remove(at: index).byteCount
        replyError(id, "canceled")
    }
}

/// Locks.
extension OVSDBSession {
    private func lockName(_ method: String, _ parameters: [JSONValue]) throws(OVSDBError) -> String {
        guard parameters.count == 1, let name = parameters[0].string, isIdentifier(name) else {
            throw .syntax(.array(parameters), "\(method) request params must be <id>")
        }
        return name
    }

    private func lock(_ method: String, _ parameters: [JSONValue], _ id: JSONValue) throws(OVSDBError) {
        if settings.isReadOnly {
            replyError(id, "lock and unlock methods not allowed, DB server is read only.")
            return
        }
        let name = try lockName(method, parameters)
        if lockNames.contains(name) {
            throw .syntax(.array(parameters), "must issue \"unlock\" before new \"\(method)\"")
        }
        if lockNames.count == Self.holdingsLimit {
            throw OVSDBError(tag: "resources exhausted", details: "a client may have \(Self.holdingsLimit) locks")
        }
        lockNames.insert(name)
        if method == "steal" {
            server.locks.steal(name, for: self)?.notify("stolen", name)
        } else {
            server.locks.wait(self, for: name)
        }
        reply(id, ["locked": .bool(server.locks.owner(of: name) === self)])
    }

    private func unlock(_ parameters: [JSONValue], _ id: JSONValue) throws(OVSDBError) {
        if settings.isReadOnly {
            replyError(id, "lock and unlock methods not allowed, DB server is read only.")
            return
        }
        let name = try lockName("unlock", parameters)
        guard lockNames.remove(name) != nil else {
            throw .syntax(.array(parameters), "unlock: \"unlock\" without \"lock\" or \"steal\"")
        }
        server.locks.release(name, by: self)?.notify("locked", name)
        reply(id, .object(JSONObject()))
    }
}
