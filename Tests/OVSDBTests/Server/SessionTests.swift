import OVSDB
import Testing

/// Sessions without sockets, with a clock in the test's hand.
@Suite struct SessionTests {
    /// The clock, and a server with one database.
    final class Fixture {
        var now: UInt64 = 1_000_000_000
        let database = Database(schema: .openVSwitch)
        private(set) var server: OVSDBServer!
        var wakes = 0

        init() throws {
            server = OVSDBServer(databases: [database]) { [unowned self] in now }
            server.onActivity = { [unowned self] in wakes += 1 }
            try database.transact { try $0.insert("Open_vSwitch") }
            server.run()
        }

        var root: UUID { database.rows("Open_vSwitch")[0].uuid }
    }

    let fixture: Fixture

    init() throws { fixture = try Fixture() }

    private func connect(_ settings: OVSDBSession.Settings = .init()) -> OVSDBSession {
        fixture.server.connect(settings)
    }

    private func say(_ session: OVSDBSession, _ text: String) { session.receive(Array(text.utf8)) }

    private func heard(_ session: OVSDBSession) throws -> [JSONValue] {
        var stream = JSONStream(limit: 1 << 30)
        session.takeOutput().withUnsafeBytes { stream.append($0) }
        var messages: [JSONValue] = []
        while let message = try stream.next({ text in Result { () throws(JSONError) in try JSONParser.parse(text) } }) {
            messages.append(try message.get())
        }
        #expect(stream.pendingByteCount == 0)
        return messages
    }

    private func transact(_ operations: String, id: Int = 1) -> String {
        #"{"id":\#(id),"method":"transact","params":["Open_vSwitch",\#(operations)]}"#
    }

    private let waitForFive =
        #"{"op":"wait","table":"Open_vSwitch","where":[],"columns":["cur_cfg"],"until":"==","rows":[{"cur_cfg":5}]"#

