import OpenFlow
import Switch
import Testing

@testable import VirtualSwitch

@Suite struct GroupTests {
    static let versions: [OpenFlowVersion] = [.v11, .v12, .v13, .v14, .v15]

    private static func bucket(_ id: UInt32, to port: UInt32, weight: UInt16 = 0) -> Bucket {
        Bucket(id: id, weight: weight, actions: [.output(port)])
    }

    private static func groups(_ peer: Peer) -> [Group] {
        guard case .multipartReply(let reply)? = peer.ask(.multipartRequest(.init(.groupDescriptions(Group.all)))),
            case .groupDescriptions(let groups) = reply.body
        else { return [] }
        return groups
    }

    @Test(arguments: versions)
    func comeChangeAndGo(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        let all = Group(id: 7, type: .all, buckets: [Self.bucket(0, to: 2), Self.bucket(1, to: 3)])
        #expect(peer.send(Message(.groupMod(.init(.add, all)))).isEmpty)
        peer.send(Message(.flowMod(.init(.add, instructions: Instructions(apply: [.group(7)])))))
        dialogue.receive(Dialogue.frame(), port: 1)
        #expect(dialogue.takeFrames().map(\.port).sorted() == [2, 3])
        #expect(Self.groups(peer).map(\.id) == [7])
        #expect(Self.groups(peer).first?.buckets.map(\.actions) == [[.output(2)], [.output(3)]])

        let one = Group(id: 7, type: .indirect, buckets: [Self.bucket(0, to: 3)])
        #expect(peer.send(Message(.groupMod(.init(.modify, one)))).isEmpty)
        dialogue.receive(Dialogue.frame(), port: 1)
        #expect(dialogue.takeFrames().map(\.port) == [3])

        #expect(peer.send(Message(.groupMod(.init(.delete, Group(id: Group.all, type: .all))))).isEmpty)
        #expect(Self.groups(peer).isEmpty)
        // The flow that used it is gone with it.
        #expect(FlowTableTests.flows(peer).isEmpty)
    }

    @Test(arguments: versions)
    func areCounted(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        let group = Group(id: 1, type: .all, buckets: [Self.bucket(0, to: 2), Self.bucket(1, to: 3)])
        peer.send(
            Message(.groupMod(.init(.add, group))),
            Message(.flowMod(.init(.add, instructions: Instructions(apply: [.group(1)])))))
        for _ in 0..<3 { dialogue.receive(Dialogue.frame(), port: 1) }
        dialogue.now += 5 * Dialogue.second
        guard case .multipartReply(let reply)? = peer.ask(.multipartRequest(.init(.groups(1)))),
            case .groups(let statistics) = reply.body, let first = statistics.first
        else {
            Issue.record("no statistics")
            return
        }
        #expect(statistics.count == 1)
        #expect(first.referenceCount == 1)
        #expect(first.traffic == TrafficCount(packets: 3, bytes: 180))
        #expect(first.buckets == [first.traffic, first.traffic])
        #expect(first.duration == (version >= .v13 ? 5 * Dialogue.second : nil))
        // Of a group that is not there, there is nothing to say.
        guard case .multipartReply(let none)? = peer.ask(.multipartRequest(.init(.groups(99)))),
            case .groups(let empty) = none.body
        else { return }
        #expect(empty.isEmpty)
    }

