import Testing

@testable import Switch

private typealias H = DatapathHarness

/// Choices by hashes: groups, bundles, multipath. Which way a connection goes is the switch's own affair; that it stays
/// there, that shares are kept, and what happens when a way dies, is not.
@Suite struct ChoiceTests {
    private let lab: H
    private let bridge: Int32
    private let hosts: [Int32]

    init() { (lab, bridge, hosts) = H.star(6) }

    private func flow(_ match: String, _ actions: [Action], table: UInt8 = 0, priority: UInt16 = 10) throws {
        try lab.datapath.modify(
            bridge: bridge,
            FlowModification(
                .add, table: table, priority: priority, match: try Match(parsing: match),
                instructions: Instructions(apply: actions)), now: lab.now)
    }

    /// The port that each of so many connections leaves by; nil: none.
    private func ways(_ count: Int, destination: UInt32 = 0x0a00_0002) -> [UInt32?] {
        (0..<count).map { number in
            let frame = H.udp(
                to: H.mac(hosts[1]), from: H.mac(hosts[0]), source: 0x0a00_0100 + UInt32(number) / 16,
                destination: destination, sourcePort: 1000 + UInt16(number))
            let out = lab.send(frame, from: hosts[0]).map(\.device)
            #expect(out.count <= 1)
            return out.first.map { UInt32(hosts.firstIndex(of: $0)! + 1) }
        }
    }

    private func group(_ buckets: [(weight: UInt16, port: UInt32)], _ selection: Group.Selection = .init()) -> Group {
        Group(
            id: 5, type: .select,
            buckets: buckets.enumerated().map {
                Bucket(
                    id: UInt32($0.offset), weight: $0.element.weight, watchPort: $0.element.port,
                    actions: [.output($0.element.port)])
            }, selection: selection)
    }

    private func install(_ group: Group) throws {
        try lab.datapath.modifyGroup(bridge: bridge, GroupModification(.add, group), now: lab.now)
        try flow("in_port=1", [.group(5)])
    }

