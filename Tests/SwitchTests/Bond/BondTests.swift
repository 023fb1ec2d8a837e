import Testing

@testable import Switch

/// Bonds of the learning switch: a host on port 1, and a switch behind ports 2 and 3, which are one bond.
struct BondTests {
    let lab = DatapathHarness()
    let bridge: Int32
    let host: Int32
    let members: [Int32]
    static let far: UInt64 = 0x0200_0000_0f00

    init() {
        bridge = lab.bridge("s")
        host = lab.host(on: bridge)
        members = [lab.host(on: bridge), lab.host(on: bridge)]
    }

    private func bond(_ settings: BondSettings) {
        lab.datapath.setBond(bridge: bridge, name: "bond0", members: [2, 3], settings, now: lab.now)
    }

    private func setCarrier(_ member: Int, _ up: Bool) {
        lab.datapath.setUp(link: Int32(member + 1), up, now: lab.now)
    }

    private func active() -> String? {
        lab.datapath.bondStatus(bridge: bridge, name: "bond0", now: lab.now)?.members.first(where: \.isActive)?.name
    }

    /// The devices that a packet of the host's comes out of.
    private func destinations(to: UInt64 = DatapathHarness.broadcast, from: UInt64? = nil) -> [Int32] {
        lab.send(DatapathHarness.frame(to: to, from: from ?? DatapathHarness.mac(host)), from: host).map(\.device)
    }

    @Test func aFloodedPacketGoesOutOnce() {
        #expect(destinations().sorted() == members)
        bond(BondSettings())
        #expect(destinations() == [members[0]])
    }

    @Test func anotherMemberTakesOverWhenTheLinkGoes() {
        bond(BondSettings())
        setCarrier(0, false)
        #expect(active() == "p3")
        #expect(destinations() == [members[1]])
        setCarrier(0, true)
        #expect(active() == "p3", "the active one stays")
        setCarrier(1, false)
        #expect(destinations() == [members[0]])
        setCarrier(0, false)
        #expect(active() == nil)
        #expect(destinations().isEmpty)
    }

    @Test func thePrimaryIsUsedWheneverItCanBe() {
        bond(BondSettings(primary: "p3"))
        #expect(destinations() == [members[1]])
        setCarrier(1, false)
        #expect(destinations() == [members[0]])
        setCarrier(1, true)
        #expect(destinations() == [members[1]])
    }

    @Test func linksThatComeAndGoAreWaitedFor() {
        bond(BondSettings(upDelay: 100_000_000, downDelay: 50_000_000, primary: "p2"))
        setCarrier(0, false)
        #expect(active() == "p2")
        _ = lab.advance(by: 50_000_000)
        #expect(active() == "p3")
        setCarrier(0, true)
        _ = lab.advance(by: 99_000_000)
        #expect(active() == "p3")
        setCarrier(0, false)
        setCarrier(0, true)
        _ = lab.advance(by: 99_000_000)
        #expect(active() == "p3", "the wait begins anew")
        _ = lab.advance(by: 1_000_000)
        #expect(active() == "p2")
    }

    /// What the switch behind floods comes in by both members; hosts get it once, and none of it goes back.
    @Test func whatComesInByOtherMembersIsDropped() {
        bond(BondSettings())
        let frame = DatapathHarness.frame(to: DatapathHarness.broadcast, from: Self.far)
        #expect(lab.send(frame, from: members[0]).map(\.device) == [host])
        #expect(lab.send(frame, from: members[1]).isEmpty)
    }

    @Test func aHostThatHearsItselfIsNotLearnedBehindTheBond() {
        bond(BondSettings(mode: .sourceBalanced))
        #expect(!destinations().isEmpty)
        let echo = DatapathHarness.frame(to: DatapathHarness.broadcast, from: DatapathHarness.mac(host))
        for member in members { #expect(lab.send(echo, from: member).isEmpty) }
        let frame = DatapathHarness.frame(to: DatapathHarness.mac(host), from: Self.far)
        #expect(lab.send(frame, from: members[1]).map(\.device) == [host])
    }

    @Test func addressesBehindAnyMemberAreBehindTheBond() {
        bond(BondSettings(mode: .sourceBalanced))
        let frame = DatapathHarness.frame(to: DatapathHarness.mac(host), from: Self.far)
        _ = lab.send(frame, from: members[1])
        let used = destinations(to: Self.far)
        #expect(used.count == 1 && members.contains(used[0]))
        // From one member to the other of the same bond: nothing to do.
        let inside = DatapathHarness.frame(to: Self.far, from: Self.far + 1)
        #expect(lab.send(inside, from: members[0]).isEmpty)
    }

    @Test(arguments: [BondSettings.Mode.sourceBalanced, .connectionBalanced])
    func packetsAreSharedOutAndStayTogether(mode: BondSettings.Mode) {
        bond(BondSettings(mode: mode))
        func ways() -> [UInt64: [Int32]] {
            var ways: [UInt64: [Int32]] = [:]
            for number in 0..<200 as Range<UInt64> {
                let source = 0x0200_0000_1000 + number
                ways[source] = destinations(to: Self.far, from: source)
            }
            return ways
        }
        let before = ways()
        #expect(before == ways())
        #expect(before.values.allSatisfy { $0.count == 1 })
        for member in members {
            #expect((60...140).contains(before.values.count { $0 == [member] }))
        }
        setCarrier(0, false)
        #expect(ways().values.allSatisfy { $0 == [members[1]] })
        // Those that were there all the time stay where they are.
        setCarrier(0, true)
        let after = ways()
        for (source, way) in before where way == [members[1]] { #expect(after[source] == way) }
    }

    @Test func connectionsOfOneHostAreShared() {
        bond(BondSettings(mode: .connectionBalanced))
        var used: Set<Int32> = []
        for port in 0..<64 as Range<UInt16> {
            let frame = DatapathHarness.udp(to: Self.far, from: DatapathHarness.mac(host), sourcePort: 1000 + port)
            let out = lab.send(frame, from: host)
            #expect(out.count == 1)
            used.formUnion(out.map(\.device))
        }
        #expect(used == Set(members))
    }

    @Test func commandsChooseMembers() {
        bond(BondSettings(mode: .sourceBalanced))
        #expect(lab.datapath.activateMember(bridge: bridge, bond: "bond0", member: "p3") == true)
        #expect(lab.datapath.activateMember(bridge: bridge, bond: "bond0", member: "p3") == false)
        #expect(lab.datapath.activateMember(bridge: bridge, bond: "bond0", member: "p1") == nil)
        let bucket = Datapath.bondBucket(address: DatapathHarness.mac(host), vlan: 0, basis: 0)
        for (name, device) in [("p2", members[0]), ("p3", members[1])] {
            #expect(lab.datapath.migrateBucket(bridge: bridge, bond: "bond0", bucket: Int(bucket), member: name))
            #expect(destinations() == [device])
        }
        #expect(lab.datapath.enableMember(bridge: bridge, bond: "bond0", member: "p3", false))
        #expect(destinations() == [members[0]])
    }

    @Test func portsThatLeaveABondAreSingleOnesAgain() {
        bond(BondSettings())
        lab.datapath.setBond(bridge: bridge, name: "bond0", members: [2, 3], nil, now: lab.now)
        #expect(destinations().sorted() == members)
        bond(BondSettings())
        lab.datapath.removePort(lab.datapath.port(bridge: bridge, number: 2)!, now: lab.now)
        #expect(destinations() == [members[1]])
        #expect(lab.datapath.bondStatus(bridge: bridge, name: "bond0", now: lab.now)?.members.map(\.name) == ["p3"])
    }
}
