import Testbed
import Testing

@testable import Switch

@Suite("MAC table")
struct MACTableTests {
    static let second: UInt64 = 1_000_000_000

    /// `#expect` cannot look into an expression on a noncopyable value.
    func same<T: Equatable>(_ actual: T, _ expected: T, location: SourceLocation = #_sourceLocation) {
        #expect(actual == expected, sourceLocation: location)
    }

    @Test func learnsMovesAndAges() {
        var table = MACTable(limit: 16, ageing: 300 * Self.second)
        same(table.learn(vlan: 1, mac: 0xA, port: 3, now: Self.second), .added)
        same(table.learn(vlan: 1, mac: 0xA, port: 3, now: Self.second + 5), .unchanged)
        same(table.learn(vlan: 1, mac: 0xA, port: 3, now: 2 * Self.second), .refreshed)
        same(table.learn(vlan: 1, mac: 0xA, port: 4, now: 3 * Self.second), .moved(from: 3))
        same(table.lookup(vlan: 1, mac: 0xA, now: 3 * Self.second), 4)
        same(table.lookup(vlan: 2, mac: 0xA, now: 3 * Self.second), -1)
        same(table.nextExpiry, 303 * Self.second)
        same(table.lookup(vlan: 1, mac: 0xA, now: 303 * Self.second - 1), 4)
        same(table.lookup(vlan: 1, mac: 0xA, now: 303 * Self.second), -1)
        let aged = table.expire(now: 303 * Self.second)
        same(aged.map(\.mac), [0xA])
        same(table.count, 0)
        same(table.nextExpiry, nil)
    }

    @Test func groupAddressesAreNotLearned() {
        var table = MACTable()
        same(table.learn(vlan: 0, mac: 0x0100_5E00_0001, port: 1, now: 0), .rejected)
        same(table.learn(vlan: 0, mac: 0xFFFF_FFFF_FFFF, port: 1, now: 0), .rejected)
        same(table.count, 0)
    }

    @Test func aFloodThrowsOutItsOwn() {
        var table = MACTable(limit: 100)
        for mac in UInt64(0)..<10 { same(table.learn(vlan: 0, mac: mac, port: 1, now: mac), .added) }
        for mac in UInt64(1000)..<5000 { same(table.learn(vlan: 0, mac: mac, port: 2, now: mac), .added) }
        same(table.count, 100)
        same(table.dynamicCount(of: 1), 10)
        same(table.evictions, 3910)
        same(table.lookup(vlan: 0, mac: 4999, now: 5000), 2)
        same(table.lookup(vlan: 0, mac: 4909, now: 5000), -1)
    }

    @Test func staticEntriesStay() {
        var table = MACTable(limit: 2, ageing: Self.second)
        same(table.addStatic(vlan: 0, mac: 1, port: 7), true)
        same(table.learn(vlan: 0, mac: 1, port: 3, now: 0), .rejected)
        same(table.learn(vlan: 0, mac: 2, port: 3, now: 0), .added)
        same(table.addStatic(vlan: 0, mac: 3, port: 7), true)
        same(table.lookup(vlan: 0, mac: 2, now: 0), -1)
        same(table.addStatic(vlan: 0, mac: 4, port: 7), false)
        same(table.learn(vlan: 0, mac: 5, port: 3, now: 0), .rejected)
        same(table.flush(), 0)
        same(table.lookup(vlan: 0, mac: 1, now: 100 * Self.second), 7)
        table.removePort(7)
        same(table.count, 0)
    }

    /// What the table must do, said as simply as possible; bounded tables are left to the test above.
    struct Oracle {
        struct Entry {
            var port: Int32
            var heard: UInt64
        }
        var entries: [UInt64: Entry] = [:]
        let ageing: UInt64

        mutating func learn(_ key: UInt64, port: Int32, now: UInt64) -> MACLearning {
            guard let old = entries[key] else {
                entries[key] = Entry(port: port, heard: now)
                return .added
            }
            if old.port == port, now - old.heard < min(1_000_000_000, ageing / 8) { return .unchanged }
            entries[key] = Entry(port: port, heard: now)
            if now - old.heard >= ageing { return .added }
            return old.port == port ? .refreshed : .moved(from: old.port)
        }

        func lookup(_ key: UInt64, now: UInt64) -> Int32 {
            guard let entry = entries[key], now - entry.heard < ageing else { return -1 }
            return entry.port
        }
    }

    @Test(arguments: UInt64(1)...4)
    func agreesWithTheOracle(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var oracle = Oracle(ageing: 20 * Self.second)
        var table = MACTable(ageing: 20 * Self.second)
        var now: UInt64 = 0
        for _ in 0..<30_000 {
            now += UInt64(random.below(100_000_000))
            let vlan = UInt16(random.below(3))
            let mac = UInt64(random.below(400)) << 8
            let key = UInt64(vlan) << 48 | mac
            let port = Int32(random.below(4))
            switch random.below(100) {
            case 0:
                let removed = Set(table.expire(now: now).map { UInt64($0.vlan) << 48 | $0.mac })
                let expected = Set(oracle.entries.filter { now - $0.value.heard >= oracle.ageing }.keys)
                #expect(removed == expected)
                for key in expected { oracle.entries[key] = nil }
            case 1 where random.below(20) == 0:
                let doomed = oracle.entries.filter { $0.value.port == port }.keys
                same(table.flush(port: port), doomed.count)
                for key in doomed { oracle.entries[key] = nil }
            case 2:
                same(table.remove(vlan: vlan, mac: mac), oracle.entries.removeValue(forKey: key) != nil)
            case 3..<50:
                same(table.lookup(vlan: vlan, mac: mac, now: now), oracle.lookup(key, now: now))
            default:
                same(table.learn(vlan: vlan, mac: mac, port: port, now: now), oracle.learn(key, port: port, now: now))
            }
            same(table.count, oracle.entries.count)
        }
        same(
            Set(table.entries(now: now).map(\.mac)).isSubset(
                of: Set(oracle.entries.keys.map { $0 & 0xFFFF_FFFF_FFFF })), true)
    }
}
