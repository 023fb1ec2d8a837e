import OpenFlow
import Switch
import Testing

@testable import VirtualSwitch

/// Multipart requests of every version, and answers that are longer than a message.
@Suite struct MultipartTests {
    private static func flow(_ number: UInt32, table: UInt8 = 0, cookie: UInt64 = 0) -> Message {
        Message(
            .flowMod(
                .init(
                    .add, table: table, priority: 5, match: Match().with(.inPort, number), cookie: cookie,
                    instructions: Instructions(apply: [.output(number % 3 + 1)]))))
    }

    /// Every request that a version has is answered by a reply of its own kind.
    @Test(arguments: OpenFlowVersion.allCases)
    func everyRequestHasItsReply(version: OpenFlowVersion) {
        let peer = Dialogue().connect(version)
        var requests: [Message.MultipartRequest.Body] = [
            .description, .flows(.init()), .aggregate(.init()), .tables, .ports(PortNumber.any),
            .queues(port: PortNumber.any, queue: Message.Queue.all), .portDescriptions(PortNumber.any),
        ]
        if version >= .v11 { requests += [.groups(Group.all), .groupDescriptions(Group.all)] }
        if version >= .v12 { requests.append(.groupFeatures) }
        if version >= .v13 {
            requests += [.meters(Meter.all), .meterDescriptions(Meter.all), .meterFeatures, .tableFeatures([])]
        }
        if version >= .v14 {
            requests += [
                .tableDescriptions, .queueDescriptions(port: PortNumber.any, queue: Message.Queue.all),
                .flowMonitors([.init(id: 1, flags: [.initial, .add])]),
            ]
        }
        if version >= .v15 {
            requests += [.flowStatistics(.init()), .controllerStatus, .bundleFeatures(.init(bits: 0))]
        }
        for request in requests {
            let parts = peer.multipart(request)
            #expect(!parts.isEmpty)
            let wanted = Swift.Mirror(reflecting: request).children.first?.label ?? "\(request)"
            for part in parts {
                #expect(Swift.Mirror(reflecting: part).children.first?.label == wanted, "\(version): \(wanted)")
            }
        }
    }