    @Test(arguments: versions)
    func misuseIsRefused(version: OpenFlowVersion) {
        let peer = Dialogue().connect(version)
        func refusal(_ command: GroupModification.Command, _ group: Group) -> OpenFlowError? {
            peer.refusal(of: .groupMod(.init(command, group)))
        }
        let group = Group(id: 1, type: .all, buckets: [Self.bucket(0, to: 2)])
        #expect(refusal(.modify, group) == .groupModFailed(.unknownGroup))
        #expect(refusal(.add, group) == nil)
        #expect(refusal(.add, group) == .groupModFailed(.groupExists))
        #expect(refusal(.add, Group(id: Group.all, type: .all)) == .groupModFailed(.invalidGroup))
        #expect(refusal(.add, Group(id: 2, type: .indirect)) == .groupModFailed(.invalidGroup))
        #expect(
            refusal(.add, Group(id: 2, type: .all, buckets: [Bucket(actions: [.group(44)])]))
                == .badAction(.badOutGroup))
        // One that is not there is deleted already.
        #expect(refusal(.delete, Group(id: 55, type: .all)) == nil)
        // A loop of groups.
        #expect(refusal(.add, Group(id: 2, type: .all, buckets: [Bucket(actions: [.group(1)])])) == nil)
        #expect(
            refusal(.modify, Group(id: 1, type: .all, buckets: [Bucket(actions: [.group(2)])]))
                == .groupModFailed(.loop))
    }

    @Test func bucketsComeAndGoInOpenFlow15() {
        let dialogue = Dialogue()
        let peer = dialogue.connect(.v15)
        func change(
            _ command: GroupModification.Command, _ buckets: [Bucket], at bucket: UInt32
        ) -> OpenFlowError? {
            peer.refusal(
                of: .groupMod(.init(command, Group(id: 3, type: .all, buckets: buckets), bucket: bucket)))
        }
        var ids: [UInt32] { Self.groups(peer).first?.buckets.map(\.id) ?? [] }
        let unknown = OpenFlowError.groupModFailed(.unknownGroup)
        #expect(change(.insertBucket, [Self.bucket(1, to: 1)], at: GroupModification.lastBucket) == unknown)
        #expect(change(.add, [Self.bucket(1, to: 1)], at: GroupModification.allBuckets) == nil)
        #expect(change(.insertBucket, [Self.bucket(2, to: 2)], at: GroupModification.lastBucket) == nil)
        #expect(change(.insertBucket, [Self.bucket(3, to: 3)], at: GroupModification.firstBucket) == nil)
        #expect(change(.insertBucket, [Self.bucket(4, to: 1)], at: 1) == nil)
        #expect(ids == [3, 1, 4, 2])
        #expect(change(.insertBucket, [Self.bucket(4, to: 1)], at: 1) == .groupModFailed(.bucketExists))
        #expect(change(.removeBucket, [], at: 77) == .groupModFailed(.unknownBucket))
        #expect(change(.removeBucket, [], at: 1) == nil)
        #expect(change(.removeBucket, [], at: GroupModification.firstBucket) == nil)
        #expect(ids == [4, 2])
        #expect(change(.removeBucket, [], at: GroupModification.allBuckets) == nil)
        #expect(ids == [])
    }

    @Test(arguments: [OpenFlowVersion.v12, .v13, .v14, .v15])
    func theSwitchSaysWhatItsGroupsCanDo(version: OpenFlowVersion) {
        let peer = Dialogue().connect(version)
        guard case .multipartReply(let reply)? = peer.ask(.multipartRequest(.init(.groupFeatures))),
            case .groupFeatures(let features) = reply.body
        else {
            Issue.record("no features")
            return
        }
        #expect(features.types == 0b1111)
        #expect(features.capabilities.contains([.selectWeight, .selectLiveness, .chaining]))
        #expect(features.maximumGroups.allSatisfy { $0 == Group.maximum })
    }
}

@Suite struct MeterTests {
    static let versions: [OpenFlowVersion] = [.v13, .v14, .v15]

    private static func meter(_ id: UInt32, rate: UInt32 = 10) -> Meter {
        Meter(id: id, flags: [.packets, .burst, .statistics], bands: [.init(.drop, rate: rate, burst: 2)])
    }

    private static func meters(_ peer: Peer) -> [Meter] {
        guard case .multipartReply(let reply)? = peer.ask(.multipartRequest(.init(.meterDescriptions(Meter.all)))),
            case .meterDescriptions(let meters) = reply.body
        else { return [] }
        return meters
    }

