import Testing

@testable import Switch

private typealias H = DatapathHarness

/// Tables that have the flows of others (OpenFlow 1.5, 6.6).
@Suite struct SynchronizedTableTests {
    private let lab = H()
    private let bridge: Int32

    init() { bridge = lab.bridge("s", BridgeSettings(standalone: false)) }

    private func match(_ number: Int) -> Match { Match().with(.ethSource, number) }

    private func change(
        _ command: FlowModification.Command, _ number: Int? = nil, table: UInt8? = 0, cookie: UInt64 = 0,
        hard: UInt16 = 0, output: UInt32 = 1, goTo: UInt8? = nil
    ) throws {
        var instructions = Instructions(apply: [.output(output)])
        instructions.goTo = goTo
        try lab.datapath.modify(
            bridge: bridge,
            FlowModification(
                command, table: table, match: number.map(match) ?? Match(), cookie: cookie, hardTimeout: hard,
                instructions: instructions), now: lab.now)
    }

    private func follow(_ table: UInt8, _ sources: UInt8...) throws {
        try lab.datapath.synchronize(bridge: bridge, table: table, from: sources, now: lab.now)
    }

    private func cookies(_ table: UInt8) -> [UInt64] {
        lab.datapath.flows(bridge: bridge).filter { $0.table == table }.map(\.cookie).sorted()
    }

    private func outputs(_ table: UInt8) -> [[Action]] {
        lab.datapath.flows(bridge: bridge).filter { $0.table == table }.map(\.instructions.apply)
    }

    @Test func copiesComeChangeAndGoWithTheirOriginals() throws {
        try change(.add, 1, cookie: 1)
        try follow(3, 0)
        #expect(cookies(3) == [1])
        try change(.add, 2, cookie: 2)
        #expect(cookies(3) == [1, 2])
        try change(.modifyStrict, 1, output: 7)
        try change(.deleteStrict, 2)
        #expect(outputs(3) == [[.output(7)]])
        #expect(outputs(0) == outputs(3))
        // A table's own flows are its own.
        try change(.add, 9, table: 3, cookie: 9)
        #expect(cookies(0) == [1])
        try change(.delete)
        #expect(cookies(3) == [9])
    }

    @Test func copiesAreReadOnly() throws {
        try follow(3, 0)
        try change(.add, 1, cookie: 1)
        for command in [FlowModification.Command.add, .modify, .modifyStrict, .delete, .deleteStrict] {
            #expect(throws: ModificationError.isSynchronized) { try change(command, 1, table: 3) }
        }
        #expect(cookies(0) == [1])
        #expect(cookies(3) == [1])
        // All tables are another matter: the original goes, and the copy with it.
        try change(.delete, table: nil)
        #expect(cookies(0).isEmpty && cookies(3).isEmpty)
    }

    @Test func tablesThatFollowEachOtherAreChangedInEither() throws {
        try follow(1, 0)
        try follow(0, 1)
        try change(.add, 1, table: 0, cookie: 1)
        try change(.add, 2, table: 1, cookie: 2)
        #expect(cookies(0) == [1, 2])
        #expect(cookies(1) == [1, 2])
        try change(.deleteStrict, 1, table: 1)
        try change(.modifyStrict, 2, table: 1, output: 5)
        #expect(cookies(0) == [2])
        #expect(outputs(0) == [[.output(5)]])
        try change(.delete, table: 0)
        #expect(cookies(1).isEmpty)
    }

    @Test func aChainOfTablesFollowsItsFirst() throws {
        try follow(2, 1)
        try follow(1, 0)
        try change(.add, 1, cookie: 1)
        #expect(cookies(2) == [1])
        try change(.deleteStrict, 1)
        #expect(cookies(1).isEmpty && cookies(2).isEmpty)
    }

    @Test func aCopyOfTwoTablesStaysForTheOther() throws {
        try follow(4, 0, 1)
        try change(.add, 1, table: 0, cookie: 1)
        try change(.add, 1, table: 1, cookie: 1)
        try change(.deleteStrict, 1, table: 0)
        #expect(cookies(4) == [1])
        try change(.deleteStrict, 1, table: 1)
        #expect(cookies(4).isEmpty)
    }

    @Test func anEndedOriginalEndsItsCopy() throws {
        try follow(3, 0)
        try change(.add, 1, cookie: 1, hard: 1)
        _ = lab.advance(by: 500_000_000)
        #expect(cookies(3) == [1])
        _ = lab.advance(by: 1_500_000_000)
        #expect(cookies(0).isEmpty && cookies(3).isEmpty)
    }

    @Test func whatCannotFollowIsRefusedAndChangesNothing() throws {
        try change(.add, 1, cookie: 1, goTo: 2)
        #expect(throws: ModificationError.cannotSynchronize) { try follow(3, 0) }
        #expect(cookies(3).isEmpty)
        #expect(lab.datapath.synchronizedTables(bridge: bridge).isEmpty)
        try follow(1, 0)
        #expect(cookies(1) == [1])
        #expect(throws: ModificationError.cannotSynchronize) { try change(.add, 2, goTo: 1) }
        #expect(throws: ModificationError.cannotSynchronize) { try change(.modify, 1, goTo: 1) }
        lab.datapath.setTable(bridge: bridge, table: 1, TableSettings(maximumFlows: 1), now: lab.now)
        #expect(throws: ModificationError.cannotSynchronize) { try change(.add, 3) }
        #expect(cookies(0) == [1])
        #expect(cookies(1) == [1])
    }

    @Test func aTransactionThatFailsTakesCopiesBack() throws {
        try follow(3, 0)
        try change(.add, 1, cookie: 1)
        #expect(throws: TransactionError.self) {
            try lab.datapath.transaction(
                bridge: bridge,
                [
                    .flow(PackedFlowModification(FlowModification(.add, match: match(2), cookie: 2))),
                    .flow(PackedFlowModification(FlowModification(.deleteStrict, match: match(1)))),
                    .flow(PackedFlowModification(FlowModification(.deleteStrict, table: 3, match: match(2)))),
                ], now: lab.now)
        }
        #expect(cookies(0) == [1])
        #expect(cookies(3) == [1])
    }

    @Test func packetsMeetCopies() throws {
        let (lab, bridge, hosts) = H.star(3)
        let frame = H.frame(to: H.mac(hosts[1]), from: 7)
        try lab.datapath.synchronize(bridge: bridge, table: 2, from: [1], now: lab.now)
        try lab.flow(bridge, "", "goto_table:2")
        #expect(lab.send(frame, from: hosts[0]).isEmpty)
        try lab.flow(bridge, "dl_src=00:00:00:00:00:07", "output:2", table: 1)
        #expect(lab.send(frame, from: hosts[0]).map(\.device) == [hosts[1]])
        try lab.flow(bridge, "dl_src=00:00:00:00:00:07", "output:3", table: 1)
        #expect(lab.send(frame, from: hosts[0]).map(\.device) == [hosts[2]])
        try lab.datapath.modify(bridge: bridge, FlowModification(.delete, table: 1), now: lab.now)
        #expect(lab.send(frame, from: hosts[0]).isEmpty)
    }
}