    @Test(arguments: ["", "dp_hash", "hash"]) func deadBucketsMoveTheirOwnAlone(method: String) throws {
        let fields: [(field: Field, mask: FieldValue)] =
            method == "hash" ? [(.udpSource, .ones(16)), (.ipv4Source, .ones(32))] : []
        try install(group([(1, 2), (1, 3), (2, 4)], .init(method: method, parameter: 3, fields: fields)))
        let before = ways(2000)
        #expect(before == ways(2000))
        let shares = [2, 3, 4].map { port in before.count { $0 == port } }
        for (share, expected) in zip(shares, [500, 500, 1000]) {
            #expect(abs(share - expected) < expected / 5 + 20, "\(shares)")
        }
        lab.datapath.setUp(link: 2, false, now: lab.now)
        let during = ways(2000)
        for (old, new) in zip(before, during) { #expect(old == 3 ? new != 3 && new != nil : new == old) }
        // Those of the dead one are shared out by the others' weights.
        let moved = zip(before, during).filter { $0.0 == 3 }.map { $0.1 }
        let toLight = moved.count { $0 == 2 }
        #expect(abs(toLight - moved.count / 3) < moved.count / 6, "\(toLight) of \(moved.count)")
        lab.datapath.setUp(link: 2, true, now: lab.now)
        #expect(ways(2000) == before)
        lab.datapath.setUp(link: 1, false, now: lab.now)
        lab.datapath.setUp(link: 2, false, now: lab.now)
        #expect(ways(100).allSatisfy { $0 == 4 })
        lab.datapath.setUp(link: 3, false, now: lab.now)
        #expect(ways(100).allSatisfy { $0 == nil })
    }

    /// With fields named, the others do not count.
    @Test func hashedFieldsAlone() throws {
        try install(group([(1, 2), (1, 3), (1, 4)], .init(method: "hash", fields: [(.ipv4Destination, .ones(32))])))
        var chosen: Set<UInt32?> = []
        for destination in 0..<40 as Range<UInt32> {
            let ways = Set(ways(10, destination: 0x0a00_0200 + destination))
            #expect(ways.count == 1)
            chosen.formUnion(ways)
        }
        #expect(chosen == [2, 3, 4])
    }

    /// Groups behind each other do not choose alike.
    @Test func groupsBehindEachOther() throws {
        try lab.datapath.modifyGroup(
            bridge: bridge,
            GroupModification(
                .add,
                Group(
                    id: 6, type: .select,
                    buckets: [4, 5].map { Bucket(id: $0, weight: 1, actions: [.output($0)]) })), now: lab.now)
        try lab.datapath.modifyGroup(
            bridge: bridge,
            GroupModification(
                .add,
                Group(
                    id: 5, type: .select,
                    buckets: [
                        Bucket(id: 0, weight: 1, actions: [.output(2)]), Bucket(id: 1, weight: 1, actions: [.group(6)]),
                    ])), now: lab.now)
        try flow("in_port=1", [.group(5)])
        let ways = ways(1000)
        for (port, expected) in [(2, 500), (4, 250), (5, 250)] as [(UInt32, Int)] {
            #expect(abs(ways.count { $0 == port } - expected) < 80)
        }
    }

    @Test(arguments: Multipath.Algorithm.allCases) func multipathUsesAllLinks(algorithm: Multipath.Algorithm) throws {
        let choice = Multipath(
            fields: .symmetricL3L4UDP, basis: 50, algorithm: algorithm, maxLink: 3, argument: 8,
            destination: Subfield(.reg0, start: 0, count: 32))
        try flow("in_port=1", [.multipath(choice), .resubmit(port: nil, table: 1)])
        for link in 0..<4 as Range<UInt32> { try flow("reg0=\(link)", [.output(link + 2)], table: 1) }
        let ways = ways(2000)
        #expect(ways == self.ways(2000))
        for port in 2...5 as ClosedRange<UInt32> {
            let share = ways.count { $0 == port }
            #expect((400...600).contains(share), "\(algorithm): \(share)")
        }
    }

    @Test func bundlesFollowTheLinks() throws {
        let members: [UInt32] = [2, 3, 4]
        try flow(
            "in_port=1",
            [.bundle(BundleChoice(algorithm: .activeBackup, fields: .symmetricL4, basis: 0, members: members))])
        #expect(Set(ways(50)) == [2])
        lab.datapath.setUp(link: 1, false, now: lab.now)
        #expect(Set(ways(50)) == [3])
        lab.datapath.setUp(link: 1, true, now: lab.now)
        try flow(
            "in_port=1",
            [
                .bundle(
                    BundleChoice(algorithm: .highestRandomWeight, fields: .symmetricL3L4UDP, basis: 1, members: members)
                )
            ])
        let before = ways(900)
        for port in members { #expect((220...380).contains(before.count { $0 == port })) }
        lab.datapath.setUp(link: 2, false, now: lab.now)
        // Highest random weight: those of the dead member move, the others stay.
        for (old, new) in zip(before, ways(900)) { #expect(old == 3 ? new != 3 && new != nil : new == old) }
    }

    /// A load instead of an output, and no member alive.
    @Test func bundleLoads() throws {
        let target = Subfield(.reg1, start: 0, count: 16)
        try flow(
            "in_port=1",
            [
                .bundle(
                    BundleChoice(
                        algorithm: .activeBackup, fields: .symmetricL4, basis: 0, members: [2, 3], destination: target)),
                .resubmit(port: nil, table: 1),
            ])
        try flow("reg1=3", [.output(5)], table: 1)
        try flow("reg1=0xffff", [.output(6)], table: 1)
        lab.datapath.setUp(link: 1, false, now: lab.now)
        #expect(Set(ways(5)) == [5])
        lab.datapath.setUp(link: 2, false, now: lab.now)
        #expect(Set(ways(5)) == [6])
    }
}
