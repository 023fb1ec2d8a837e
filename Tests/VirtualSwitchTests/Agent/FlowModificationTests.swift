import OpenFlow
import Switch
import Testing

@testable import VirtualSwitch

/// What flow-mods of every version and command make of the tables.
@Suite struct FlowModificationTests {
    static let all = OpenFlowVersion.allCases
    static let withTables: [OpenFlowVersion] = [.v11, .v12, .v13, .v14, .v15]

    static func output(_ port: UInt32) -> Instructions { Instructions(apply: [.output(port)]) }

    static func flow(
        _ command: FlowModification.Command = .add, port: UInt32? = nil, priority: UInt16 = 100, cookie: UInt64 = 0,
        to output: UInt32 = 2
    ) -> FlowModification {
        FlowModification(
            command, priority: priority, match: port.map { Match().with(.inPort, $0) } ?? Match(), cookie: cookie,
            instructions: Self.output(output))
    }

    private static func ports(_ peer: Peer) -> [UInt32] {
        FlowTableTests.flows(peer).sorted { $0.match.key[.inPort].low < $1.match.key[.inPort].low }.compactMap { flow in
            (1...3).first { flow.instructions == Self.output($0) }
        }
    }

    private static func send(_ changes: FlowModification..., to peer: Peer) {
        let answers = peer.send(changes.map { Message(.flowMod($0)) })
        #expect(answers.isEmpty, "\(answers)")
    }

    @Test(arguments: all)
    func aSecondAddReplacesTheFirst(version: OpenFlowVersion) {
        let peer = Dialogue().connect(version)
        Self.send(Self.flow(port: 1, cookie: 5), Self.flow(port: 1, cookie: 6, to: 3), to: peer)
        let flows = FlowTableTests.flows(peer)
        #expect(flows.count == 1)
        #expect(flows.first?.cookie == 6)
        #expect(flows.first?.instructions == Self.output(3))
    }

    @Test(arguments: all)
    func modifyMeansAllThatItsMatchIncludes(version: OpenFlowVersion) {
        let peer = Dialogue().connect(version)
        Self.send(Self.flow(port: 1), Self.flow(port: 2), Self.flow(port: 3, priority: 7), to: peer)
        var unmet = Self.flow(.modifyStrict, port: 3, priority: 8, to: 1)
        unmet.newCookie = version <= .v11 ? 1 : nil
        Self.send(unmet, to: peer)
        // It met nothing; that of OpenFlow 1.0 and 1.1 adds then, those of later versions do nothing.
        #expect(FlowTableTests.flows(peer).count == (version <= .v11 ? 4 : 3))
        Self.send(Self.flow(.deleteStrict, port: 3, priority: 8), to: peer)
        Self.send(Self.flow(.modifyStrict, port: 3, priority: 7, to: 1), to: peer)
        #expect(Self.ports(peer) == [2, 2, 1])
        Self.send(Self.flow(.modify, to: 3), to: peer)
        #expect(Self.ports(peer) == [3, 3, 3])
        #expect(FlowTableTests.flows(peer).map(\.priority).sorted() == [7, 100, 100])
    }

    @Test(arguments: all)
    func deleteMeansAllThatItsMatchIncludesAndStrictJustOne(version: OpenFlowVersion) {
        let peer = Dialogue().connect(version)
        Self.send(Self.flow(port: 1), Self.flow(port: 1, priority: 7), Self.flow(port: 2), Self.flow(port: 3), to: peer)
        Self.send(Self.flow(.deleteStrict, port: 1, priority: 8), to: peer)
        #expect(FlowTableTests.flows(peer).count == 4)
        Self.send(Self.flow(.deleteStrict, port: 1, priority: 7), to: peer)
        #expect(FlowTableTests.flows(peer).count == 3)
        Self.send(Self.flow(.delete, port: 1), to: peer)
        #expect(FlowTableTests.flows(peer).count == 2)
        Self.send(Self.flow(.delete), to: peer)
        #expect(FlowTableTests.flows(peer).isEmpty)
    }

    @Test(arguments: all)
    func deleteMayNameThePortThatFlowsOutputTo(version: OpenFlowVersion) {
        let peer = Dialogue().connect(version)
        Self.send(Self.flow(port: 1, to: 2), Self.flow(port: 2, to: 3), Self.flow(port: 3, to: 2), to: peer)
        var delete = Self.flow(.delete)
        delete.instructions = Instructions()
        delete.outPort = 2
        Self.send(delete, to: peer)
        #expect(Self.ports(peer) == [3])
    }

    @Test(arguments: withTables)
    func deleteMayNameTheGroupThatFlowsUse(version: OpenFlowVersion) {
        let peer = Dialogue().connect(version)
        peer.send(Message(.groupMod(.init(.add, Group(id: 9, type: .indirect, buckets: [Bucket(actions: [])])))))
        var grouped = Self.flow(port: 1)
        grouped.instructions = Instructions(apply: [.group(9)])
        Self.send(grouped, Self.flow(port: 2, to: 3), to: peer)
        var delete = Self.flow(.delete)
        delete.instructions = Instructions()
        delete.outGroup = 9
        Self.send(delete, to: peer)
        #expect(Self.ports(peer) == [3])
    }

