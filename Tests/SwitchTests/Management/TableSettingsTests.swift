import Testing

@testable import Switch

private typealias H = DatapathHarness

/// Full tables: refusal, eviction, vacancy events (OpenFlow 1.4, 7.3.4.1 and 7.4.5; ovs-vswitchd.conf.db(5), Flow_Table).
@Suite struct TableSettingsTests {
    private let lab = H()
    private let bridge: Int32

    init() { bridge = lab.bridge("s", BridgeSettings(standalone: false)) }

    private func add(
        _ number: Int, importance: UInt16 = 0, idle: UInt16 = 0, hard: UInt16 = 0, group: Int = 0
    ) throws {
        let match = Match().with(.ethSource, number).with(.inPort, group + 1)
        try lab.datapath.modify(
            bridge: bridge,
            FlowModification(
                .add, match: match, cookie: UInt64(number), idleTimeout: idle, hardTimeout: hard,
                importance: importance, flags: .sendFlowRemoved), now: lab.now)
    }

    private var present: [UInt64] { lab.datapath.flows(bridge: bridge).map(\.cookie).sorted() }

    private func set(_ settings: TableSettings) {
        lab.datapath.setTable(bridge: bridge, table: 0, settings, now: lab.now)
    }

    @Test func fullTablesRefuse() throws {
        set(TableSettings(maximumFlows: 2))
        try add(1)
        try add(2)
        #expect(throws: ModificationError.tableFull) { try add(3) }
        // Replacing is no growth.
        try add(2, importance: 5)
        #expect(present == [1, 2])
        #expect(lab.datapath.tableStatistics(bridge: bridge)[0].maximum == 2)
    }

    @Test func theLeastImportantGoes() throws {
        set(TableSettings(maximumFlows: 3, evicts: true, evictionFlags: .importance))
        for (number, importance) in [(1, 5), (2, 3), (3, 9)] as [(Int, UInt16)] {
            try add(number, importance: importance)
        }
        try add(4, importance: 7)
        try add(5, importance: 1)
        try add(6, importance: 2)
        #expect(present == [3, 4, 6])
    }

    @Test func theShortestLifeGoes() throws {
        var reasons: [FlowRemovedReason] = []
        lab.datapath.onEvent = { if case .flowRemoved(let removal) = $0 { reasons.append(removal.reason) } }
        set(TableSettings(maximumFlows: 3, evicts: true, evictionFlags: .lifetime))
        try add(1)
        try add(2, hard: 100)
        try add(3, idle: 50)
        try add(4, hard: 70)
        #expect(present == [1, 2, 4])
        try add(5, hard: 90)
        #expect(present == [1, 2, 5])
        #expect(reasons == [.eviction, .eviction])
    }

    @Test func onlyFlowsWithTimeoutsGoWhereThePolicySaysSo() throws {
        set(TableSettings(maximumFlows: 2, evicts: true, evictsMortalFlowsOnly: true))
        try add(1)
        try add(2, idle: 10)
        try add(3)
        #expect(present == [1, 3])
        #expect(throws: ModificationError.tableFull) { try add(4) }
    }

    @Test func theLargestGroupLosesAFlow() throws {
        set(
            TableSettings(
                maximumFlows: 4, evicts: true, evictionFlags: .lifetime,
                evictionGroups: [Subfield(.inPort, start: 0, count: 32)]))
        try add(1, idle: 1, group: 0)
        try add(2, idle: 50, group: 1)
        try add(3, idle: 60, group: 1)
        try add(4, idle: 70, group: 1)
        try add(5, idle: 90, group: 2)
        #expect(present == [1, 3, 4, 5])
    }

    @Test func aLowerLimitEvicts() throws {
        for number in 1...5 { try add(number, importance: UInt16(number)) }
        set(TableSettings(maximumFlows: 2, evicts: true, evictionFlags: .importance))
        #expect(present == [4, 5])
    }

    @Test func vacancyEvents() throws {
        var events: [Bool] = []
        lab.datapath.onEvent = { if case .vacancy(_, 0, let isDown) = $0 { events.append(isDown) } }
        set(TableSettings(maximumFlows: 10, vacancy: .init(down: 30, up: 60)))
        for number in 1...7 { try add(number) }
        #expect(events == [])
        try add(8)
        try add(9)
        #expect(events == [true])
        for number in 4...9 {
            lab.datapath.removeFlow(
                bridge: bridge, table: 0, priority: 32768, match: Match().with(.ethSource, number).with(.inPort, 1))
        }
        #expect(events == [true, false])
        for number in 4...8 { try add(number) }
        #expect(events == [true, false, true])
    }
}
