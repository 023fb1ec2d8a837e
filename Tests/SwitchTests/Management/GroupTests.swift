import Testing

@testable import Switch

private typealias H = DatapathHarness

@Suite struct GroupTests {
    private let lab: H
    private let bridge: Int32
    private let hosts: [Int32]

    init() { (lab, bridge, hosts) = H.star(4) }

    private func set(
        _ command: GroupModification.Command, _ group: Group, bucket: UInt32 = GroupModification.allBuckets
    )
        throws
    {
        try lab.datapath.modifyGroup(bridge: bridge, GroupModification(command, group, bucket: bucket), now: lab.now)
    }

    private func addFlow(_ actions: [Action], match: Match = Match(), flags: FlowModification.Flags = []) throws {
        try lab.datapath.modify(
            bridge: bridge,
            FlowModification(.add, match: match, flags: flags, instructions: Instructions(apply: actions)),
            now: lab.now)
    }

    private func send(_ payload: UInt8 = 0, sourcePort: UInt16 = 1000) -> [Int32] {
        lab.send(
            H.udp(to: H.mac(hosts[1]), from: H.mac(hosts[0]), sourcePort: sourcePort), from: hosts[0]
        ).map(\.device)
    }

    @Test func allSendsToEachBucketAndCounts() throws {
        try set(
            .add,
            Group(id: 1, type: .all, buckets: (2...4).map { Bucket(actions: [.output(UInt32($0))]) }))
        try addFlow([.group(1)])
        for _ in 0..<5 { #expect(send() == [1, 2, 3]) }
        let statistics = try #require(lab.datapath.groupStatistics(bridge: bridge, id: 1, now: lab.now).first)
        #expect(statistics.packets == 5 && statistics.referenceCount == 1)
        #expect(statistics.buckets.map(\.packets) == [5, 5, 5])
        #expect(statistics.bytes == statistics.buckets[0].bytes && statistics.bytes > 0)
    }

    @Test func failoverFollowsTheLinks() throws {
        try set(
            .add,
            Group(
                id: 1, type: .fastFailover,
                buckets: (2...4).map { Bucket(watchPort: UInt32($0), actions: [.output(UInt32($0))]) }))
        try addFlow([.group(1)])
        #expect(send() == [1])
        lab.datapath.setUp(link: 1, false, now: lab.now)
        #expect(send() == [2])
        lab.datapath.setPort(bridge: bridge, number: 3, .down, now: lab.now)
        #expect(send() == [3])
        lab.datapath.setUp(link: 3, false, now: lab.now)
        #expect(send() == [])
        lab.datapath.setUp(link: 1, true, now: lab.now)
        #expect(send() == [1])
        let statistics = lab.datapath.groupStatistics(bridge: bridge, now: lab.now)[0]
        #expect(statistics.packets == 5)
        #expect(statistics.buckets.map(\.packets) == [2, 1, 1])
    }

    @Test func selectKeepsConnectionsAndHoldsTheWeights() throws {
        try set(
            .add,
            Group(
                id: 1, type: .select,
                buckets: [
                    Bucket(weight: 1, watchPort: 2, actions: [.output(2)]),
                    Bucket(weight: 3, watchPort: 3, actions: [.output(3)]),
                    Bucket(weight: 0, actions: [.output(4)]),
                ]))
        try addFlow([.group(1)])
        var chosen: [UInt16: [Int32]] = [:]
        for _ in 0..<2 {
            for port in UInt16(1)...2000 {
                let out = send(sourcePort: port)
                #expect(out.count == 1)
                if let before = chosen[port] { #expect(before == out) }
                chosen[port] = out
            }
        }
        let first = chosen.values.count { $0 == [1] }
        #expect((420...580).contains(first), "\(first) of 2000 went to a quarter's bucket")
        #expect(chosen.values.allSatisfy { $0 != [3] })
        lab.datapath.setUp(link: 2, false, now: lab.now)
        for port in UInt16(1)...50 { #expect(send(sourcePort: port) == [1]) }
    }

    @Test func deletedGroupsTakeTheirFlowsAlong() throws {
        var reasons: [FlowRemovedReason] = []
        lab.datapath.onEvent = { if case .flowRemoved(let removal) = $0 { reasons.append(removal.reason) } }
        #expect(throws: ModificationError.badOutGroup) { try addFlow([.group(1)]) }
        try set(.add, Group(id: 1, type: .indirect, buckets: [Bucket(actions: [.output(2)])]))
        try addFlow([.group(1)], flags: .sendFlowRemoved)
        try addFlow([.output(3)], match: Match().with(.inPort, 3))
        #expect(send() == [1])
        try set(.delete, Group(id: 1, type: .all))
        #expect(reasons == [.groupDelete])
        #expect(lab.datapath.flows(bridge: bridge).count == 1)
        #expect(send() == [])
        try set(.delete, Group(id: 1, type: .all))
    }

    @Test func refusesWhatDoesNotHoldTogether() throws {
        let two = Group(id: 2, type: .all, buckets: [Bucket(actions: [.group(1)])])
        #expect(throws: ModificationError.badOutGroup) { try set(.add, two) }
        try set(.add, Group(id: 1, type: .all, buckets: []))
        try set(.add, two)
        #expect(throws: ModificationError.groupExists) { try set(.add, two) }
        #expect(throws: ModificationError.groupLoop) {
            try set(.modify, Group(id: 1, type: .all, buckets: [Bucket(actions: [.group(2)])]))
        }
        #expect(throws: ModificationError.groupLoop) {
            try set(.add, Group(id: 3, type: .all, buckets: [Bucket(actions: [.group(3)])]))
        }
        #expect(throws: ModificationError.chainedGroup) { try set(.delete, Group(id: 1, type: .all)) }
        #expect(throws: ModificationError.unknownGroup) { try set(.modify, Group(id: 9, type: .all)) }
        #expect(throws: ModificationError.invalidGroup) { try set(.add, Group(id: 9, type: .indirect, buckets: [])) }
        #expect(throws: ModificationError.bucketExists) {
            try set(.add, Group(id: 9, type: .all, buckets: [Bucket(id: 4), Bucket(id: 4)]))
        }
        try set(.delete, Group(id: Group.all, type: .all))
        #expect(lab.datapath.groups(bridge: bridge).isEmpty)
    }