    @Test(arguments: OpenFlowVersion.allCases)
    func flowsAreFoundByTableCookiePortAndMatch(version: OpenFlowVersion) {
        let peer = Dialogue().connect(version)
        for number in 1...6 {
            peer.send(Self.flow(UInt32(number), table: version == .v10 ? 0 : UInt8(number % 2), cookie: UInt64(number)))
        }
        func count(_ request: Message.FlowRequest) -> Int {
            var found = 0
            for part in peer.multipart(.flows(request)) { if case .flows(let flows) = part { found += flows.count } }
            guard case .aggregate(let sum)? = peer.multipart(.aggregate(request)).first else { return -1 }
            #expect(sum.flows == UInt32(found))
            return found
        }
        #expect(count(.init()) == 6)
        #expect(count(.init(match: Match().with(.inPort, 4))) == 1)
        #expect(count(.init(outPort: 1)) == 2)
        #expect(count(.init(table: 7)) == 0)
        guard version >= .v11 else { return }
        #expect(count(.init(table: 1)) == 3)
        #expect(count(.init(cookie: 4, cookieMask: 4)) == 3)
        #expect(count(.init(table: 0, outPort: 1)) == 1)
        #expect(count(.init(outGroup: 5)) == 0)
        #expect(
            peer.refusal(of: .multipartRequest(.init(.flows(.init(table: 254))))) == .badRequest(.badTableID))
    }

    @Test(arguments: [OpenFlowVersion.v11, .v13, .v15])
    func thousandsOfGroupsComeInParts(version: OpenFlowVersion) {
        let peer = Dialogue().connect(version)
        let bucket = Bucket(actions: [.output(1)])
        for id in UInt32(1)...1500 {
            #expect(
                peer.send(Message(.groupMod(.init(.add, Group(id: id, type: .all, buckets: [bucket, bucket]))))).isEmpty
            )
        }
        var described: [UInt32] = []
        for part in peer.multipart(.groupDescriptions(Group.all)) {
            if case .groupDescriptions(let groups) = part { described += groups.map(\.id) }
        }
        #expect(described.sorted() == Array(1...1500))
        var counted: [UInt32] = []
        for part in peer.multipart(.groups(Group.all)) {
            if case .groups(let groups) = part { counted += groups.map(\.group) }
        }
        #expect(counted.sorted() == Array(1...1500))
        let frames = peer.frames(for: Message(.multipartRequest(.init(.groups(Group.all)))))
        #expect(frames.count > 1)
        #expect(frames.allSatisfy { $0.count <= 0xffff })
    }

    @Test func statisticsOfOpenFlow15LeaveInstructionsOut() {
        let dialogue = Dialogue()
        let peer = dialogue.connect(.v15)
        peer.send(Self.flow(1, cookie: 3))
        dialogue.receive(Dialogue.frame(), port: 1)
        dialogue.now += Dialogue.second
        guard case .flowStatistics(let entries)? = peer.multipart(.flowStatistics(.init())).first else {
            Issue.record("no statistics")
            return
        }
        #expect(entries.count == 1)
        #expect(entries.first?.statistics.packets == 1)
        #expect(entries.first?.statistics.bytes == 60)
        #expect(entries.first?.statistics.duration == Dialogue.second)
        #expect(entries.first?.reason == .request)
    }

    @Test func aTriggerSendsStatisticsUnasked() {
        let dialogue = Dialogue()
        let peer = dialogue.connect(.v15)
        var flow = FlowModification(.add, instructions: Instructions(apply: [.output(2)]))
        flow.instructions.statisticsTrigger = StatisticsTrigger(periodic: true, packets: 3)
        peer.send(Message(.flowMod(flow)))
        for _ in 0..<7 { dialogue.receive(Dialogue.frame(), port: 1) }
        dialogue.pass(3 * Dialogue.second)
        let entries = peer.take().compactMap { message -> Message.FlowStatisticsEntry? in
            guard case .multipartReply(let reply) = message.body, case .flowStatistics(let entries) = reply.body else {
                return nil
            }
            return entries.first
        }
        #expect(!entries.isEmpty)
        #expect(entries.allSatisfy { $0.reason == .trigger })
        #expect(entries.allSatisfy { ($0.statistics.packets ?? 0) >= 3 })
    }

    @Test func partsOfDifferentRequestsMayMix() {
        let peer = Dialogue().connect(.v14)
        func part(_ xid: UInt32, _ id: UInt32, more: Bool) -> Message {
            Message(
                xid: xid, .multipartRequest(.init(.flowMonitors([.init(id: id, flags: .add)]), hasMore: more)))
        }
        #expect(peer.send(part(1, 10, more: true), part(2, 20, more: true)).isEmpty)
        // Another request in between is answered at once.
        #expect(peer.multipart(.tables).count == 1)
        #expect(peer.send(part(2, 21, more: false)).map(\.xid) == [2])
        #expect(peer.send(part(1, 11, more: false)).map(\.xid) == [1])
        for id in [UInt32(10), 11, 20, 21] {
            #expect(
                peer.refusal(of: .multipartRequest(.init(.flowMonitors([.init(id: id, flags: .add)]))))
                    == .flowMonitorFailed(.monitorExists))
        }
        // Only so many at a time.
        let answers = (100..<110).flatMap { peer.send(part($0, $0, more: true)) }
        #expect(answers.allSatisfy { $0.error == .badRequest(.multipartBufferOverflow) } && !answers.isEmpty)
    }

    @Test func aSlowReaderHasLongAnswersInSmallPieces() {
        let dialogue = Dialogue()
        let peer = dialogue.connect(.v13)
        for _ in 0..<100 {
            var batch = RequestBatch()
            Message(.multipartRequest(.init(.tableFeatures([])))).encode(version: .v13).withUnsafeBytes {
                batch.append($0, version: .v13)
            }
            dialogue.agent.receive(peer.id, batch, now: dialogue.now)
        }
        // Nobody takes what is answered: a hundred times half a megabyte is not made.
        dialogue.pass()
        let messages = dialogue.agent.takeOutput().flatMap(\.messages)
        #expect(messages.count < 5, "\(messages.count)")
    }
}
