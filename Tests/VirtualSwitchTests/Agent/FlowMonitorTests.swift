import OpenFlow
import Switch
import Synchronization
import Testing

@testable import VirtualSwitch

/// Flow monitors: Nicira's up to OpenFlow 1.3, the version's own from 1.4 on.
@Suite struct FlowMonitorTests {
    static let versions = OpenFlowVersion.allCases
    private static let everything: Message.FlowMonitor.Flags = [.initial, .add, .removed, .modify, .instructions]

    private static func updates(_ messages: [Message]) -> [Message.FlowUpdate] {
        messages.flatMap { message -> [Message.FlowUpdate] in
            guard case .multipartReply(let reply) = message.body, case .flowMonitors(let updates) = reply.body else {
                return []
            }
            return updates
        }
    }

    private static func changes(_ messages: [Message]) -> [Message.FlowUpdate.FlowChange] {
        updates(messages).compactMap { if case .full(let change) = $0 { change } else { nil } }
    }

    private static func monitor(_ peer: Peer, _ monitor: Message.FlowMonitor) -> [Message] {
        peer.send(Message(xid: 8, .multipartRequest(.init(.flowMonitors([monitor])))))
    }

    private static func flow(
        _ command: FlowModification.Command = .add, port: UInt32, table: UInt8 = 0, to output: UInt32 = 2
    ) -> Message {
        Message(
            xid: 90 + port,
            .flowMod(
                .init(
                    command, table: table, priority: 10, match: Match().with(.inPort, port), cookie: UInt64(port),
                    instructions: Instructions(apply: [.output(output)]))))
    }

    @Test(arguments: versions)
    func tellWhatIsThereAndWhatBecomesOfIt(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let watcher = dialogue.connect(version)
        let actor = dialogue.connect(.v13)
        actor.send(Self.flow(port: 1))
        let initial = Self.changes(Self.monitor(watcher, .init(id: 1, flags: Self.everything)))
        #expect(initial.map(\.event) == [version >= .v14 ? .initial : .added])
        #expect(initial.first?.cookie == 1)
        #expect(initial.first?.instructions == Instructions(apply: [.output(2)]))
        actor.send(Self.flow(port: 2), Self.flow(.modify, port: 2, to: 3), Self.flow(.delete, port: 1))
        let changes = Self.changes(watcher.take())
        #expect(changes.map(\.event) == [.added, .modified, .removed])
        #expect(changes.map(\.cookie) == [2, 2, 1])
        #expect(changes.map(\.priority) == [10, 10, 10])
        #expect(changes[1].instructions == Instructions(apply: [.output(3)]))
        #expect(changes.last?.reason == .delete)
    }

    @Test(arguments: versions)
    func tellTheirOwnersChangesInShort(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        _ = Self.monitor(peer, .init(id: 1, flags: Self.everything))
        let short = Self.updates(peer.send(Self.flow(port: 2), Message(xid: 4, .barrierRequest)))
        #expect(short == [.abbreviated(xid: 92)])
        // One word for all that a request has done.
        peer.send(Self.flow(port: 5), Self.flow(port: 6))
        let gone = Message(xid: 77, .flowMod(.init(.delete, table: nil)))
        #expect(Self.updates(peer.send(gone)) == [.abbreviated(xid: 77)])
        // Another monitor of the same controller wants them in full.
        _ = Self.monitor(peer, .init(id: 2, flags: [.add, .noAbbreviation]))
        #expect(Self.changes(peer.send(Self.flow(port: 3))).map(\.cookie) == [3])
    }

