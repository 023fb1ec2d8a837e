/// Monitors.
extension OVSDBSession {
    func monitor(_ method: String, _ parameters: [JSONValue], _ id: JSONValue) throws(OVSDBError) {
        let database = try database(method, parameters)
        let version: Monitor.Version =
            switch method {
            case "monitor": .plain
            case "monitor_cond": .conditional
            default: .since
            }
        guard version == .plain ? parameters.count >= 3 : parameters.count == version.rawValue + 1 else {
            throw .syntax(.array(parameters), "invalid parameters")
        }
        let monitorID = parameters[1]
        let tables = try Monitor.tables(parameters[2], of: database, mayHaveConditions: version != .plain)
        if monitors.contains(where: { $0.id == monitorID }) { throw .syntax(monitorID, "duplicate monitor ID") }
        if monitors.count == Self.holdingsLimit {
            throw OVSDBError(tag: "resources exhausted", details: "a client may have \(Self.holdingsLimit) monitors")
        }
        var missed: ArraySlice<Commit>?
        if version == .since {
            guard let text = parameters[3].string else { throw .syntax(parameters[3], "last-txn-id must be string") }
            guard let last = UUID(text) else { throw .syntax(parameters[3], "last-txn-id must be UUID format.") }
            missed = database.commits(after: last)
        }
        let monitor = Monitor(id: monitorID, database: database, version: version, tables: tables)
        reply(id) { writer in
            if version == .since {
                writer.raw("[")
                writer.write(missed != nil)
                writer.raw(",")
                writer.write(database.lastCommit)
                writer.raw(",")
            }
            if let missed { monitor.write(missed, into: &writer) } else { monitor.writeInitial(into: &writer) }
            if version == .since { writer.raw("]") }
        }
        monitors.append(monitor)
    }

    func changeMonitor(_ parameters: [JSONValue], _ id: JSONValue) throws(OVSDBError) {
        guard parameters.count == 3 else { throw .syntax(.array(parameters), "invalid parameters") }
        guard let monitor = monitors.first(where: { $0.id == parameters[0] }), monitor.version != .plain else {
            throw .syntax(parameters[0], "unknown monitor session")
        }
        if parameters[1] != monitor.id, monitors.contains(where: { $0.id == parameters[1] }) {
            throw .syntax(parameters[1], "duplicate monitor ID")
        }
        guard let requests = parameters[2].object else {
            throw .syntax(nil, "monitor-cond-change-requests must be object")
        }
        var conditions: [Int: [Condition]] = [:]
        for member in requests.members {
            guard let number = monitor.database.schema.table(member.name) else {
                throw .syntax(nil, "no table named \(member.name)")
            }
            guard monitor.tables[number] != nil else {
                throw .syntax(nil, "no table named \(member.name) in monitor session")
            }
            guard let elements = member.value.array else {
                throw .syntax(nil, "table \(member.name) no monitor-cond-change JSON array")
            }
            for element in elements {
                conditions[number] = try Self.conditions(element, monitor.database.schema.tables[number])
            }
        }
        flushMonitors(always: true)
        monitor.id = parameters[1]
        writeUpdate(monitor) { monitor.setConditions(conditions, into: &$0) }
        reply(id, .object(JSONObject()))
    }

    private static func conditions(_ json: JSONValue, _ table: TableSchema) throws(OVSDBError) -> [Condition] {
        var reader = MemberReader(json, "table \(table.name)")
        let columns = reader.optional("columns", .array)
        let condition = reader.optional("where", .array)
        try reader.finish()
        if columns != nil { throw .syntax(json, "changing columns is unsupported") }
        return try condition.map { json throws(OVSDBError) in try [Condition](json, table: table, names: nil) } ?? []
    }

    func cancelMonitor(_ parameters: [JSONValue], _ id: JSONValue) {
        guard parameters.count == 1 else {
            replyError(id, "invalid parameters")
            return
        }
        guard let index = monitors.firstIndex(where: { $0.id == parameters[0] }) else {
            replyError(id, "unknown monitor")
            return
        }
        monitors.remove(at: index)
        reply(id, .object(JSONObject()))
    }

    /// Remembers what a transaction changed for the monitors.
    func note(_ commit: Commit, of database: Database) {
        for monitor in monitors where monitor.database === database { monitor.note(commit) }
    }

    /// Tells the client what changed.
    /// - Parameter always: even if the client has much to read; otherwise it is told later, and then only of the
    ///   outcome.
    func flushMonitors(always: Bool = false) {
        guard always || output.bytes.count <= settings.backlogMark else { return }
        for monitor in monitors where monitor.hasChanges {
            writeUpdate(monitor) { monitor.takeChanges(into: &$0) }
        }
        if !always { checkOutput() }
    }

    /// Writes "update", "update2" or "update3", unless `body` has nothing to tell.
    private func writeUpdate(_ monitor: Monitor, _ body: (inout JSONWriter) -> Bool) {
        let mark = output.bytes.count
        switch monitor.version {
        case .plain: output.raw("{\"id\":null,\"method\":\"update\",\"params\":[")
        case .conditional: output.raw("{\"id\":null,\"method\":\"update2\",\"params\":[")
        case .since: output.raw("{\"id\":null,\"method\":\"update3\",\"params\":[")
        }
        output.write(monitor.id)
        output.raw(",")
        if monitor.version == .since {
            output.write(monitor.database.lastCommit)
            output.raw(",")
        }
        if body(&output) {
            output.raw("]}")
        } else {
            output.bytes.removeSubrange(mark...)
        }
    }
}
