import OVSDB
import Testing

/// Transactions from Swift.
@Suite struct TransactionTests {
    let database = Database(schema: .openVSwitch)

    private func addBridge(_ name: String) throws -> UUID {
        try database.transact { transaction in
            let root = try database.rows("Open_vSwitch").first?.uuid ?? transaction.insert("Open_vSwitch")
            let interface = try transaction.insert("Interface", ["name": .string(name), "type": "internal"])
            let port = try transaction.insert("Port", ["name": .string(name), "interfaces": .uuid(interface)])
            let bridge = try transaction.insert("Bridge", ["name": .string(name), "ports": .uuid(port)])
            try transaction.add("Open_vSwitch", root, "bridges", .uuid(bridge))
            return bridge
        }
    }

    @Test func insertsWhatIsReferredTo() throws {
        let bridge = try addBridge("br0")
        #expect(database.rows("Bridge").map(\.name) == ["br0"])
        #expect(database.row("Bridge", bridge)?["ports"].uuids == database.rows("Port").map(\.uuid))
        #expect(database.rows("Interface", where: "name", is: "br0").first?["type"].string == "internal")
    }

    @Test func rowsThatNobodyRefersToGo() throws {
        try database.transact { try $0.insert("Bridge", ["name": "orphan"]) }
        #expect(database.rows("Bridge").isEmpty)
        let first = try addBridge("br0")
        _ = try addBridge("br1")
        let root = try #require(database.rows("Open_vSwitch").first).uuid
        try database.transact { try $0.remove("Open_vSwitch", root, "bridges", .uuid(first)) }
        #expect(database.rows("Bridge").map(\.name) == ["br1"])
        #expect(database.rows("Port").map(\.name) == ["br1"])
        #expect(database.rows("Interface").map(\.name) == ["br1"])
    }

    @Test func namesAreUniqueAndComeFreeAgain() throws {
        let first = try addBridge("br0")
        let error = #expect(throws: OVSDBError.self) { try addBridge("br0") }
        #expect(error?.tag == "constraint violation")
        #expect(database.rows("Bridge").count == 1)
        let root = try #require(database.rows("Open_vSwitch").first).uuid
        try database.transact { try $0.update("Open_vSwitch", root, ["bridges": .empty]) }
        #expect(database.row("Bridge", first) == nil)
        _ = try addBridge("br0")
    }

    @Test func refusesWhatTheSchemaForbids() throws {
        let bridge = try addBridge("br0")
        let port = try #require(database.rows("Port").first).uuid
        for values: (String, UUID, [String: Datum], String) in [
            ("Port", port, ["tag": 4096], "constraint violation"),
            ("Port", port, ["tag": ["a"]], "syntax error"),
            ("Port", port, ["interfaces": .empty], "constraint violation"),
            ("Port", port, ["name": "other"], "constraint violation"),
            ("Bridge", bridge, ["fail_mode": "both"], "constraint violation"),
            ("Bridge", bridge, ["nothing": 1], "unknown column"),
            ("Bridge", bridge, ["controller": .uuid(.random())], "referential integrity violation"),
        ] {
            let error = #expect(throws: OVSDBError.self) {
                try database.transact { try $0.update(values.0, values.1, values.2) }
            }
            #expect(error?.tag == values.3, "\(values.2)")
        }
        let error = #expect(throws: OVSDBError.self) { try database.transact { try $0.insert("Open_vSwitch") } }
        #expect(error?.tag == "constraint violation")
        let deletion = #expect(throws: OVSDBError.self) { try database.transact { try $0.delete("Port", port) } }
        #expect(deletion?.tag == "referential integrity violation")
        #expect(database.row("Port", port)?["tag"].isEmpty == true)
    }

    @Test func weakReferencesGoWithTheirRows() throws {
        let bridge = try addBridge("br0")
        let tap = try database.transact { transaction in
            let interface = try transaction.insert("Interface", ["name": "tap0"])
            let port = try transaction.insert("Port", ["name": "tap0", "interfaces": .uuid(interface)])
            let mirror = try transaction.insert(
                "Mirror", ["name": "m", "output_port": .uuid(port), "select_src_port": .uuid(port)])
            try transaction.add("Bridge", bridge, "ports", .uuid(port))
            try transaction.add("Bridge", bridge, "mirrors", .uuid(mirror))
            return port
        }
        #expect(database.rows("Mirror").first?["output_port"].uuid == tap)
        try database.transact { try $0.remove("Bridge", bridge, "ports", .uuid(tap)) }
        #expect(database.rows("Mirror").first?["output_port"].isEmpty == true)
        #expect(database.rows("Mirror").first?["select_src_port"].isEmpty == true)
        #expect(database.rows("Port").count == 1)
    }

    @Test func observersSeeOldAndNew() throws {
        let bridge = try addBridge("br0")
        var seen: [String] = []
        let observation = database.observe { commit in
            for change in commit.changes(of: "Bridge") {
                let old = change.old?["datapath_id"].string ?? "-"
                let new = change.new?["datapath_id"].string ?? "-"
                seen.append("\(old)>\(new) \(change.changed("datapath_id")) \(change.changed("ports"))")
            }
        }
        try database.transact { try $0.update("Bridge", bridge, ["datapath_id": "1"]) }
        // The same again is no change.
        try database.transact { try $0.update("Bridge", bridge, ["datapath_id": "1"]) }
        try database.transact { try $0.update("Bridge", bridge, ["stp_enable": true]) }
        #expect(seen == ["->1 true false", "1>1 false false"])
        observation.cancel()
        try database.transact { try $0.update("Bridge", bridge, ["datapath_id": "2"]) }
        #expect(seen.count == 2)
    }

    @Test func observersMayWrite() throws {
        let bridge = try addBridge("br0")
        var order: [String] = []
        let first = database.observe { commit in
            order.append("a\(commit.changes[0].new!["datapath_version"].string!)")
            if commit.changes[0].new!["datapath_version"].string == "1" {
                try? database.transact { try $0.update("Bridge", bridge, ["datapath_version": "2"]) }
            }
        }
        let second = database.observe { order.append("b\($0.changes[0].new!["datapath_version"].string!)") }
        try database.transact { try $0.update("Bridge", bridge, ["datapath_version": "1"]) }
        #expect(order == ["a1", "b1", "a2", "b2"])
        withExtendedLifetime((first, second)) {}
    }

    @Test func aFailureTakesAllBack() throws {
        let bridge = try addBridge("br0")
        struct Failure: Error {}
        #expect(throws: Failure.self) {
            try database.transact { transaction in
                try transaction.update("Bridge", bridge, ["stp_enable": true])
                try transaction.increment("Open_vSwitch", database.rows("Open_vSwitch")[0].uuid, "next_cfg")
                _ = try transaction.insert("QoS")
                throw Failure()
            }
        }
        #expect(database.row("Bridge", bridge)?["stp_enable"].boolean == false)
        #expect(database.rows("Open_vSwitch")[0]["next_cfg"].integer == 0)
        #expect(database.rows("QoS").isEmpty)
    }
}
