import OVSDB
import Switch
import Testing

@testable import VirtualSwitch

/// Rows of the database as plans: whatever anybody writes into them.
@Suite struct SwitchPlanTests {
    private let database = Database(schema: .openVSwitch)
    private let most = String(UInt64.max)

    /// A bridge with one port of two interfaces, and a queue.
    private func plan(_ bridge: [String: Datum] = [:], root: [String: Datum] = [:]) throws -> SwitchPlan {
        try database.transact { transaction in
            let interfaces = try ["p1", "p2"].map { name in
                try transaction.insert(
                    "Interface",
                    [
                        "name": .string(name), "ingress_policing_rate": .integer(Int64.max),
                        "ingress_policing_burst": .integer(Int64.max),
                    ])
            }
            let queue = try transaction.insert(
                "Queue", ["other_config": .map(["min-rate": most, "priority": most])])
            let qos = try transaction.insert(
                "QoS", ["type": "linux-htb", "queues": Datum(map: [(.integer(1), .uuid(queue))])])
            let port = try transaction.insert(
                "Port",
                [
                    "name": "bond", "interfaces": .uuids(interfaces), "qos": .uuid(qos),
                    "bond_updelay": .integer(Int64.max), "bond_downdelay": .integer(Int64.min),
                ])
            let row = try transaction.insert(
                "Bridge", bridge.merging(["name": "br0", "ports": .uuid(port)]) { given, _ in given })
            try transaction.insert("Open_vSwitch", root.merging(["bridges": .uuid(row)]) { given, _ in given })
        }
        return SwitchPlan(database)
    }

    @Test func numbersBeyondAllMeasureAreTakenAsTheMost() throws {
        let plan = try plan(["other_config": .map(["mac-aging-time": most])])
        let bridge = try #require(plan.bridges["br0"])
        #expect(bridge.ageing > 1 << 60)
        let port = try #require(bridge.ports["bond"])
        #expect(port.bond?.upDelay ?? 0 > 1 << 60)
        #expect(port.bond?.downDelay == 0)
        #expect(port.interfaces.map(\.policingRate) == [.max, .max])
        #expect(port.interfaces.map(\.policingBurst) == [.max, .max])
        #expect(port.qos?.queues.map(\.minRate) == [.max])
        #expect(port.qos?.queues.map(\.priority) == [.max])
    }

    @Test func namesThatArePathsAreIgnored() throws {
        let plan = try plan(["name": "../br0"])
        #expect(plan.bridges.isEmpty && plan.ignoredNames == ["../br0"])
    }

    @Test func spansOfTimeCanBeAddedToClocks() {
        #expect(Nanoseconds.milliseconds(-5) == 0)
        #expect(Nanoseconds.milliseconds(5) == 5_000_000)
        #expect(Nanoseconds.seconds(300) == 300_000_000_000)
        #expect(Nanoseconds.milliseconds(Int64.max) < 1 << 62)
        #expect(Nanoseconds.seconds(UInt64.max) < 1 << 62)
        // Three silences and the time of a clock.
        #expect(!(3 * Nanoseconds.longest).addingReportingOverflow(1 << 61).overflow)
    }
}