    @Test(arguments: withTables)
    func cookiesUnderAMaskSelectFlows(version: OpenFlowVersion) {
        let peer = Dialogue().connect(version)
        Self.send(
            Self.flow(port: 1, cookie: 0x10), Self.flow(port: 2, cookie: 0x11), Self.flow(port: 3, cookie: 0x21),
            to: peer)
        var modify = Self.flow(.modify, cookie: 0x10, to: 1)
        modify.cookieMask = 0xf0
        Self.send(modify, to: peer)
        #expect(Self.ports(peer) == [1, 1, 2])
        // A modify leaves the cookie as it is.
        #expect(FlowTableTests.flows(peer).map(\.cookie).sorted() == [0x10, 0x11, 0x21])
        var delete = Self.flow(.delete, cookie: 0x01)
        delete.cookieMask = 0x0f
        delete.table = nil
        Self.send(delete, to: peer)
        #expect(FlowTableTests.flows(peer).map(\.cookie) == [0x10])
    }

    /// OpenFlow 1.1 has no number for all tables.
    @Test(arguments: withTables.filter { $0 >= .v12 })
    func flowsOfOtherTablesStay(version: OpenFlowVersion) {
        let peer = Dialogue().connect(version)
        var other = Self.flow(port: 1)
        other.table = 7
        Self.send(Self.flow(port: 1), other, to: peer)
        Self.send(Self.flow(.delete), to: peer)
        #expect(FlowTableTests.flows(peer).map(\.table) == [7])
        var everywhere = Self.flow(.delete)
        everywhere.table = nil
        Self.send(everywhere, to: peer)
        #expect(FlowTableTests.flows(peer).isEmpty)
    }

    @Test(arguments: withTables)
    func countsStayWithAModifyAndGoWithResetCounts(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        func packets() -> UInt64? {
            guard
                case .multipartReply(let reply)? = peer.ask(.multipartRequest(.init(.aggregate(.init())))),
                case .aggregate(let sum) = reply.body
            else { return nil }
            return sum.packets
        }
        Self.send(Self.flow(port: 1), to: peer)
        dialogue.receive(Dialogue.frame(), port: 1)
        dialogue.receive(Dialogue.frame(), port: 1)
        #expect(packets() == 2)
        Self.send(Self.flow(.modify, to: 3), to: peer)
        #expect(packets() == 2)
        var reset = Self.flow(.modify, to: 2)
        reset.flags = .resetCounts
        Self.send(reset, to: peer)
        // OpenFlow 1.1 has no such flag.
        #expect(packets() == (version == .v11 ? 2 : 0))
    }

    @Test(arguments: [OpenFlowVersion.v13, .v14, .v15])
    func flowsThatKeepNoCountsSayNone(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        var silent = Self.flow(port: 1)
        silent.flags = [.noPacketCounts, .noByteCounts]
        Self.send(silent, to: peer)
        #expect(FlowTableTests.flows(peer).first?.flags.isSuperset(of: [.noPacketCounts, .noByteCounts]) == true)
    }

    @Test(arguments: [OpenFlowVersion.v14, .v15])
    func theLeastImportantFlowGivesWay(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        var settings = dialogue.datapath.tableSettings(bridge: dialogue.bridge, table: 0)
        settings.maximumFlows = 2
        dialogue.datapath.setTable(bridge: dialogue.bridge, table: 0, settings, now: dialogue.now)
        func flow(_ port: UInt32, importance: UInt16) -> FlowModification {
            var flow = Self.flow(port: port)
            flow.importance = importance
            flow.flags = .sendFlowRemoved
            return flow
        }
        Self.send(flow(1, importance: 5), flow(2, importance: 9), to: peer)
        #expect(peer.refusal(of: .flowMod(flow(3, importance: 7))) == .flowModFailed(.tableFull))
        peer.send(
            Message(.tableMod(.init(table: 0, configuration: .eviction, evictionFlags: [.importance, .other]))))
        let answers = peer.send(Message(.flowMod(flow(3, importance: 7))))
        guard case .flowRemoved(let removed)? = answers.first?.body else {
            Issue.record("no flow was evicted: \(answers)")
            return
        }
        #expect(removed.reason == .eviction)
        #expect(removed.match.key[.inPort].low == 1)
        #expect(FlowTableTests.flows(peer).map(\.importance).sorted() == [7, 9])
    }

    @Test(arguments: all)
    func timeoutsRunAndTell(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        var hard = Self.flow(port: 1)
        hard.hardTimeout = 10
        hard.flags = .sendFlowRemoved
        var deleted = Self.flow(port: 2, cookie: 8)
        deleted.flags = .sendFlowRemoved
        Self.send(hard, deleted, Self.flow(port: 3), to: peer)
        dialogue.pass(11 * Dialogue.second)
        let answers = peer.take() + peer.send(Message(.flowMod(Self.flow(.delete))))
        let removals = answers.compactMap { answer -> Message.FlowRemoved? in
            if case .flowRemoved(let removed) = answer.body { removed } else { nil }
        }
        // The third flow did not ask to be told of.
        #expect(removals.map(\.reason) == [.hardTimeout, .delete])
        #expect(removals.map(\.cookie) == [0, 8])
        #expect(removals.first?.hardTimeout == (version >= .v12 ? 10 : removals.first?.hardTimeout))
    }
}