    @Test(arguments: versions)
    func holdPacketsBackAndCount(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        let instructions =
            version >= .v15
            ? Instructions(apply: [.meter(5), .output(2)]) : Instructions(apply: [.output(2)], meter: 5)
        #expect(
            peer.send(
                Message(.meterMod(.init(.add, Self.meter(5)))),
                Message(.flowMod(.init(.add, instructions: instructions)))
            ).isEmpty)
        for _ in 0..<10 { dialogue.receive(Dialogue.frame(), port: 1) }
        let passed = dialogue.takeFrames().count
        #expect((1...3).contains(passed), "\(passed) packets passed a burst of 2")
        guard case .multipartReply(let reply)? = peer.ask(.multipartRequest(.init(.meters(5)))),
            case .meters(let statistics) = reply.body, let first = statistics.first
        else {
            Issue.record("no statistics")
            return
        }
        #expect(first.referenceCount == 1)
        #expect(first.traffic == TrafficCount(packets: 10, bytes: 600))
        #expect(first.bands.first?.packets == UInt64(10 - passed))
    }

    @Test(arguments: versions)
    func comeChangeAndGo(version: OpenFlowVersion) {
        let peer = Dialogue().connect(version)
        func refusal(_ command: MeterModification.Command, _ meter: Meter) -> OpenFlowError? {
            peer.refusal(of: .meterMod(.init(command, meter)))
        }
        #expect(refusal(.modify, Self.meter(1)) == .meterModFailed(.unknownMeter))
        #expect(refusal(.add, Self.meter(1)) == nil)
        #expect(refusal(.add, Self.meter(1)) == .meterModFailed(.meterExists))
        #expect(refusal(.modify, Self.meter(1, rate: 99)) == nil)
        #expect(Self.meters(peer) == [Self.meter(1, rate: 99)])
        #expect(refusal(.add, Self.meter(0)) == .meterModFailed(.invalidMeter))
        #expect(refusal(.add, Self.meter(Meter.all)) == .meterModFailed(.invalidMeter))
        #expect(
            refusal(.add, Meter(id: 2, flags: [.kilobits, .packets])) == .meterModFailed(.badFlags))
        #expect(refusal(.delete, Meter(id: 77, flags: [])) == nil)
        #expect(refusal(.delete, Meter(id: Meter.all, flags: [])) == nil)
        #expect(Self.meters(peer).isEmpty)
        let nowhere: [Message.MultipartRequest.Body] = [.meters(1), .meterDescriptions(1)]
        for request in nowhere {
            #expect(peer.refusal(of: .multipartRequest(.init(request))) == .meterModFailed(.unknownMeter))
        }
    }

    @Test(arguments: versions)
    func takeTheirFlowsWithThem(version: OpenFlowVersion) {
        let peer = Dialogue().connect(version)
        let instructions =
            version >= .v15
            ? Instructions(apply: [.meter(5), .output(2)]) : Instructions(apply: [.output(2)], meter: 5)
        let flow = Message.Body.flowMod(.init(.add, flags: .sendFlowRemoved, instructions: instructions))
        #expect(
            peer.refusal(of: flow) == (version >= .v15 ? .badAction(.badMeter) : .meterModFailed(.invalidMeter)))
        peer.send(Message(.meterMod(.init(.add, Self.meter(5)))), Message(flow))
        let answers = peer.send(Message(.meterMod(.init(.delete, Meter(id: 5, flags: [])))))
        guard case .flowRemoved(let removed)? = answers.first?.body else {
            Issue.record("no flow was removed")
            return
        }
        #expect(removed.reason == (version >= .v14 ? .meterDelete : .delete))
        #expect(FlowTableTests.flows(peer).isEmpty)
    }

    @Test(arguments: versions)
    func theSwitchSaysWhatItsMetersCanDo(version: OpenFlowVersion) {
        let peer = Dialogue().connect(version)
        guard case .multipartReply(let reply)? = peer.ask(.multipartRequest(.init(.meterFeatures))),
            case .meterFeatures(let features) = reply.body
        else {
            Issue.record("no features")
            return
        }
        #expect(features.bandTypes == 0b110)
        #expect(features.maximumMeters > 0 && features.maximumBands > 0)
    }
}