    @Test func deletingAllGroupsTakesTheirFlowsAlong() throws {
        func from(port: UInt32) -> Match {
            var match = Match()
            match.set(.inPort, UInt64(port))
            return match
        }
        var reasons: [FlowRemovedReason] = []
        lab.datapath.onEvent = { if case .flowRemoved(let removal) = $0 { reasons.append(removal.reason) } }
        for id: UInt32 in 1...3 {
            try set(.add, Group(id: id, type: .all, buckets: [Bucket(actions: [.output(id)])]))
            try addFlow([.group(id)], match: from(port: id), flags: .sendFlowRemoved)
        }
        try addFlow([.output(2)], match: from(port: 4), flags: .sendFlowRemoved)
        try set(.delete, Group(id: 2, type: .all))
        #expect(reasons == [.groupDelete])
        #expect(lab.datapath.group(bridge: bridge, id: 2) == nil && lab.datapath.group(bridge: bridge, id: 3) != nil)
        try set(.delete, Group(id: Group.all, type: .all))
        #expect(reasons == [.groupDelete, .groupDelete, .groupDelete])
        #expect(lab.datapath.flows(bridge: bridge).count == 1)
    }

    @Test func bucketsComeAndGo() throws {
        func ids() -> [UInt32] { lab.datapath.groups(bridge: bridge)[0].buckets.map(\.id) }
        func buckets(_ ids: UInt32...) -> Group { Group(id: 1, type: .all, buckets: ids.map { Bucket(id: $0) }) }
        try set(.add, buckets(10, 20))
        try set(.insertBucket, buckets(5), bucket: GroupModification.firstBucket)
        try set(.insertBucket, buckets(30, 31), bucket: GroupModification.lastBucket)
        try set(.insertBucket, buckets(15), bucket: 10)
        #expect(ids() == [5, 10, 15, 20, 30, 31])
        #expect(throws: ModificationError.bucketExists) { try set(.insertBucket, buckets(15), bucket: 10) }
        #expect(throws: ModificationError.unknownBucket) { try set(.insertBucket, buckets(16), bucket: 11) }
        try set(.removeBucket, buckets(), bucket: 15)
        try set(.removeBucket, buckets(), bucket: GroupModification.firstBucket)
        try set(.removeBucket, buckets(), bucket: GroupModification.lastBucket)
        #expect(ids() == [10, 20, 30])
        #expect(throws: ModificationError.unknownBucket) { try set(.removeBucket, buckets(), bucket: 99) }
        try set(.removeBucket, buckets())
        #expect(ids() == [])
    }
}