    @Test(arguments: versions)
    func tellOnlyWhatTheyAreFor(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let actor = dialogue.connect(.v13)
        func told(_ monitor: Message.FlowMonitor, _ messages: Message...) -> [UInt64] {
            let watcher = dialogue.connect(version)
            _ = Self.monitor(watcher, monitor)
            actor.send(messages)
            let cookies = Self.changes(watcher.take()).map(\.cookie)
            dialogue.agent.disconnect(watcher.id, now: dialogue.now)
            actor.send(Message(.flowMod(.init(.delete, table: nil))))
            return cookies
        }
        let two = [Self.flow(port: 1, table: 4), Self.flow(port: 2, to: 3)]
        #expect(told(.init(id: 1, flags: .add, table: 4), two[0], two[1]) == [1])
        #expect(told(.init(id: 1, flags: .add, match: Match().with(.inPort, 2)), two[0], two[1]) == [2])
        #expect(told(.init(id: 1, flags: .add, outPort: 3), two[0], two[1]) == [2])
        #expect(told(.init(id: 1, flags: .removed), two[0], two[1]) == [])
        // As ovs-ofctl asks to see all changes, own and others'. Nicira's has no such flag.
        if version >= .v14 { #expect(told(.init(id: 1, flags: [.add, .own]), two[0]) == [1]) }
    }

    @Test(arguments: [OpenFlowVersion.v14, .v15])
    func mayBeChangedAndDeleted(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let watcher = dialogue.connect(version)
        let actor = dialogue.connect(version)
        func refusal(_ monitor: Message.FlowMonitor) -> OpenFlowError? {
            watcher.refusal(of: .multipartRequest(.init(.flowMonitors([monitor]))))
        }
        #expect(refusal(.init(id: 1, command: .modify, flags: .add)) == .flowMonitorFailed(.unknownMonitor))
        #expect(refusal(.init(id: 1, command: .delete, flags: [])) == .flowMonitorFailed(.unknownMonitor))
        #expect(refusal(.init(id: 1, flags: .add, table: 254)) == .flowMonitorFailed(.badTableID))
        #expect(refusal(.init(id: 1, flags: .add)) == nil)
        #expect(refusal(.init(id: 1, flags: .add)) == .flowMonitorFailed(.monitorExists))
        #expect(refusal(.init(id: 1, command: .modify, flags: .removed)) == nil)
        actor.send(Self.flow(port: 1), Self.flow(.delete, port: 1))
        #expect(Self.changes(watcher.take()).map(\.event) == [.removed])
        #expect(refusal(.init(id: 1, command: .delete, flags: [])) == nil)
        actor.send(Self.flow(port: 1))
        #expect(watcher.take().isEmpty)
    }

    @Test(arguments: [OpenFlowVersion.v10, .v13])
    func ofNiciraAreCancelled(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let watcher = dialogue.connect(version)
        _ = Self.monitor(watcher, .init(id: 6, flags: .add))
        #expect(watcher.refusal(of: .nicira(.flowMonitorCancel(id: 5))) != nil)
        #expect(watcher.send(Message(.nicira(.flowMonitorCancel(id: 6)))).isEmpty)
        dialogue.connect(.v13).send(Self.flow(port: 1))
        #expect(watcher.take().isEmpty)
    }

    @Test(arguments: [OpenFlowVersion.v13, .v14])
    func pauseWhereNobodyReads(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let watcher = dialogue.connect(version)
        let actor = dialogue.connect(.v13)
        _ = Self.monitor(watcher, .init(id: 1, flags: [.add, .removed, .modify]))
        // Nobody takes what goes to the watcher, until it is too much.
        for number in 0..<3000 {
            actor.send(Self.flow(port: UInt32(number % 1500) + 1, to: UInt32(number / 1500) + 1))
        }
        #expect(watcher.terms.gauge.unwritten.load(ordering: .relaxed) < 1100)
        let messages = watcher.take()
        let updates = Self.updates(messages)
        func isPaused(_ message: Message) -> Bool {
            if case .nicira(.flowMonitorPaused) = message.body { return true }
            return Self.updates([message]).contains(.paused)
        }
        func isResumed(_ message: Message) -> Bool {
            if case .nicira(.flowMonitorResumed) = message.body { return true }
            return Self.updates([message]).contains(.resumed)
        }
        guard let pause = messages.firstIndex(where: isPaused), let resume = messages.firstIndex(where: isResumed)
        else {
            Issue.record("no pause in \(updates.count) updates")
            return
        }
        let before = Self.changes(Array(messages[..<pause]))
        let after = Self.changes(Array(messages[pause..<resume]))
        // Each flow came once before or after the pause, and was changed once: in the end all are known as they are.
        #expect(before.allSatisfy { $0.event == .added })
        let known = Set(before.map(\.cookie)).union(after.map(\.cookie))
        #expect(known.count == 1500)
        #expect(after.count == Set(after.map(\.cookie)).count)
        #expect(Self.changes(Array(messages[resume...])).isEmpty)
        // And news come again.
        actor.send(Self.flow(.delete, port: 7))
        #expect(Self.changes(watcher.take()).map(\.event) == [.removed])
    }
}