    @Test func aWaitEndsWithTheChange() throws {
        let waiter = connect()
        say(
            waiter,
            transact(
                waitForFive + "},"
                    + #"{"op":"mutate","table":"Open_vSwitch","where":[],"mutations":[["next_cfg","+=",1]]}"#, id: 7))
        fixture.server.run()
        #expect(try heard(waiter).isEmpty)
        #expect(fixture.server.nextDeadline == nil)
        // Something else changes.
        try fixture.database.transact { try $0.update("Open_vSwitch", fixture.root, ["db_version": "1"]) }
        fixture.server.run()
        #expect(try heard(waiter).isEmpty)
        let wakes = fixture.wakes
        try fixture.database.transact { try $0.update("Open_vSwitch", fixture.root, ["cur_cfg": 5]) }
        #expect(fixture.wakes == wakes + 1)
        fixture.server.run()
        let replies = try heard(waiter)
        #expect(replies == [["id": 7, "result": [.object(JSONObject()), ["count": 1]], "error": .null]])
        #expect(fixture.database.rows("Open_vSwitch")[0]["next_cfg"].integer == 1)
    }

    @Test func aWaitTimesOut() throws {
        let waiter = connect()
        say(waiter, transact(waitForFive + #","timeout":250}"#))
        fixture.server.run()
        #expect(fixture.server.nextDeadline == fixture.now + 250_000_000)
        fixture.now += 249_000_000
        fixture.server.run()
        #expect(try heard(waiter).isEmpty)
        fixture.now += 1_000_000
        fixture.server.run()
        let reply = try heard(waiter)
        #expect(reply.first?["result"]?[0]?["error"] == "timed out")
        #expect(reply.first?["result"]?[0]?["details"] == "\"wait\" timed out after 250 ms")
        #expect(fixture.server.nextDeadline == nil)
    }

    @Test func aWaitIsCanceled() throws {
        let waiter = connect()
        say(waiter, transact(waitForFive + "}", id: 3) + #"{"id":null,"method":"cancel","params":[4]}"#)
        #expect(try heard(waiter).isEmpty)
        say(waiter, #"{"id":null,"method":"cancel","params":[3]}"#)
        #expect(try heard(waiter) == [["id": 3, "result": .null, "error": "canceled"]])
        try fixture.database.transact { try $0.update("Open_vSwitch", fixture.root, ["cur_cfg": 5]) }
        fixture.server.run()
        #expect(try heard(waiter).isEmpty)
    }

    /// One waits for what another does, which itself waited.
    @Test func waitsFollowEachOther() throws {
        let first = connect()
        let second = connect()
        let six = waitForFive.replacing("\"cur_cfg\":5", with: "\"cur_cfg\":6")
        say(first, transact(six + "}"))
        say(
            second,
            transact(waitForFive + "}," + #"{"op":"update","table":"Open_vSwitch","where":[],"row":{"cur_cfg":6}}"#))
        fixture.server.run()
        try fixture.database.transact { try $0.update("Open_vSwitch", fixture.root, ["cur_cfg": 5]) }
        fixture.server.run()
        #expect(try heard(first).count == 1)
        #expect(try heard(second).count == 1)
    }

    @Test func locksPassOn() throws {
        let sessions = (0..<3).map { _ in connect() }
        for (index, session) in sessions.enumerated() {
            say(session, #"{"id":1,"method":"lock","params":["l"]}"#)
            #expect(try heard(session) == [["id": 1, "result": ["locked": .bool(index == 0)], "error": .null]])
        }
        let assert = transact(#"{"op":"assert","lock":"l"}"#)
        say(sessions[1], assert)
        #expect(try heard(sessions[1])[0]["result"]?[0]?["error"] == "not owner")
        sessions[0].close()
        #expect(try heard(sessions[1]) == [["id": .null, "method": "locked", "params": ["l"]]])
        say(sessions[1], assert)
        #expect(try heard(sessions[1])[0]["result"] == [.object(JSONObject())])
        let thief = connect()
        say(thief, #"{"id":1,"method":"steal","params":["l"]}"#)
        #expect(try heard(thief)[0]["result"] == ["locked": true])
        #expect(try heard(sessions[1]) == [["id": .null, "method": "stolen", "params": ["l"]]])
        say(thief, #"{"id":2,"method":"unlock","params":["l"]}"#)
        // The one that was stolen from does not wait; the next in the queue does.
        #expect(try heard(sessions[1]).isEmpty)
        #expect(try heard(sessions[2]) == [["id": .null, "method": "locked", "params": ["l"]]])
    }

    @Test func whoComesBackIsToldWhatHappened() throws {
        let first = connect()
        let monitor = { (id: String) in
            #"{"id":1,"method":"monitor_cond_since","params":["Open_vSwitch","m",{"Open_vSwitch":{"columns":["db_version","cur_cfg"]}},"\#(id)"]}"#
        }
        say(first, monitor("00000000-0000-0000-0000-000000000000"))
        let initial = try heard(first)[0]["result"]
        #expect(initial?[0] == false)
        let id = try #require(initial?[1]?.string)
        first.close()
        for number in 1...3 {
            try fixture.database.transact { try $0.update("Open_vSwitch", fixture.root, ["cur_cfg": .integer(number)]) }
        }
        let second = connect()
        say(second, monitor(id))
        let result = try heard(second)[0]["result"]
        #expect(result?[0] == true)
        #expect(result?[2] == ["Open_vSwitch": [fixture.root.description: ["modify": ["cur_cfg": 3]]]] as JSONValue)
        // And who was away too long is told everything.
        for number in 4...150 {
            try fixture.database.transact { try $0.update("Open_vSwitch", fixture.root, ["cur_cfg": .integer(number)]) }
        }
        let third = connect()
        say(third, monitor(id))
        #expect(try heard(third)[0]["result"]?[0] == false)
    }

    /// A client that does not read costs no more than the database.
    @Test func updatesForASlowClientAreTheirSum() throws {
        var settings = OVSDBSession.Settings()
        settings.backlogMark = 4000
        let slow = connect(settings)
        say(
            slow,
            #"{"id":1,"method":"monitor","params":["Open_vSwitch","m",{"Open_vSwitch":{"columns":["db_version","cur_cfg"]}}]}"#
        )
        for number in 1...10_000 {
            try fixture.database.transact {
                try $0.update(
                    "Open_vSwitch", fixture.root, ["cur_cfg": .integer(number), "db_version": .string("\(number)")])
            }
            fixture.server.run()
        }
        #expect(slow.outputByteCount < 5000)
        #expect(!slow.wantsInput)
        var last: JSONValue?
        for _ in 0..<3 {
            for message in try heard(slow) where message["method"] == "update" { last = message["params"]?[1] }
            fixture.server.run()
        }
        let row = last?["Open_vSwitch"]?[fixture.root.description]
        #expect(row?["new"]?["cur_cfg"] == 10_000)
        #expect(row?["old"]?["cur_cfg"] != 9_999)
        #expect(slow.wantsInput)
    }

    /// Requests of a client that does not read stand back until it does.
    @Test func requestsStandBack() throws {
        var settings = OVSDBSession.Settings()
        settings.backlogMark = 1000
        let session = connect(settings)
        say(session, String(repeating: #"{"id":1,"method":"get_schema","params":["Open_vSwitch"]}"#, count: 5))
        var replies = 0
        for round in 0..<5 {
            #expect(try heard(session).count == 1, "\(round)")
            replies += 1
            fixture.server.run()
        }
        #expect(try heard(session).isEmpty)
    }

    @Test func endsTheSessionThatLetsTooMuchLie() throws {
        var settings = OVSDBSession.Settings()
        settings.backlogLimit = 10_000
        let session = connect(settings)
        say(
            session,
            #"{"id":1,"method":"get_schema","params":["Open_vSwitch"]}"#
                + #"{"id":2,"method":"get_schema","params":["Open_vSwitch"]}"#)
        #expect(session.closeReason?.contains("does not read") == true)
        #expect(!session.hasOutput)
        let waiter = connect(settings)
        for id in 0..<200 { say(waiter, transact(waitForFive + "}", id: id)) }
        #expect(waiter.closeReason?.contains("are waiting") == true)
        #expect(fixture.server.sessions.isEmpty)
    }

    @Test(arguments: [
        "x", "{]", #"{"id":1,"method":5,"params":[]}"#, #"{"id":1,"method":"echo"}"#,
        #"{"id":1,"method":"echo","params":{}}"#,
        #"{"id":1,"result":[],"error":null}"#, "[]", #"{"id":1,"method":"echo","params":[],"more":1}"#, "{\"a\":\u{1}}",
    ])
    func nonsenseEndsTheSession(text: String) throws {
        let session = connect()
        say(session, #"{"id":1,"method":"echo","params":[]}"# + text)
        #expect(session.closeReason != nil)
        #expect(try heard(session).count == 1)
        #expect(fixture.server.sessions.isEmpty)
        // It is deaf now.
        say(session, #"{"id":1,"method":"echo","params":[]}"#)
        #expect(!session.hasOutput)
    }

    @Test func asksTheSilentForALifeSign() throws {
        let session = connect(.init(probeInterval: 5_000_000_000))
        #expect(fixture.server.nextDeadline == fixture.now + 5_000_000_000)
        fixture.now += 5_000_000_000
        fixture.server.run()
        #expect(try heard(session) == [["id": "echo", "method": "echo", "params": []]])
        say(session, #"{"id":"echo","result":[],"error":null}"#)
        fixture.now += 5_000_000_000
        fixture.server.run()
        #expect(session.closeReason == nil)
        fixture.now += 5_000_000_000
        fixture.server.run()
        #expect(session.closeReason?.contains("inactivity probe") == true)
    }

    @Test func readOnlySessionsRead() throws {
        let session = connect(.init(isReadOnly: true))
        say(session, transact(#"{"op":"select","table":"Open_vSwitch","where":[],"columns":["cur_cfg"]}"#))
        say(session, transact(#"{"op":"update","table":"Open_vSwitch","where":[],"row":{"cur_cfg":9}}"#))
        say(session, transact(#"{"op":"delete","table":"Open_vSwitch","where":[]}"#))
        say(session, transact(#"{"op":"insert","table":"QoS","row":{}}"#))
        say(session, #"{"id":1,"method":"lock","params":["a"]}"#)
        let replies = try heard(session)
        #expect(replies[0]["result"]?[0]?["rows"]?[0]?["cur_cfg"] == 0)
        for reply in replies[1...3] { #expect(reply["result"]?[0]?["error"] == "not allowed") }
        #expect(replies[4]["error"] != .null)
        #expect(fixture.database.rows("Open_vSwitch")[0]["cur_cfg"].integer == 0)
        #expect(fixture.database.rows("QoS").isEmpty)
    }

    @Test func convertsToWhatItIsOnly() throws {
        let session = connect()
        func answer(_ schema: String) throws -> JSONValue? {
            say(session, #"{"id":3,"method":"convert","params":["Open_vSwitch",\#(schema)]}"#)
            return try heard(session).first
        }
        let same = try answer(DatabaseSchema.openVSwitch.json.description)
        #expect(same?["error"] == .null)
        #expect(same?["result"] == [:])
        let other = try answer(#"{"name":"Open_vSwitch","version":"9.0.0","tables":{}}"#)
        #expect(other?["error"]?["error"] == "not supported")
        #expect(try answer("7")?["error"] != .null)
    }
}
